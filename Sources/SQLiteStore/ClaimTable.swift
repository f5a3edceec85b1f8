import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// Who delivers to a target, and until when.
///
/// Used on the writing connection only.
struct ClaimTable {
    private let select: PreparedStatement
    private let replace: PreparedStatement
    private let remove: PreparedStatement

    private static let columns = "target, claimant, until, checksum"

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        select = try PreparedStatement(
            "SELECT \(Self.columns) FROM claim WHERE target = ?", on: connection)
        replace = try PreparedStatement(
            "INSERT OR REPLACE INTO claim (\(Self.columns)) VALUES (?, ?, ?, ?)", on: connection)
        remove = try PreparedStatement("DELETE FROM claim WHERE target = ?", on: connection)
    }

    func find(_ target: String) throws(SQLiteFailure) -> DeliveryClaim? {
        select.bind(1, target)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return try Self.claim(in: select)
    }

    func put(_ claim: DeliveryClaim, of target: String) throws(SQLiteFailure) {
        replace.bind(1, target)
        replace.bind(2, claim.claimant)
        replace.bind(3, claim.until.milliseconds)
        replace.bind(4, Self.checksum(of: claim, target))
        try replace.run()
    }

    func forget(_ target: String) throws(SQLiteFailure) {
        remove.bind(1, target)
        try remove.run()
    }

    /// What is wrong with the rows, as sentences.
    static func findings(on connection: OpaquePointer) throws(SQLiteFailure) -> [String] {
        let rows = try PreparedStatement("SELECT \(columns) FROM claim", on: connection)
        var findings: [String] = []
        while try rows.step() {
            do throws(SQLiteFailure) {
                _ = try claim(in: rows)
            } catch {
                findings.append(error.message)
            }
        }
        return findings
    }

    static func claim(in row: PreparedStatement) throws(SQLiteFailure) -> DeliveryClaim {
        let claim = DeliveryClaim(
            claimant: row.text(1), until: Timestamp(milliseconds: row.integer(2)))
        guard checksum(of: claim, row.text(0)) == row.integer(3) else {
            throw SQLiteFailure(
                code: SQLITE_CORRUPT,
                message: "who delivers to \(row.text(0)) is not what was written")
        }
        return claim
    }

    private static func checksum(of claim: DeliveryClaim, _ target: String) -> Int64 {
        var checksum = Checksum()
        checksum.add(target)
        checksum.add(claim.claimant)
        checksum.add(claim.until.milliseconds)
        return checksum.value
    }
}
