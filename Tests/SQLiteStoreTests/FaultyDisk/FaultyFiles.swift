import Foundation
import GRDBSQLite
import Synchronization

/// SQLite's way to the files: the platform's own, with faulty disks in between.
///
/// It is the default of the whole process, because GRDB opens by path alone. A file that is on no
/// faulty disk is opened as if this were not there: the platform fills in its own methods.
enum FaultyFiles {
    struct NotInstalled: Error {}

    static func install() throws {
        guard isInstalled else { throw NotInstalled() }
    }

    private static let isInstalled: Bool = {
        guard let platform else { return false }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: platform.pointee)
        layer.pointee.zName = UnsafePointer(strdup("faulty"))
        layer.pointee.pNext = nil
        layer.pointee.szOsFile += Int32(FaultyFile.stride)
        layer.pointee.xOpen = { _, path, file, flags, outFlags in
            openFile(path, file, flags, outFlags)
        }
        layer.pointee.xDelete = { _, path, syncsFolder in deleteFile(path, syncsFolder) }
        return sqlite3_vfs_register(layer, 1) == SQLITE_OK
    }()

    /// SQLite keeps it until the process ends and never changes it, so it may be used anywhere.
    fileprivate nonisolated(unsafe) static let platform = sqlite3_vfs_find(nil)
}

/// A file of a faulty disk, as SQLite holds it in memory; the platform's file follows.
private struct FaultyFile {
    var base: sqlite3_file
    var open: Unmanaged<OpenFile>

    static let stride = MemoryLayout<FaultyFile>.stride
}

private final class OpenFile: Sendable {
    let disk: FaultyDisk
    let name: String
    let content: Int
    /// Logs and journals sync their folder with their own first sync.
    let syncsFolder: Mutex<Bool>

    init(_ disk: FaultyDisk, _ name: String, syncsFolder: Bool) {
        self.disk = disk
        self.name = name
        self.syncsFolder = Mutex(syncsFolder)
        content = disk.change { $0.open(name) }
    }
}

private typealias FilePointer = UnsafeMutablePointer<sqlite3_file>

extension UnsafeMutablePointer<sqlite3_file> {
    fileprivate var open: OpenFile {
        UnsafeRawPointer(self).load(as: FaultyFile.self).open.takeUnretainedValue()
    }

    /// The platform's file.
    fileprivate var real: FilePointer {
        (UnsafeMutableRawPointer(self) + FaultyFile.stride).assumingMemoryBound(
            to: sqlite3_file.self)
    }

    fileprivate var realMethods: sqlite3_io_methods { real.pointee.pMethods.pointee }
}

private func openFile(
    _ path: UnsafePointer<CChar>?, _ file: FilePointer?, _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let file, let platform = FaultyFiles.platform else { return SQLITE_MISUSE }
    guard let path, let (disk, name) = FaultyDisk.holding(String(cString: path)) else {
        return platform.pointee.xOpen(platform, path, file, flags, outFlags)
    }
    file.pointee.pMethods = nil
    let makesFile = flags & SQLITE_OPEN_CREATE != 0 && !disk.has(name)
    if let code = disk.verdict(on: .open, of: name, makesFile: makesFile).code { return code }
    let code = platform.pointee.xOpen(platform, path, file.real, flags, outFlags)
    guard code == SQLITE_OK else {
        if let methods = file.real.pointee.pMethods { _ = methods.pointee.xClose(file.real) }
        return code
    }
    let isJournal = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0
    let open = OpenFile(
        disk, name, syncsFolder: isJournal && flags & SQLITE_OPEN_CREATE != 0)
    UnsafeMutableRawPointer(file).initializeMemory(
        as: FaultyFile.self,
        to: FaultyFile(
            base: sqlite3_file(pMethods: UnsafePointer(methods)),
            open: .passRetained(open)))
    return SQLITE_OK
}

private func deleteFile(_ path: UnsafePointer<CChar>?, _ syncsFolder: Int32) -> Int32 {
    guard let platform = FaultyFiles.platform else { return SQLITE_MISUSE }
    guard let path, let (disk, name) = FaultyDisk.holding(String(cString: path)) else {
        return platform.pointee.xDelete(platform, path, syncsFolder)
    }
    if let code = disk.verdict(on: .delete, of: name).code { return code }
    let code = platform.pointee.xDelete(platform, path, 0)
    guard code == SQLITE_OK else { return code }
    disk.change { image in
        image.delete(name)
        if syncsFolder != 0 { image.syncFolder() }
    }
    return code
}

