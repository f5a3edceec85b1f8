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

    /// How long an expired token is left in the file, in seconds: requests are decided at slightly
    /// different moments, and none may find a token gone that had not expired at its own.
    private static let graceSeconds: Int64 = 3600

    private let find: Statement
    private let put: Statement
    private let deleteExpired: Statement
    /// How many were put since the last sweep, and the latest moment at which one was.
    private var unswept: Int64 = 0
    private var latest = Timestamp(milliseconds: .min)

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        find = try Statement(
            """
            SELECT request_digest, record_id, expires_at FROM client_token
            WHERE account_id = ? AND resource_id = ? AND region = ? AND token = ?
            """, on: connection)
        put = try Statement(
            """
            INSERT OR REPLACE INTO client_token (
                account_id, resource_id, region, token, request_digest, record_id, expires_at
            ) VALUES (?, ?, ?, ?, ?, ?, ?)
            """, on: connection)
        deleteExpired = try Statement(
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
        return Remembered(
            requestDigest: find.wide(0), recordID: find.recordID(1),
            expiresAt: Timestamp(milliseconds: find.integer(2)))
    }

    mutating func remember(
        _ token: ClientToken, id: MeteringRecordID, at moment: Timestamp
    ) throws(SQLiteFailure) {
        bind(token, to: put)
        put.bind(5, token.requestDigest)
        put.bind(6, id)
        put.bind(7, moment.adding(seconds: ClientToken.lifetime).milliseconds)
        try put.run()
        unswept += 1
        latest = max(latest, moment)
    }

    /// Deletes expired tokens, at most twice as many as have come since: they never pile up, and
    /// no transaction becomes long because many expired at once.
    mutating func sweep() throws(SQLiteFailure) {
        guard unswept > 0 else { return }
        deleteExpired.bind(1, latest.adding(seconds: -Self.graceSeconds).milliseconds)
        deleteExpired.bind(2, 2 * unswept)
        try deleteExpired.run()
        unswept = 0
    }

    private func bind(_ token: ClientToken, to statement: Statement) {
        statement.bind(1, token.scope.accountID)
        statement.bind(2, token.scope.resourceID)
        statement.bind(3, token.scope.region)
        statement.bind(4, token.token)
    }
}
