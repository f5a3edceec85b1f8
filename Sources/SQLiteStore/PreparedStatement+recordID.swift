import DurableFile
import MeteringAPI

// Sixteen bytes of a row are the number of a record.
extension PreparedStatement {
    func bind(_ position: Int32, _ id: MeteringRecordID) {
        bind(position, UInt128(id.high) << 64 | UInt128(id.low))
    }

    func recordID(_ column: Int32) -> MeteringRecordID {
        let value = wide(column)
        return MeteringRecordID(
            high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
    }
}
