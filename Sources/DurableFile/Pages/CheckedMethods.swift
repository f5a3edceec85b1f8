import GRDBSQLite

/// The methods of every file that is opened through `CheckedFiles`.
///
/// It is written once, before the first such file is open, and never changed.
nonisolated(unsafe) let checkedMethods: UnsafeMutablePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var table = sqlite3_io_methods()
    // Without the methods of the third version SQLite maps no file into memory.
    table.iVersion = 2
    table.xClose = { closeFile($0) }
    table.xRead = { file, bytes, count, offset in
        guard let file, let bytes else { return SQLITE_MISUSE }
        return file.open.read(bytes, Int(count), at: Int(offset))
    }
    table.xWrite = { file, bytes, count, offset in
        guard let file, let bytes else { return SQLITE_MISUSE }
        return file.open.write(bytes, Int(count), at: Int(offset))
    }
    table.xTruncate = { $0?.open.truncate(to: Int(clamping: $1)) ?? SQLITE_MISUSE }
    table.xSync = { $0?.open.sync($1) ?? SQLITE_MISUSE }
    table.xFileSize = { file, size in
        guard let file, let size else { return SQLITE_MISUSE }
        return file.open.fileSize(size)
    }
    passOn(&table)
    methods.initialize(to: table)
    return methods
}()

/// The methods that only pass on what they are asked.
private func passOn(_ table: inout sqlite3_io_methods) {
    table.xLock = { $0?.methods?.xLock($0?.real, $1) ?? SQLITE_MISUSE }
    table.xUnlock = { $0?.methods?.xUnlock($0?.real, $1) ?? SQLITE_MISUSE }
    table.xCheckReservedLock = { $0?.methods?.xCheckReservedLock($0?.real, $1) ?? SQLITE_MISUSE }
    table.xFileControl = { $0?.methods?.xFileControl($0?.real, $1, $2) ?? SQLITE_MISUSE }
    table.xSectorSize = { $0?.methods?.xSectorSize($0?.real) ?? 0 }
    table.xDeviceCharacteristics = { $0?.methods?.xDeviceCharacteristics($0?.real) ?? 0 }
    table.xShmMap = { $0?.methods?.xShmMap($0?.real, $1, $2, $3, $4) ?? SQLITE_MISUSE }
    table.xShmLock = { $0?.methods?.xShmLock($0?.real, $1, $2, $3) ?? SQLITE_MISUSE }
    table.xShmBarrier = { $0?.methods?.xShmBarrier($0?.real) }
    table.xShmUnmap = { $0?.methods?.xShmUnmap($0?.real, $1) ?? SQLITE_MISUSE }
}

private func closeFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
    guard let file else { return SQLITE_MISUSE }
    let open = UnsafeRawPointer(file).load(as: CheckedFile.self).open
    let code = open.takeUnretainedValue().real.close()
    open.release()
    return code
}

extension UnsafeMutablePointer<sqlite3_file> {
    /// The file behind a pointer that SQLite has from `CheckedFiles`.
    var open: OpenFile {
        UnsafeRawPointer(self).load(as: CheckedFile.self).open.takeUnretainedValue()
    }

    /// The underlying file and its methods.
    fileprivate var real: UnsafeMutablePointer<sqlite3_file> { open.real.pointer }
    fileprivate var methods: sqlite3_io_methods? { open.real.methods }
}
