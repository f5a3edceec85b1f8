import GRDB
import GRDBSQLite

/// Opens the connections to a data file that is locked, and brings it to the newest format.
func openPool(
    at path: String, of kind: FileKind, lockedBy lock: FileLock, guardedBy pages: PageGuard,
    _ options: FileOptions
) throws(OpenError) -> DatabasePool {
    do {
        try CheckedFiles.install()
        try prepare(path, of: kind, lockedBy: lock, options)
        let pool = try DatabasePool(
            path: CheckedFiles.uri(of: path, guardedBy: pages),
            configuration: configuration(readers: options.limits.readers))
        guard try pool.writeWithoutTransaction(makeDurable) else {
            throw OpenError.notDurable(path)
        }
        try kind.migrator.migrate(pool)
        return pool
    } catch {
        throw OpenError(error, at: path)
    }
}

/// Makes sure that a file may be opened for writing: that it is ours, that its first page and its
/// log are sound, that its pages carry checksums, and that its log is empty.
private func prepare(
    _ path: String, of kind: FileKind, lockedBy lock: FileLock, _ options: FileOptions
) throws {
    for suffix in ["-wal", "-journal", "-mark", "-shm"] {
        guard FileIdentity.isRegular(fileAt: path + suffix) else {
            throw OpenError.inTheWay(path + suffix)
        }
    }
    try undoCreation(ofFileAt: path, of: kind)
    let log = try LogCheck(ofLogAt: path + "-wal")
    switch try FirstPage(ofFileAt: path, of: kind, with: log) {
    case .empty: return
    case .damaged: throw OpenError.damaged(path, "page 1 is not what was written")
    case .unchecked:
        if let damage = log.damage { throw OpenError.damagedOldLog(path, damage) }
        try inspectUnchecked(path, of: kind, readonly: true)
        try FileRewriting(ofFileAt: path, of: kind, lockedBy: lock, notify: options.notify).run()
    case .checked:
        if let damage = log.damage { throw OpenError.damagedLog(path, damage) }
        if log.frames > 0, try FirstPage.saysNoLog(ofFileAt: path) {
            throw OpenError.strayLog(path)
        }
        try FileImage(ofFileAt: path, with: log).read { database, _ in
            try kind.inspect(database, ofFileAt: path)
        }
        try foldLog(log, ofFileAt: path)
    }
}

/// Copies what is in the log to its place in the file, and removes the log.
///
/// A log that begins anew at each start never has frames of a transaction that a crash cut off in
/// front of those of another: see `LogCheck`.
private func foldLog(_ log: LogCheck, ofFileAt path: String) throws {
    guard let stored = try ReadOnlyFile(path + "-wal"), stored.size > 0 else { return }
    let pages = PageGuard(firstPage: try log.page(1))
    let file = try DatabaseQueue(path: CheckedFiles.uri(of: path, guardedBy: pages))
    _ = try file.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try file.close()
}

extension OpenError {
    /// Why opening a file failed, whoever says it.
    package init(_ error: any Error, at path: String) {
        if let error = error as? OpenError {
            self = error
            return
        }
        let failure = SQLiteFailure(error)
        self =
            switch failure.code {
            case SQLITE_NOTADB: .foreign(path)
            case SQLITE_FULL, noRoomForLogIndex: .full(path)
            default: .unreadable(path, cause: failure.description)
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
    if let connection = database.sqliteConnection { try CheckedFiles.syncLog(of: connection) }
    return try isFullySynchronous(database)
}

/// Whether a connection waits for the disk at every commit.
func isFullySynchronous(_ database: Database) throws -> Bool {
    try Int64.fetchOne(database, sql: "PRAGMA synchronous") == fullySynchronous
}

/// The pages of a few open hours; it is filled as it is needed.
private let writerCacheKibibytes = 32_768
private let readerCacheKibibytes = 4096

/// Pages in the log before they are copied into the file: 2 MB, because whoever waits for the
/// commit that does it waits for all of them; records are appended, so more would save nothing.
private let checkpointPages = 500

private func configuration(readers: Int) -> Configuration {
    var configuration = Configuration()
    configuration.label = "DurableFile"
    configuration.maximumReaderCount = readers
    // Nobody else writes, but a person may look at the file with another program.
    configuration.busyMode = .timeout(5)
    // A transaction that SQLite cannot roll back must fail the store, not the process.
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { database in
        try reservePageEnds(database)
        try database.execute(sql: "PRAGMA cache_size = -\(readerCacheKibibytes)")
    }
    return configuration
}

/// Has SQLite leave room for a checksum at the end of each page of a file that it makes.
func reservePageEnds(_ database: Database) throws {
    var bytes = Int32(PageChecksum.reserved)
    let code = sqlite3_file_control(
        database.sqliteConnection, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes)
    guard code == SQLITE_OK else {
        throw SQLiteFailure(code: code, message: "SQLite reserves no bytes of a page")
    }
}

/// Refuses a file without checksums that is not ours or is too new, before anything is changed.
private func inspectUnchecked(_ path: String, of kind: FileKind, readonly: Bool) throws {
    do {
        var configuration = Configuration()
        configuration.readonly = readonly
        let file = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? file.close() }
        try file.read { try kind.inspect($0, ofFileAt: path) }
    } catch let error as DatabaseError
        where readonly && error.extendedResultCode == .SQLITE_READONLY_ROLLBACK
    {
        // A crash while the file was made has left a journal: only a writer may roll it back.
        try inspectUnchecked(path, of: kind, readonly: false)
    }
}