/// The methods of every file on a faulty disk; written once, before the first such file is open.
private nonisolated(unsafe) let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var table = sqlite3_io_methods()
    // Without the methods of the third version SQLite maps no file into memory, so that all it
    // writes comes through here.
    table.iVersion = 2
    table.xClose = { closeFile($0) }
    table.xRead = { read($0, $1, $2, $3) }
    table.xWrite = { write($0, $1, $2, $3) }
    table.xTruncate = { truncate($0, $1) }
    table.xSync = { file, _ in sync(file) }
    table.xFileSize = { $0?.realMethods.xFileSize($0?.real, $1) ?? SQLITE_MISUSE }
    table.xLock = { $0?.realMethods.xLock($0?.real, $1) ?? SQLITE_MISUSE }
    table.xUnlock = { $0?.realMethods.xUnlock($0?.real, $1) ?? SQLITE_MISUSE }
    table.xCheckReservedLock = {
        $0?.realMethods.xCheckReservedLock($0?.real, $1) ?? SQLITE_MISUSE
    }
    table.xFileControl = { $0?.realMethods.xFileControl($0?.real, $1, $2) ?? SQLITE_MISUSE }
    table.xSectorSize = { $0?.realMethods.xSectorSize($0?.real) ?? 0 }
    table.xDeviceCharacteristics = { $0?.realMethods.xDeviceCharacteristics($0?.real) ?? 0 }
    table.xShmMap = { shareMemory($0, $1, $2, $3, $4) }
    table.xShmLock = { $0?.realMethods.xShmLock($0?.real, $1, $2, $3) ?? SQLITE_MISUSE }
    table.xShmBarrier = { $0?.realMethods.xShmBarrier($0?.real) }
    table.xShmUnmap = { file, deletes in
        if deletes != 0 { file?.open.disk.unshare() }
        return file?.realMethods.xShmUnmap(file?.real, deletes) ?? SQLITE_MISUSE
    }
    methods.initialize(to: table)
    return methods
}()

private func closeFile(_ file: FilePointer?) -> Int32 {
    guard let file else { return SQLITE_MISUSE }
    let code = file.realMethods.xClose(file.real)
    UnsafeRawPointer(file).load(as: FaultyFile.self).open.release()
    return code
}

private func read(
    _ file: FilePointer?, _ bytes: UnsafeMutableRawPointer?, _ count: Int32, _ offset: Int64
) -> Int32 {
    guard let file else { return SQLITE_MISUSE }
    let open = file.open
    if let code = open.disk.verdict(on: .read, of: open.name).code { return code }
    return file.realMethods.xRead(file.real, bytes, count, offset)
}

private func write(
    _ file: FilePointer?, _ bytes: UnsafeRawPointer?, _ count: Int32, _ offset: Int64
) -> Int32 {
    guard let file, let bytes else { return SQLITE_MISUSE }
    let open = file.open
    let verdict = open.disk.verdict(on: .write, of: open.name)
    if case .fail(let code) = verdict { return code }
    let written = if case .tear = verdict { count / 2 } else { count }
    if case .interrupt = verdict {
        // The disk was at it when the power went: the image has it, to keep or tear or drop.
    } else {
        let code = file.realMethods.xWrite(file.real, bytes, written, offset)
        guard code == SQLITE_OK else { return code }
    }
    let copy = Array(UnsafeRawBufferPointer(start: bytes, count: Int(written)))
    open.disk.change { $0.write(copy, at: Int(offset), to: open.content) }
    return verdict.code ?? SQLITE_OK
}

private func truncate(_ file: FilePointer?, _ length: Int64) -> Int32 {
    guard let file else { return SQLITE_MISUSE }
    let open = file.open
    if let code = open.disk.verdict(on: .truncate, of: open.name).code { return code }
    let code = file.realMethods.xTruncate(file.real, length)
    guard code == SQLITE_OK else { return code }
    open.disk.change { $0.truncate(open.content, to: Int(length)) }
    return code
}

/// Makes durable what the disk has of a file; the real disk need not know, which takes long.
private func sync(_ file: FilePointer?) -> Int32 {
    guard let file else { return SQLITE_MISUSE }
    let open = file.open
    let verdict = open.disk.verdict(on: .sync, of: open.name)
    if case .revert(let code) = verdict {
        let durable = open.disk.change { $0.revert(open.content) }
        _ = file.realMethods.xTruncate(file.real, Int64(durable.count))
        _ = durable.withUnsafeBytes {
            file.realMethods.xWrite(file.real, $0.baseAddress, Int32($0.count), 0)
        }
        return code
    }
    if let code = verdict.code { return code }
    let syncsFolder = open.syncsFolder.withLock { syncsFolder in
        defer { syncsFolder = false }
        return syncsFolder
    }
    open.disk.change { image in
        image.sync(open.content)
        if syncsFolder { image.syncFolder() }
    }
    return SQLITE_OK
}

private func shareMemory(
    _ file: FilePointer?, _ region: Int32, _ size: Int32, _ extends: Int32,
    _ memory: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
    guard let file else { return SQLITE_MISUSE }
    let open = file.open
    if extends != 0, open.disk.isNewRegion(region) {
        if let code = open.disk.verdict(on: .shareMemory, of: open.name).code { return code }
    }
    let code = file.realMethods.xShmMap(file.real, region, size, extends, memory)
    if code == SQLITE_OK, extends != 0 { open.disk.share(region) }
    return code
}
