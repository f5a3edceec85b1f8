import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An exclusive lock on a data file, whatever its name, held until it is released.
///
/// SQLite's own locks let two processes write in turns. That is not enough here: a second server
/// would decide by a catalog of its own, and SQLite before 3.51.3 can damage the file when two
/// connections checkpoint at once. The lock is on the file itself, so that a hard link or a new
/// name leads to the same lock. The kernel lets go when the process ends, however it ends.
package final class FileLock: Sendable {
    private struct State {
        var descriptor: Int32?
        var identity: FileIdentity
        /// The lock by which a server of version 0.1 keeps others out, while there may be one.
        var early: Int32?
    }

    private let path: String
    private let state: Mutex<State>

    /// Locks a data file that is there, and that must be writable where it is for writing.
    package init(forFileAt path: String, isForWriting: Bool = true) throws(OpenError) {
        self.path = path
        let (descriptor, identity) = try lockedFile(at: path, isForWriting: isForWriting)
        var early: Int32?
        do throws(OpenError) {
            early = try lockedEarlyFile(besideFileAt: path)
        } catch {
            _ = close(descriptor)
            throw error
        }
        state = Mutex(State(descriptor: descriptor, identity: identity, early: early))
    }

    deinit { release() }

    /// The file that is locked.
    var identity: FileIdentity { state.withLock(\.identity) }

    /// Whether the path still leads to the file that is locked.
    var isInPlace: Bool { FileIdentity(ofFileAt: path) == identity }

    /// Locks the file that takes the place of the one that is locked, lets it do so, and lets go of
    /// the other.
    func move(
        toFileAt newPath: String, _ replace: () throws(OpenError) -> Void
    ) throws(OpenError) {
        let (descriptor, identity) = try lockedFile(at: newPath, isForWriting: true)
        let old = state.withLock { state in
            defer {
                state.descriptor = descriptor
                state.identity = identity
            }
            return state.descriptor
        }
        defer { unlock(old) }
        try replace()
    }

    /// Keeps a server of version 0.1 out, which does not see this lock: makes what it locks, where
    /// that is not there.
    func keepOutEarlyVersions() throws(OpenError) {
        guard state.withLock({ $0.early == nil }) else { return }
        let descriptor = open(path + "-lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw OpenError.unusable(path + "-lock", errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            _ = close(descriptor)
            throw OpenError.inUse(path)
        }
        state.withLock { $0.early = descriptor }
    }

    /// Lets others have the file.
    package func release() {
        let held = state.withLock { state in
            defer {
                state.descriptor = nil
                state.early = nil
            }
            return [state.descriptor, state.early]
        }
        for descriptor in held { unlock(descriptor) }
    }
}

/// What makes a file the same under another name.
struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let inode: UInt64
    /// Bytes when it was looked at.
    let size: Int

    /// Nil where there is no file.
    init?(ofFileAt path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Whether a regular file is there, or nothing.
    static func isRegular(fileAt path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    fileprivate init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int(status.st_size)
    }

    static func == (one: FileIdentity, other: FileIdentity) -> Bool {
        one.device == other.device && one.inode == other.inode
    }
}

private func lockedFile(
    at path: String, isForWriting: Bool
) throws(OpenError) -> (Int32, FileIdentity) {
    while true {
        let descriptor = open(path, (isForWriting ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            _ = close(descriptor)
            throw reason == EWOULDBLOCK
                ? OpenError.inUse(path) : OpenError.unusable(path, errno: reason)
        }
        var status = stat()
        let identity = fstat(descriptor, &status) == 0 ? FileIdentity(status) : nil
        // Another server may have put a new file in its place before it let go.
        if let identity, identity == FileIdentity(ofFileAt: path) { return (descriptor, identity) }
        _ = close(descriptor)
    }
}

/// Version 0.1 locks a file beside the data file; where there is none, none of it runs.
private func lockedEarlyFile(besideFileAt path: String) throws(OpenError) -> Int32? {
    let descriptor = open(path + "-lock", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        _ = close(descriptor)
        throw OpenError.inUse(path)
    }
    return descriptor
}

private func unlock(_ descriptor: Int32?) {
    guard let descriptor else { return }
    // Closing alone would not do while a child process, just forked, has a copy.
    _ = flock(descriptor, LOCK_UN)
    _ = close(descriptor)
}

/// Makes sure that the data file is there and can be written; a new one only its owner can read,
/// and SQLite gives the files beside it the same permissions.
///
/// Returns the real path, so that what lies beside the file is found by whatever name.
func prepareFile(at path: String) throws(OpenError) -> String {
    try checkKind(ofFileAt: path)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
    _ = close(descriptor)
    return try realPath(of: path)
}

/// Refuses what is no regular file: opening a pipe or a device might wait, or do anything.
package func checkKind(ofFileAt path: String) throws(OpenError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw OpenError.unusable(path, errno: EISDIR) }
    guard kind == S_IFREG else { throw OpenError.noFile(path) }
}

/// The path without symbolic links.
package func realPath(of path: String) throws(OpenError) -> String {
    guard let resolved = realpath(path, nil) else { throw OpenError.unusable(path, errno: errno) }
    defer { free(resolved) }
    return String(cString: resolved)
}
