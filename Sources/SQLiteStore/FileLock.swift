import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An exclusive lock on a data file, held through a file beside it until it is released.
///
/// SQLite's own locks let two processes write in turns. That is not enough here: a second server
/// would decide by a catalog of its own, and SQLite before 3.51.3 can damage the file when two
/// connections checkpoint at once. The kernel lets go when the process ends, however it ends.
final class FileLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Locks a data file; its path must be the real one, without symbolic links.
    init(forFileAt path: String) throws(OpenError) {
        let descriptor = open(path + "-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OpenError.unusable(path + "-lock", errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            _ = close(descriptor)
            throw reason == EWOULDBLOCK
                ? OpenError.inUse(path) : OpenError.unusable(path + "-lock", errno: reason)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    func release() {
        guard let held = descriptor.withLock({ $0.take() }) else { return }
        // Closing alone would not do while a child process, just forked, has a copy.
        _ = flock(held, LOCK_UN)
        _ = close(held)
    }
}

/// Makes sure that the data file is there and can be written; a new one only its owner can read,
/// and SQLite gives the files beside it the same permissions.
///
/// Returns the real path, so that two names of one file are locked as one.
func prepareFile(at path: String) throws(OpenError) -> String {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
    _ = close(descriptor)
    guard let resolved = realpath(path, nil) else { throw OpenError.unusable(path, errno: errno) }
    defer { free(resolved) }
    return String(cString: resolved)
}
