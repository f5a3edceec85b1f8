/// Notices that the files that a server writes to are no longer those that their names lead to.
///
/// What is written to a file that was deleted or replaced is gone at the next start, and nothing
/// says so. Asked for before each transaction, because what it writes would hide that a file was
/// cut off, and after it, before it is acknowledged.
struct FileWatch {
    private let path: String
    private let lock: FileLock
    private let pages: PageGuard
    /// The log that the connections have open.
    private let log: FileIdentity?
    /// Bytes that the data file has had; it never shrinks.
    private var size = 0

    init(ofFileAt path: String, lockedBy lock: FileLock, guardedBy pages: PageGuard) {
        self.path = path
        self.lock = lock
        self.pages = pages
        log = FileIdentity(ofFileAt: path + "-wal")
        size = FileIdentity(ofFileAt: path)?.size ?? 0
    }

    /// Throws where one of the files was deleted, replaced or cut off.
    mutating func check() throws(OpenError) {
        let file = FileIdentity(ofFileAt: path)
        guard let file, file == lock.identity, file.size >= size else {
            throw OpenError.replaced(path)
        }
        size = file.size
        let end = LogLayout.start(ofFrame: pages.abandonedFrames.lowerBound)
        let log = FileIdentity(ofFileAt: path + "-wal")
        guard let log, log == self.log, log.size >= end || pages.abandonedFrames.lowerBound == 0
        else { throw OpenError.replaced(path + "-wal") }
    }
}
