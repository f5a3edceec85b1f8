import Dispatch
import FoundationEssentials
import GRDB
import GRDBSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension DurableFile {
    /// A copy of the file in one snapshot, every page of which was checked on the way, to be read
    /// part by part; nil is its end.
    ///
    /// It is made in a file beside the data file, which has no name any more once it is read: a
    /// slow reader must not hold back the log. There is one at a time, until it has been read or
    /// given up, so that no number of readers fills the disk.
    package func copy() async throws(WriteError) -> @Sendable () async throws -> [UInt8]? {
        guard let turn = copies.take() else {
            throw WriteError(.overloaded, cause: "another copy of the data file is under way")
        }
        let copy = path + CopyName.random
        let connections = await opened()
        do {
            try await connections.pool.read { source in
                // The snapshot begins with the first look at the file.
                _ = try Int64.fetchOne(source, sql: "SELECT count(*) FROM sqlite_schema")
                try checkRoom(forCopyOf: source, besideFileAt: path)
                try copyPages(from: source, toFileAt: copy)
            }
            let file = try FileParts(ofFileAt: copy, turn)
            _ = unlink(copy)
            return { () throws in try await file.next() }
        } catch {
            for suffix in CopyName.besides { _ = unlink(copy + suffix) }
            if let error = error as? WriteError { throw error }
            throw WriteError(
                SQLiteFailure(error).about("a part of the data file"),
                guardedBy: connections.pages)
        }
    }
}

private func checkRoom(forCopyOf source: Database, besideFileAt path: String) throws {
    let pages = try Int.fetchOne(source, sql: "PRAGMA page_count") ?? 0
    let (needed, free) = (pages * PageChecksum.pageSize, try freeBytes(besideFileAt: path))
    guard free >= needed else {
        throw WriteError(
            .notStored,
            cause: "a copy needs \(Bytes.text(needed)) beside the data file, and "
                + "\(Bytes.text(free)) are free")
    }
}

/// What a copy is called while it is made: nothing that a person would call a file.
private enum CopyName {
    private static let middle = "-being-copied-"
    private static let digits = 8

    static var random: String {
        let number = String(UInt32.random(in: .min ... .max), radix: 16)
        return middle + String(repeating: "0", count: digits - number.utf8.count) + number
    }

    /// What SQLite may leave beside a copy, and the copy.
    static let besides = ["", "-journal", "-wal", "-shm", "-mark"]

    static func isEnd(_ end: Substring) -> Bool {
        besides.contains { beside in
            guard end.hasPrefix(middle), end.hasSuffix(beside) else { return false }
            let number = end.dropFirst(middle.count).dropLast(beside.count)
            return number.utf8.count == digits && number.allSatisfy { $0.isHexDigit }
        }
    }
}

/// Removes copies that a server which was killed has left; only while the data file is locked.
func removeCopies(ofFileAt path: String) {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    let (folder, file) = (String(path[...end]), String(path[path.index(after: end)...]))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(file) && CopyName.isEnd(name.dropFirst(file.count)) {
        _ = unlink(folder + name)
    }
}

private func copyPages(from source: Database, toFileAt path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
    _ = close(descriptor)
    let pages = PageGuard()
    let target = try DatabaseQueue(path: CheckedFiles.uri(of: path, guardedBy: pages))
    try target.writeWithoutTransaction { target in
        try target.execute(sql: "PRAGMA synchronous = OFF")
        guard
            let copying = sqlite3_backup_init(
                target.sqliteConnection, "main", source.sqliteConnection, "main")
        else {
            throw SQLiteFailure(code: SQLITE_ERROR, message: "the copy cannot be begun")
        }
        let code = sqlite3_backup_step(copying, -1)
        sqlite3_backup_finish(copying)
        guard code == SQLITE_DONE else {
            throw SQLiteFailure(code: code, message: String(cString: sqlite3_errstr(code)))
        }
        // Without a log, so that one that lies beside it where it is restored is not taken for its.
        try target.execute(sql: "PRAGMA journal_mode = DELETE")
    }
    try target.close()
    withExtendedLifetime(pages) {}
}

/// A file that is read from beginning to end, off the cooperative threads.
private final class FileParts: Sendable {
    private let descriptor: Int32
    private let offset = Mutex(0)
    /// Given back with the room on the disk.
    private let turn: CopyTurns.Turn

    init(ofFileAt path: String, _ turn: CopyTurns.Turn) throws(OpenError) {
        self.turn = turn
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
    }

    deinit { _ = close(descriptor) }

    /// Nil at the end; throws where the disk does.
    func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                let start = offset.withLock { $0 }
                var reason: Int32 = 0
                let part = [UInt8](unsafeUninitializedCapacity: FileLimits.backupPartBytes) {
                    buffer, filled in
                    let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(start))
                    if count < 0 { reason = errno }
                    filled = max(0, count)
                }
                guard reason == 0 else {
                    return continuation.resume(
                        throwing: OpenError.unusable("the copy", errno: reason))
                }
                offset.withLock { $0 = start + part.count }
                continuation.resume(returning: part.isEmpty ? nil : part)
            }
        }
    }
}
