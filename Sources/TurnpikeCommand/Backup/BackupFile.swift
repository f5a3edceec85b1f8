import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file that a backup is written to, under another name until it is known to be sound.
struct BackupFile: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Where the bytes are meanwhile.
    var part: String { path + ".part" }

    /// Begins a file that only its owner can read.
    ///
    /// - Throws: where the file, or what would be taken for its log, is there already.
    init(path: String) throws(CommandFailure) {
        self.path = path
        guard !Self.exists(path) else { throw Self.taken(path) }
        for suffix in ["-wal", "-journal", "-mark"] where Self.exists(path + suffix) {
            throw CommandFailure(
                "\(path + suffix) is there already and would be taken for the copy's log: remove "
                    + "it, or choose another name")
        }
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw Self.failure(path + ".part", errno) }
            throw CommandFailure(
                "\(path).part is there already: another 'turnpike backup' writes it, or one was "
                    + "killed; remove it if none runs, or choose another name")
        }
    }

    func append(_ bytes: ByteBuffer) throws(CommandFailure) {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            let count = bytes.withUnsafeReadableBytes {
                write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 || errno == EINTR else { throw Self.failure(part, errno) }
            bytes.moveReaderIndex(forwardBy: max(0, count))
        }
    }

    /// Waits until all that was appended is on the disk.
    func sync() throws(CommandFailure) {
        guard fsync(descriptor) == 0 else { throw Self.failure(part, errno) }
    }

    /// Gives the file its name, and waits until that is on the disk; nothing may be appended after.
    func publish() throws(CommandFailure) {
        // A link does not replace a file that has come meanwhile. Not every file system has links.
        if link(part, path) == 0 {
            _ = unlink(part)
        } else {
            guard errno != EEXIST, !Self.exists(path) else { throw Self.taken(path) }
            guard rename(part, path) == 0 else { throw Self.failure(path, errno) }
        }
        _ = close(descriptor)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw Self.failure(folder, errno) }
        defer { _ = close(opened) }
        guard fsync(opened) == 0 else { throw Self.failure(folder, errno) }
    }

    /// Removes what was written and has no name of its own yet.
    func discard() {
        _ = unlink(part)
    }

    /// Whether anything has this name, a symbolic link that leads nowhere included.
    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func taken(_ path: String) -> CommandFailure {
        CommandFailure("\(path) is there already: choose the name of a file that is not")
    }

    private static func failure(_ path: String, _ code: Int32) -> CommandFailure {
        CommandFailure(
            "\(path) cannot be written (\(String(cString: strerror(code)))): choose another place "
                + "for the copy")
    }
}
