import GRDB
import GRDBSQLite

/// Opens the connections to a data file that is locked, and brings it to the newest format.
func openPool(at path: String, readers: Int) throws(OpenError) -> DatabasePool {
    do {
        try inspect(path)
        let pool = try DatabasePool(path: path, configuration: configuration(readers: readers))
        guard try pool.writeWithoutTransaction(makeDurable) else {
            throw OpenError.notDurable(path)
        }
        try FileFormat.migrator.migrate(pool)
        return pool
    } catch {
        if let error = error as? OpenError { throw error }
        let failure = SQLiteFailure(error)
        switch failure.code {
        case SQLITE_NOTADB: throw OpenError.foreign(path)
        case SQLITE_FULL, noRoomForLogIndex: throw OpenError.full(path)
        default: throw OpenError.unreadable(path, cause: failure.description)
        }
    }
}

/// `SQLITE_IOERR_SHMSIZE`, a macro that is not imported.
private let noRoomForLogIndex = SQLITE_IOERR | 19 << 8

/// The level of `PRAGMA synchronous` at which every commit waits for the disk.
private let fullySynchronous: Int64 = 2

/// Sets on the writing connection what GRDB's pool has set otherwise when it was opened, and says
/// whether commits now wait for the disk.
private func makeDurable(_ database: Database) throws -> Bool {
    try database.execute(
        sql: """
            PRAGMA synchronous = FULL;
            PRAGMA fullfsync = ON;
            PRAGMA checkpoint_fullfsync = ON;
            PRAGMA cache_size = -\(writerCacheKibibytes);
            PRAGMA wal_autocheckpoint = \(checkpointPages);
            """)
    return try Int64.fetchOne(database, sql: "PRAGMA synchronous") == fullySynchronous
}

/// The pages of a few open hours; it is filled as it is needed.
private let writerCacheKibibytes = 32_768
private let readerCacheKibibytes = 4096

/// Pages in the log before they are copied into the file: 2 MB, because whoever waits for the
/// commit that does it waits for all of them; records are appended, so more would save nothing.
private let checkpointPages = 500

private func configuration(readers: Int) -> Configuration {
    var configuration = Configuration()
    configuration.label = "SQLiteStore"
    configuration.maximumReaderCount = readers
    // Nobody else writes, but a person may look at the file with another program.
    configuration.busyMode = .timeout(5)
    // A transaction that SQLite cannot roll back must fail the store, not the process.
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { database in
        try database.execute(sql: "PRAGMA cache_size = -\(readerCacheKibibytes)")
    }
    return configuration
}

/// Refuses, before anything is changed, a file that is not ours or is too new.
func inspect(_ path: String) throws {
    do {
        try inspect(path, readonly: true)
    } catch let error as DatabaseError
        where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK
    {
        // A crash while the file was made has left a journal: only a writer may roll it back.
        try inspect(path, readonly: false)
    }
}

private func inspect(_ path: String, readonly: Bool) throws {
    var configuration = Configuration()
    configuration.readonly = readonly
    let file = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? file.close() }
    try file.read { database in
        // GRDB's own tables come first; a crash may have left nothing else.
        let tables = try Int64.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_schema WHERE name NOT GLOB '*grdb_*'")
        let mark = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard tables == 0 || mark == FileFormat.applicationID else {
            throw OpenError.foreign(path)
        }
        guard try !FileFormat.migrator.hasBeenSuperseded(database) else {
            throw OpenError.newer(path)
        }
    }
}

extension SQLiteStore {
    /// Whether the writing connection waits for the disk at every commit, as it says now.
    package func waitsForDisk() async throws -> Bool {
        try await pool.writeWithoutTransaction { database in
            try Int64.fetchOne(database, sql: "PRAGMA synchronous") == fullySynchronous
        }
    }
}
