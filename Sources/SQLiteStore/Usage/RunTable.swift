import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// Writes runs of records, and finds records that entries meet.
///
/// The records of a transaction are collected here, and written in one row for each hour, product
/// and region. Used on the writing connection only.
struct RunTable {
    /// The runs that this transaction has begun, in the order of their numbers.
    private var pending: [UsageRun] = []
    /// The pending run that each key's next record goes to.
    private var current: [UsageRun.Key: Int] = [:]
    private var lastKey: (key: UsageRun.Key, index: Int)?
    private var pendingAllocations: [RecordPlace: String] = [:]
    private var nextRun: Int64
    /// The run that was read last: the records of a request that is sent again lie together.
    private var lastRead: UsageRun?

    private let insert: PreparedStatement
    private let find: PreparedStatement
    private let findHour: PreparedStatement
    private let insertAllocations: PreparedStatement
    private let storedAllocations: AllocationReader

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        insert = try PreparedStatement(
            """
            INSERT INTO usage_run (\(UsageRun.columns)) VALUES (?, ?, ?, ?, ?, ?)
            """, on: connection)
        find = try PreparedStatement(
            "SELECT \(UsageRun.columns) FROM usage_run WHERE id = ?", on: connection)
        findHour = try PreparedStatement(
            "SELECT \(UsageRun.columns) FROM usage_run WHERE hour = ?", on: connection)
        insertAllocations = try PreparedStatement(
            """
            INSERT INTO usage_allocation (run, position, body, checksum) VALUES (?, ?, ?, ?)
            """, on: connection)
        storedAllocations = try AllocationReader(on: connection)
        nextRun = try Self.lastRun(on: connection) + 1
    }

    /// The greatest number of a run; where the page that has it is damaged, as the index says.
    private static func lastRun(on connection: OpaquePointer) throws(SQLiteFailure) -> Int64 {
        do throws(SQLiteFailure) {
            let last = try PreparedStatement("SELECT max(id) FROM usage_run", on: connection)
            return try last.step() ? last.integer(0) : 0
        } catch {
            guard error.isDamage else { throw error }
            let last = try PreparedStatement(
                "SELECT max(+id) FROM usage_run INDEXED BY usage_run_by_hour", on: connection)
            return try last.step() ? last.integer(0) : 0
        }
    }

    /// Adds a record to what the transaction writes, and says where it will be.
    mutating func append(
        _ record: PackedRecord, to key: UsageRun.Key, allocations: String?
    ) -> RecordPlace {
        let index = pendingRun(of: key)
        let place = RecordPlace(run: pending[index].id, position: pending[index].records.count)
        pending[index].records.append(record)
        if let allocations { pendingAllocations[place] = allocations }
        return place
    }

    private mutating func pendingRun(of key: UsageRun.Key) -> Int {
        let known = lastKey.flatMap { $0.key == key ? $0.index : nil } ?? current[key]
        if let known, pending[known].records.count < UsageRun.maximumCount {
            lastKey = (key, known)
            return known
        }
        pending.append(UsageRun(id: nextRun, key: key))
        nextRun += 1
        current[key] = pending.count - 1
        lastKey = (key, pending.count - 1)
        return pending.count - 1
    }

    /// Writes what was appended.
    mutating func flush() throws(SQLiteFailure) {
        for run in pending {
            insert.bind(1, run.id)
            insert.bind(2, run.key.hour)
            insert.bind(3, Int64(run.key.product))
            insert.bind(4, Int64(run.key.region))
            let result: Result<Int, SQLiteFailure> = run.withBytes { bytes, checksum in
                insert.bind(5, checksum)
                insert.bind(6, borrowing: bytes)
                return Result { () throws(SQLiteFailure) in try insert.run() }
            }
            _ = try result.get()
        }
        for (place, body) in pendingAllocations {
            insertAllocations.bind(1, place.run)
            insertAllocations.bind(2, Int64(place.position))
            insertAllocations.bind(3, body)
            insertAllocations.bind(4, AllocationText.checksum(body, at: place))
            try insertAllocations.run()
        }
        forgetPending()
    }

    /// Forgets what was appended and read; the numbers of its runs stay used up.
    mutating func forget() {
        forgetPending()
        lastRead = nil
    }

    private mutating func forgetPending() {
        pending.removeAll(keepingCapacity: true)
        current.removeAll(keepingCapacity: true)
        pendingAllocations.removeAll()
        lastKey = nil
    }

    /// The record at a place that the index knows, and the key of its run.
    mutating func record(
        at place: RecordPlace
    ) throws(SQLiteFailure) -> (record: PackedRecord, key: UsageRun.Key) {
        if let first = pending.first, place.run >= first.id {
            let run = pending[Int(place.run - first.id)]
            return (run.records[place.position], run.key)
        }
        if lastRead?.id != place.run { lastRead = try read(place.run) }
        guard let run = lastRead, run.records.indices.contains(place.position) else {
            throw UsageRun.damaged(place.run)
        }
        return (run.records[place.position], run.key)
    }

    /// The allocations of a record that has some.
    func allocations(at place: RecordPlace) throws(SQLiteFailure) -> [RecordedAllocation] {
        if let text = pendingAllocations[place] { return try AllocationText.decode(text) }
        return try storedAllocations.allocations(at: place)
    }

    /// Gives every run of an hour that is in the file.
    func forEachRun(ofHour hour: Int64, _ body: (UsageRun) -> Void) throws(SQLiteFailure) {
        findHour.bind(1, hour)
        defer { findHour.reset() }
        while try findHour.step() { body(try UsageRun(findHour)) }
    }

    private func read(_ run: Int64) throws(SQLiteFailure) -> UsageRun {
        find.bind(1, run)
        defer { find.reset() }
        guard try find.step() else { throw UsageRun.damaged(run) }
        return try UsageRun(find)
    }
}
