import GRDBSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// SQLite's way to data files: that of the process, with the guard of their pages in between.
///
/// A connection takes it where the name of its file says so (`uri(of:guardedBy:)`); all other
/// files of the process are opened as if this were not there. It maps no file into memory, because
/// what is read from such a map passes nobody who could check it.
enum CheckedFiles {
    static let name = "turnpike"
    fileprivate static let guardParameter = "guard"

    struct NotInstalled: Error, CustomStringConvertible {
        let description = "SQLite did not take the layer that checks pages"
    }

    /// Makes it known to SQLite, once in a process.
    static func install() throws(NotInstalled) {
        guard isInstalled else { throw NotInstalled() }
    }

    /// A name by which SQLite opens a file through this layer; a file that nobody changes meanwhile
    /// is fixed, and needs no locks.
    static func uri(of path: String, guardedBy pages: PageGuard, isFixed: Bool = false) -> String {
        "file:\(escaped(path))?vfs=\(name)&\(guardParameter)=\(pages.id)"
            + (isFixed ? "&immutable=1" : "")
    }

    /// A path as a part of a URI.
    static func escaped(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return path.utf8.reduce(into: "") { text, byte in
            let scalar = Unicode.Scalar(byte)
            if unescaped.contains(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                text.append("%")
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 0xF)])
            }
        }
    }

    private static let unescaped = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-".unicodeScalars)

    private static let isInstalled: Bool = {
        guard let platform = sqlite3_vfs_find(nil) else { return false }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: platform.pointee)
        layer.pointee.zName = UnsafePointer(strdup(name))
        layer.pointee.pNext = nil
        layer.pointee.szOsFile = Int32(MemoryLayout<CheckedFile>.stride)
        layer.pointee.xOpen = { _, path, file, flags, outFlags in
            openFile(path, file, flags, outFlags)
        }
        layer.pointee.xDelete = { _, path, syncsFolder in deleteFile(path, syncsFolder) }
        return sqlite3_vfs_register(layer, 0) == SQLITE_OK
    }()

    /// The way to files that the process has otherwise.
    static var underlying: UnsafeMutablePointer<sqlite3_vfs>? { sqlite3_vfs_find(nil) }
}

extension CheckedFiles {
    /// Waits until what the log has is on the disk.
    ///
    /// GRDB commits something of its own while it opens a file, and does not wait for the disk.
    /// What follows would lie behind a transaction of which parts may be missing.
    static func syncLog(of connection: OpaquePointer) throws(SQLiteFailure) {
        let code = log(of: connection)?.sync(SQLITE_SYNC_NORMAL) ?? SQLITE_OK
        guard code == SQLITE_OK else {
            throw SQLiteFailure(code: code, message: "the log cannot be synced")
        }
    }

