import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// The client tokens that are remembered.
///
/// Used on the writing connection only.
struct TokenTable {
    struct Remembered {
        let requestDigest: UInt128
        let recordID: MeteringRecordID
        let expiresAt: Timestamp
    }

    private let find: PreparedStatement
    private let insert: PreparedStatement
    private let deleteExpired: PreparedStatement
    /// How many were put since the last sweep, and the latest moment at which one was.
    private var unswept: Int64 = 0
    /// Whether expired tokens stay, because the page of one is damaged.
    private(set) var isSweepStopped = false
    private var latest = Timestamp(milliseconds: .min)

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        find = try PreparedStatement(
            """
            SELECT \(Self.columns) FROM client_token
            WHERE account_id = ? AND resource_id = ? AND region = ? AND token = ?
            """, on: connection)
        insert = try PreparedStatement(
            """
            INSERT OR REPLACE INTO client_token (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, on: connection)
        deleteExpired = try PreparedStatement(
            """
            DELETE FROM client_token WHERE (account_id, resource_id, region, token) IN (
                SELECT account_id, resource_id, region, token FROM client_token
                WHERE expires_at < ? ORDER BY expires_at LIMIT ?
            )
            """, on: connection)
    }

    func find(_ token: ClientToken) throws(SQLiteFailure) -> Remembered? {
        bind(token, to: find)
        defer { find.reset() }
        guard try find.step() else { return nil }
        let (stored, remembered) = Self.token(in: find)
        guard Self.checksum(stored, remembered) == find.integer(7) else {
            throw SQLiteFailure(
                code: SQLITE_CORRUPT, message: "a client token is not what was written")
        }
        return remembered
    }

    mutating func remember(
        _ token: ClientToken, id: MeteringRecordID, at moment: Timestamp
    ) throws(SQLiteFailure) {
        try put(
            token,
            Remembered(
                requestDigest: token.requestDigest, recordID: id,
                expiresAt: moment.adding(seconds: ClientToken.lifetime)))
        unswept += 1
        latest = max(latest, moment)
    }

    func put(_ token: ClientToken, _ remembered: Remembered) throws(SQLiteFailure) {
        bind(token, to: insert)
        insert.bind(5, remembered.requestDigest)
        insert.bind(6, remembered.recordID)
        insert.bind(7, remembered.expiresAt.milliseconds)
        insert.bind(8, Self.checksum(token, remembered))
        try insert.run()
    }

    /// The columns that `token(in:)` reads, in its order, and the checksum.
    static let columns = """
        account_id, resource_id, region, token, request_digest, record_id, expires_at, checksum
        """

    static func token(in row: PreparedStatement) -> (ClientToken, Remembered) {
        let remembered = Remembered(
            requestDigest: row.wide(4), recordID: row.recordID(5),
            expiresAt: Timestamp(milliseconds: row.integer(6)))
        let token = ClientToken(
            scope: ClientToken.Scope(
                accountID: row.text(0), resourceID: row.text(1), region: row.text(2)),
            token: row.text(3), requestDigest: remembered.requestDigest)
        return (token, remembered)
    }

    /// What is stored beside a token.
    static func checksum(_ token: ClientToken, _ remembered: Remembered) -> Int64 {
        var checksum = Checksum()
        for text in [
            token.scope.accountID, token.scope.resourceID, token.scope.region, token.token,
        ] {
            checksum.add(text)
        }
        checksum.add(UInt64(truncatingIfNeeded: remembered.requestDigest >> 64))
        checksum.add(UInt64(truncatingIfNeeded: remembered.requestDigest))
        checksum.add(remembered.recordID.high)
        checksum.add(remembered.recordID.low)
        checksum.add(remembered.expiresAt.milliseconds)
        return checksum.value
    }

    /// Deletes expired tokens, at most twice as many as have come since: they never pile up, and
    /// no transaction becomes long because many expired at once.
    mutating func sweep() throws(SQLiteFailure) {
        guard unswept > 0, !isSweepStopped else { return }
        deleteExpired.bind(
            1, latest.adding(seconds: -MarketplaceLimits.tokenGraceSeconds).milliseconds)
        deleteExpired.bind(2, 2 * unswept)
        try deleteExpired.run()
        unswept = 0
    }

    /// Forgets what it knows of the time: the clock may go back with what is forgotten.
    mutating func forget() {
        unswept = 0
        latest = Timestamp(milliseconds: .min)
    }

    /// Leaves expired tokens where they are from now on.
    mutating func stopSweeping() {
        isSweepStopped = true
    }

    private func bind(_ token: ClientToken, to statement: PreparedStatement) {
        statement.bind(1, token.scope.accountID)
        statement.bind(2, token.scope.resourceID)
        statement.bind(3, token.scope.region)
        statement.bind(4, token.token)
    }
}
