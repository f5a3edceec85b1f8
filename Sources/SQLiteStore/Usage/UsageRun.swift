import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// Records of one hour, product and region that were committed together: a row of the file.
struct UsageRun: Sendable {
    struct Key: Sendable, Hashable {
        /// Hours since 1970.
        let hour: Int64
        let product: UInt32
        let region: UInt32
    }

    let id: Int64
    let key: Key
    var records: [PackedRecord] = []

    /// As many as fit in a page of 4096 bytes beside the row's other members: a row that spills
    /// over into further pages costs more to write and to read.
    static let maximumCount = 72

    init(id: Int64, key: Key) {
        self.id = id
        self.key = key
        records.reserveCapacity(16)
    }

    /// The columns that `init(_:)` reads, in its order.
    static let columns = "id, hour, product, region, checksum, records"

    /// Reads a row; throws if it is not what was written.
    init(_ row: PreparedStatement) throws(SQLiteFailure) {
        id = row.integer(0)
        key = Key(
            hour: row.integer(1), product: UInt32(truncatingIfNeeded: row.integer(2)),
            region: UInt32(truncatingIfNeeded: row.integer(3)))
        let checksum = row.integer(4)
        let (id, key) = (id, key)
        let records = row.withBlob(5) { bytes -> [PackedRecord]? in
            guard bytes.count % PackedRecord.size == 0,
                Self.checksum(id, key, bytes) == checksum
            else { return nil }
            return stride(from: 0, to: bytes.count, by: PackedRecord.size).map { start in
                PackedRecord(bytes, at: start)
            }
        }
        guard let records else { throw Self.damaged(id) }
        self.records = records
    }

    static func damaged(_ id: Int64) -> SQLiteFailure {
        SQLiteFailure(
            code: SQLITE_CORRUPT, message: "the records of run \(id) are not what was written")
    }

    /// Calls the body with the records as bytes, and their checksum.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer, Int64) -> Result) -> Result {
        let count = records.count * PackedRecord.size
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { buffer in
            for (position, record) in records.enumerated() {
                record.write(to: buffer, at: position * PackedRecord.size)
            }
            let bytes = UnsafeRawBufferPointer(buffer)
            return body(bytes, Self.checksum(id, key, bytes))
        }
    }

    private static func checksum(_ id: Int64, _ key: Key, _ bytes: UnsafeRawBufferPointer) -> Int64
    {
        var checksum = Checksum()
        checksum.add(id)
        checksum.add(key.hour)
        checksum.add(UInt64(key.product) << 32 | UInt64(key.region))
        checksum.add(bytes)
        return checksum.value
    }
}