    /// The log that a connection has open through this layer.
    private static func log(of connection: OpaquePointer) -> OpenFile? {
        var log: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(
            connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
        guard code == SQLITE_OK, let log, log.pointee.pMethods == UnsafePointer(checkedMethods)
        else { return nil }
        return log.open
    }

    /// Counts the frames of a transaction that failed no more, wherever they are.
    static func disownAbandonedFrames(on connection: OpaquePointer) {
        log(of: connection)?.disownAbandonedFrames()
    }

    /// Takes the frames of transactions that were not committed out of the log, durably.
    ///
    /// A cache that is full writes frames before their transaction is decided. Left behind, they
    /// would lie behind those of a smaller transaction that follows, as after damage (`LogCheck`).
    static func removeAbandonedFrames(on connection: OpaquePointer) throws(SQLiteFailure) {
        guard let log = log(of: connection) else { return }
        let removal = log.removeAbandonedFrames()
        guard removal == SQLITE_OK else {
            throw SQLiteFailure(
                code: removal, message: "the log keeps what a failed transaction wrote")
        }
    }
}

/// A file as SQLite holds it in memory.
struct CheckedFile {
    var base: sqlite3_file
    var open: Unmanaged<OpenFile>
}

private typealias FilePointer = UnsafeMutablePointer<sqlite3_file>

private func openFile(
    _ path: UnsafePointer<CChar>?, _ file: FilePointer?, _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let file, let underlying = CheckedFiles.underlying else { return SQLITE_MISUSE }
    file.pointee.pMethods = nil
    guard let real = RealFile(path, flags, outFlags, underlying) else { return SQLITE_NOMEM }
    guard real.code == SQLITE_OK else { return real.code }
    guard let role = role(of: path, flags) else {
        real.close()
        return SQLITE_CANTOPEN
    }
    let open = OpenFile(real, role)
    UnsafeMutableRawPointer(file).initializeMemory(
        as: CheckedFile.self,
        to: CheckedFile(
            base: sqlite3_file(pMethods: UnsafePointer(checkedMethods)),
            open: .passRetained(open)))
    return SQLITE_OK
}

/// What a file is to us, by what SQLite says of it; nil where its guard is gone, without which
/// nothing would be checked.
private func role(of path: UnsafePointer<CChar>?, _ flags: Int32) -> OpenFile.Role? {
    guard let path else { return .other }
    if flags & SQLITE_OPEN_MAIN_DB != 0 { return guarding(path).map { .pages($0) } }
    if flags & SQLITE_OPEN_WAL != 0, let database = sqlite3_filename_database(path) {
        return guarding(database).map { .log($0, path: String(cString: path)) }
    }
    return .other
}

private func guarding(_ path: UnsafePointer<CChar>) -> PageGuard? {
    sqlite3_uri_parameter(path, CheckedFiles.guardParameter)
        .flatMap { Int(String(cString: $0)) }.flatMap { PageGuard.find($0) }
}

/// Deletes a file; a log's mark goes before it, because alone it would tell of a log that is lost.
private func deleteFile(_ path: UnsafePointer<CChar>?, _ syncsFolder: Int32) -> Int32 {
    guard let path, let underlying = CheckedFiles.underlying else { return SQLITE_MISUSE }
    let name = String(cString: path)
    if name.hasSuffix("-wal") {
        _ = LogMark.path(ofLogAt: name).withCString {
            underlying.pointee.xDelete(underlying, $0, 0)
        }
    }
    return underlying.pointee.xDelete(underlying, path, syncsFolder)
}

/// A file of the underlying layer.
final class RealFile {
    let pointer: UnsafeMutablePointer<sqlite3_file>
    /// What opening it answered.
    let code: Int32

    fileprivate init?(
        _ path: UnsafePointer<CChar>?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?,
        _ underlying: UnsafeMutablePointer<sqlite3_vfs>
    ) {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: Int(underlying.pointee.szOsFile), alignment: 16)
        memory.initializeMemory(
            as: UInt8.self, repeating: 0, count: Int(underlying.pointee.szOsFile))
        pointer = memory.assumingMemoryBound(to: sqlite3_file.self)
        code = underlying.pointee.xOpen(underlying, path, pointer, flags, outFlags)
        // A file that could not be opened is closed all the same, if it has the method.
        if code != SQLITE_OK { close() }
    }

    /// Opens or makes a file beside a data file, with that file's permissions.
    convenience init?(beside path: String) {
        guard let underlying = CheckedFiles.underlying else { return nil }
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL
        // SQLite's names end in two zeros, behind which parameters would stand.
        let name = UnsafeMutablePointer<CChar>.allocate(capacity: path.utf8.count + 2)
        for (index, byte) in path.utf8.enumerated() { name[index] = CChar(bitPattern: byte) }
        name[path.utf8.count] = 0
        name[path.utf8.count + 1] = 0
        self.init(name, flags, nil, underlying)
        self.name = name
    }

    /// The platform keeps a pointer to the name for as long as the file is open.
    private var name: UnsafeMutablePointer<CChar>?

    var methods: sqlite3_io_methods? { pointer.pointee.pMethods?.pointee }

    @discardableResult
    func close() -> Int32 {
        defer { pointer.pointee.pMethods = nil }
        return methods.map { $0.xClose(pointer) } ?? SQLITE_OK
    }

    deinit {
        close()
        UnsafeMutableRawPointer(pointer).deallocate()
        name?.deallocate()
    }
}
