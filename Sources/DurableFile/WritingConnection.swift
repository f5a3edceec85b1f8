import GRDB
import GRDBSQLite

/// Decides and writes on the one writing connection, with statements that are prepared once.
///
/// It is not safe to use from two places at once. `@unchecked Sendable` holds because every use
/// goes through `transaction(on:calls:_:)`, which wants the connection that GRDB hands out only on
/// the queue of its writer, and `CommitQueue.finish`, which lets go of it there too.
final class WritingConnection<Tables: FileTables>: @unchecked Sendable {
    private let connection: OpaquePointer
    private let begin: PreparedStatement
    private let commit: PreparedStatement
    private let rollback: PreparedStatement
    /// A value of its own, so that a group of calls takes exclusive access to it but once.
    private var tables: Tables
    private var watch: FileWatch

    init(
        _ database: Database, watch: FileWatch,
        _ makeTables: (OpaquePointer) throws(SQLiteFailure) -> Tables
    ) throws(SQLiteFailure) {
        let connection = try database.pointer
        self.connection = connection
        begin = try PreparedStatement("BEGIN IMMEDIATE", on: connection)
        commit = try PreparedStatement("COMMIT", on: connection)
        rollback = try PreparedStatement("ROLLBACK", on: connection)
        tables = try makeTables(connection)
        self.watch = watch
    }

    /// Runs the work of some calls and commits it; what it wrote is on stable storage when this
    /// returns.
    func transaction<Result>(
        on database: Database, calls: Int,
        _ work: (inout Tables) throws(SQLiteFailure) -> Result
    ) throws(TransactionFailure) -> Result {
        precondition(
            database.sqliteConnection == connection, "The tables were given another connection.")
        let start = ContinuousClock.now
        tables.begin()
        do {
            try watch.check()
        } catch {
            throw TransactionFailure(
                SQLiteFailure(code: SQLITE_IOERR, message: error.description), isCertain: true)
        }
        let result: Result
        do {
            try begin.run()
            result = try work(&tables)
            try tables.flush()
        } catch {
            let (failure, mayRepeat) = undo(after: error)
            if failure.isCertain, mayRepeat {
                return try transaction(on: database, calls: calls, work)
            }
            throw failure
        }
        do {
            try commit.run()
        } catch {
            let (failure, _) = undo(after: error)
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
        tables.didCommit(calls: calls, seconds: (ContinuousClock.now - start) / .seconds(1))
        return result
    }

    /// Nothing of a transaction remains, if SQLite says so.
    private func undo(
        after failure: SQLiteFailure
    ) -> (failure: TransactionFailure, mayRepeat: Bool) {
        let mayRepeat = tables.undo(after: failure)
        if sqlite3_get_autocommit(connection) == 0 { _ = try? rollback.run() }
        let isCertain = sqlite3_get_autocommit(connection) != 0
        if failure.isLasting {
            // The file is opened again, which empties the log; the mark must not count them.
            CheckedFiles.disownAbandonedFrames(on: connection)
            return (TransactionFailure(failure, isCertain: isCertain), mayRepeat)
        }
        do throws(SQLiteFailure) {
            try CheckedFiles.removeAbandonedFrames(on: connection)
        } catch {
            // With them in the log the next start could not tell a crash from damage.
            return (TransactionFailure(error, isCertain: isCertain), mayRepeat)
        }
        return (TransactionFailure(failure, isCertain: isCertain), mayRepeat)
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

extension Database {
    /// SQLite's own pointer to the connection.
    package var pointer: OpaquePointer {
        get throws(SQLiteFailure) {
            guard let sqliteConnection else {
                throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
            }
            return sqliteConnection
        }
    }
}
