#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Puts a copy that is on the disk for certain in the place of a data file's log.
///
/// After a failed sync the kernel may take for clean what is not on the disk, and no later sync
/// would write it. If the log were folded back into the file as it is in memory, and the power went
/// meanwhile, the file would be left half changed and without the log that mends it. Connections
/// that are open keep the log that they know.
func rewriteLog(ofFileAt path: String) throws(OpenError) {
    let log = path + "-wal"
    let copy = path + "-wal-copy"
    let source = open(log, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else {
        guard errno == ENOENT else { throw OpenError.unusable(log, errno: errno) }
        return
    }
    defer { _ = close(source) }
    let target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw OpenError.unusable(copy, errno: errno) }
    defer { _ = close(target) }
    guard copyAll(from: source, to: target), fsync(target) == 0, rename(copy, log) == 0,
        syncFolder(of: path)
    else {
        let reason = errno
        _ = unlink(copy)
        throw OpenError.unusable(log, errno: reason)
    }
}

private func copyAll(from source: Int32, to target: Int32) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
        while true {
            let count = read(source, buffer.baseAddress, buffer.count)
            guard count > 0 else { return count == 0 }
            var written = 0
            while written < count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written..<count])
                let more = write(target, rest.baseAddress, rest.count)
                guard more > 0 else { return false }
                written += more
            }
        }
    }
}

/// Makes a renaming in the folder of a path survive a loss of power.
func syncFolder(of path: String) -> Bool {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    let folder = end == path.startIndex ? "/" : String(path[..<end])
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { _ = close(descriptor) }
    return fsync(descriptor) == 0
}
