package import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension FileKind {
    /// Makes an empty file of this kind, which only its owner can read, where nothing is.
    package func makeFile(at path: String) throws -> DatabaseQueue {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
        _ = close(descriptor)
        var configuration = Configuration()
        configuration.prepareDatabase { try reservePageEnds($0) }
        let file = try DatabaseQueue(
            path: CheckedFiles.uri(of: try realPath(of: path), guardedBy: pagesOfMadeFiles),
            configuration: configuration)
        try migrator.migrate(file)
        return file
    }
}

/// Kept for as long as the process lasts: connections find it by the file's name.
private let pagesOfMadeFiles = PageGuard()

/// Waits until a file that was made is on the disk, its name included.
package func syncFile(at path: String) throws(OpenError) {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
    defer { _ = close(descriptor) }
    guard fsync(descriptor) == 0, syncFolder(of: try realPath(of: path)) else {
        throw OpenError.unusable(path, errno: errno)
    }
}
