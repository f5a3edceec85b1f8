import GRDB
import GRDBSQLite
import Marketplace
import MeteringAPI

/// Decides and writes on the one writing connection, with statements that are prepared once.
///
/// It is not safe to use from two places at once. `@unchecked Sendable` holds because every use
/// goes through `transaction(on:_:)`, which wants the connection that GRDB hands out only on the
/// queue of its writer, and `finish`, which is called there too.
final class WritingConnection: @unchecked Sendable {
    private let connection: OpaquePointer
    private let begin: Statement
    private let commit: Statement
    private let rollback: Statement
    /// A value of its own, so that a group of calls takes exclusive access to it but once.
    private var tables: DataTables
    private var watch: FileWatch

    init(
        _ database: Database, limits: SQLiteStore.Limits, watch: FileWatch
    ) throws(SQLiteFailure) {
        guard let connection = database.sqliteConnection else {
            throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
        }
        self.connection = connection
        begin = try Statement("BEGIN IMMEDIATE", on: connection)
        commit = try Statement("COMMIT", on: connection)
        rollback = try Statement("ROLLBACK", on: connection)
        tables = try DataTables(on: connection, limits: limits)
        self.watch = watch
    }

    /// Runs the work and commits it; what it wrote is on stable storage when this returns.
    func transaction<Result>(
        on database: Database, _ work: (inout DataTables) throws(SQLiteFailure) -> Result
    ) throws(TransactionFailure) -> Result {
        precondition(
            database.sqliteConnection == connection, "The tables were given another connection.")
        tables.tidy()
        do {
            try watch.check()
        } catch {
            throw TransactionFailure(
                SQLiteFailure(code: SQLITE_IOERR, message: error.description), isCertain: true)
        }
        let result: Result
        let swept = !tables.leavesExpiredTokens
        do {
            try begin.run()
            result = try work(&tables)
            try tables.flush()
        } catch {
            let failure = undo(after: error)
            // The sweep met damage, which is no fault of the calls: once more without it.
            if failure.isCertain, swept, tables.leavesExpiredTokens {
                return try transaction(on: database, work)
            }
            throw failure
        }
        do {
            try commit.run()
        } catch {
            let failure = undo(after: error)
            // A full disk stops before the mark of a commit is in the file. After anything else
            // the mark may have been written, and a restart may find it.
            throw error.isLasting ? TransactionFailure(error, isCertain: false) : failure
        }
        do {
            try watch.check()
        } catch {
            // It is in the files that are open, and nobody knows whether those will be found again.
            throw TransactionFailure(
                SQLiteFailure(code: SQLITE_IOERR, message: error.description), isCertain: false)
        }
        return result
    }

    /// Nothing of a transaction remains, if SQLite says so.
    private func undo(after failure: SQLiteFailure) -> TransactionFailure {
        tables.undo()
        if sqlite3_get_autocommit(connection) == 0 { _ = try? rollback.run() }
        let isCertain = sqlite3_get_autocommit(connection) != 0
        if failure.isLasting {
            // The file is opened again, which empties the log; the mark must not count them.
            CheckedFiles.disownAbandonedFrames(on: connection)
            return TransactionFailure(failure, isCertain: isCertain)
        }
        do throws(SQLiteFailure) {
            try CheckedFiles.removeAbandonedFrames(on: connection)
        } catch {
            // With them in the log the next start could not tell a crash from damage.
            return TransactionFailure(error, isCertain: isCertain)
        }
        return TransactionFailure(failure, isCertain: isCertain)
    }
}

/// A transaction that was not committed.
struct TransactionFailure: Error, Sendable {
    let cause: SQLiteFailure
    /// Whether nothing of it is stored for certain.
    let isCertain: Bool

    init(_ cause: SQLiteFailure, isCertain: Bool) {
        self.cause = cause
        self.isCertain = isCertain
    }
}
