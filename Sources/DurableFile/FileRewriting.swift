import GRDB
import GRDBSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Gives a data file of an earlier format, whose pages have no checksums, a copy that has them.
///
/// The old file is checked in full before, because damage in it would be sealed with a checksum
/// that says it is sound. The copy is made beside it and takes its place in one step once it is on
/// the disk, so that a kill at any moment leaves one or the other.
struct FileRewriting {
    private let path: String
    private let kind: FileKind
    private let lock: FileLock
    private let notify: @Sendable (String) -> Void

    private var copy: String { path + "-rewriting" }

    init(
        ofFileAt path: String, of kind: FileKind, lockedBy lock: FileLock,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.path = path
        self.kind = kind
        self.lock = lock
        self.notify = notify
    }

    func run() throws {
        guard !hasOtherNames else { throw OpenError.linked(path) }
        try lock.keepOutEarlyVersions()
        try foldLog()
        if let finding = try kind.findingsWithoutChecksums(path).first {
            throw OpenError.damaged(path, finding)
        }
        try makeRoom()
        do {
            try writeCopy()
            try replaceFile()
        } catch {
            removeCopy()
            throw error
        }
        _ = unlink(path + "-lock")
    }

    /// Whether another name leads to the same file, which would keep it as it was.
    private var hasOtherNames: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_nlink > 1
    }

    /// Earlier versions may have left a log; SQLite folds it back when the last connection closes.
    private func foldLog() throws {
        let file = try DatabaseQueue(path: path)
        _ = try file.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try file.close()
    }

    /// Says what is coming, and refuses where there is no room for it.
    private func makeRoom() throws(OpenError) {
        removeCopy()
        let size = FileIdentity(ofFileAt: path)?.size ?? 0
        // Indexes are written anew and a page holds four bytes less; the rest is for the log.
        let needed = size + size / 50 + 4_194_304
        let free = try freeBytes(besideFileAt: path)
        guard free >= needed else {
            throw OpenError.noRoomToRewrite(path, needed: needed, free: free)
        }
        guard size >= Self.worthTelling else { return }
        let seconds = size / Self.bytesPerSecond + 1
        notify(
            "The data file \(path) is given checksums by page: it is written anew once, which "
                + "takes about \(seconds) s and \(Bytes.text(needed)) beside it.")
    }

    /// Bytes from which a person would wonder where the start has got to.
    private static let worthTelling = 50_000_000
    /// How fast a file is copied on a slow disk.
    private static let bytesPerSecond = 25_000_000

    private func writeCopy() throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw OpenError.unusable(path, errno: errno) }
        let descriptor = open(
            copy, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(status.st_mode & 0o777))
        guard descriptor >= 0 else { throw OpenError.unusable(copy, errno: errno) }
        _ = close(descriptor)
        let pages = PageGuard()
        let name = CheckedFiles.uri(of: copy, guardedBy: pages)
        let old = try DatabaseQueue(path: path)
        try old.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA page_size = \(PageChecksum.pageSize)")
            // After the size, which takes the reservation back.
            try reservePageEnds(database)
            try database.execute(sql: "VACUUM INTO ?", arguments: [name])
        }
        try old.close()
    }

    private func replaceFile() throws(OpenError) {
        let descriptor = open(copy, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenError.unusable(copy, errno: errno) }
        let isSynced = fsync(descriptor) == 0
        let reason = errno
        _ = close(descriptor)
        guard isSynced else { throw OpenError.unusable(copy, errno: reason) }
        try lock.move(toFileAt: copy) { () throws(OpenError) in
            guard rename(copy, path) == 0, syncFolder(of: path) else {
                throw OpenError.unusable(path, errno: errno)
            }
        }
    }

    private func removeCopy() {
        for file in [copy, copy + "-journal"] { _ = unlink(file) }
    }
}

/// Bytes that may still be written beside a file.
func freeBytes(besideFileAt path: String) throws(OpenError) -> Int {
    var room = statvfs()
    guard statvfs(path, &room) == 0 else { throw OpenError.unusable(path, errno: errno) }
    return Int(room.f_bavail) * Int(room.f_frsize)
}

/// Amounts of memory and disk, for people.
enum Bytes {
    static func text(_ count: Int) -> String {
        let units = ["bytes", "KB", "MB", "GB", "TB"]
        var (value, unit) = (count, 0)
        while value >= 10_000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(value) \(units[unit])"
    }
}
