import GRDBSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that SQLite has open, and what is checked of it.
///
/// A connection uses it, from one thread at a time.
final class OpenFile {
    enum Role {
        /// The data file, whose pages carry checksums.
        case pages(PageGuard)
        /// Its log.
        case log(PageGuard, path: String)
        /// A journal, or a file for sorting, of which nothing is checked.
        case other
    }

    let real: RealFile
    private let role: Role
    /// The mark beside the log, once this connection writes to the log.
    private var mark: RealFile?

    init(_ real: RealFile, _ role: Role) {
        self.real = real
        self.role = role
    }

    var pointer: UnsafeMutablePointer<sqlite3_file> { real.pointer }

    /// What is answered where a page is not what was written: the code by which SQLite gives up the
    /// statement, and neither the transaction nor the file.
    private static let damaged = SQLITE_CORRUPT
}

// Reading.
extension OpenFile {
    func read(_ bytes: UnsafeMutableRawPointer, _ count: Int, at offset: Int) -> Int32 {
        switch role {
        case .pages(let pages):
            guard count == PageChecksum.pageSize, offset % PageChecksum.pageSize == 0 else {
                return readPart(bytes, count, at: offset, pages)
            }
            let number = pages.page(at: UInt32(offset / PageChecksum.pageSize + 1))
            let code = readPage(bytes, number, pages)
            if code == Self.damaged { pages.noteDamage(ofPage: number) }
            if code == SQLITE_OK, let part = pages.substitute?.part, part.page == number {
                part.cut(bytes)
            }
            return code
        case .log(let pages, _): return readLog(bytes, count, at: offset, pages)
        case .other: return readAsItIs(bytes, count, at: offset)
        }
    }

    private func readAsItIs(
        _ bytes: UnsafeMutableRawPointer, _ count: Int, at offset: Int
    ) -> Int32 {
        real.methods?.xRead(pointer, bytes, Int32(clamping: count), Int64(clamping: offset))
            ?? SQLITE_MISUSE
    }

    private func readPage(
        _ bytes: UnsafeMutableRawPointer, _ number: UInt32, _ pages: PageGuard
    ) -> Int32 {
        if let image = pages.image, let isRead = image.readPage(number, into: bytes) {
            return isRead ? SQLITE_OK : Self.damaged
        }
        let code = readAsItIs(
            bytes, PageChecksum.pageSize, at: Int(number - 1) * PageChecksum.pageSize)
        if code == SQLITE_IOERR | 2 << 8 {  // SQLITE_IOERR_SHORT_READ
            // Only of a file that is not begun yet may nothing be there.
            return size == 0 ? code : Self.damaged
        }
        guard code == SQLITE_OK else { return code }
        if pages.checksPages, !PageChecksum.isSound(bytes, number: number) {
            let page = UnsafeMutableRawBufferPointer(start: bytes, count: PageChecksum.pageSize)
            guard pages.correctsPages, PageChecksum.correct(page, number: number) else {
                return Self.damaged
            }
            pages.noteCorrection(ofPage: number)
        }
        pages.image?.showAsOrdinary(bytes, number)
        return SQLITE_OK
    }

    /// SQLite reads the beginning of the first page by itself; it is checked as a part of the page.
    ///
    /// It does so before it has a lock, so the page may be written meanwhile: then it is read
    /// again.
    private func readPart(
        _ bytes: UnsafeMutableRawPointer, _ count: Int, at offset: Int, _ pages: PageGuard
    ) -> Int32 {
        let start = offset % PageChecksum.pageSize
        guard count > 0, start + count <= PageChecksum.pageSize else { return SQLITE_MISUSE }
        return withUnsafeTemporaryAllocation(
            byteCount: PageChecksum.pageSize, alignment: 8
        ) { page in
            guard let memory = page.baseAddress else { return SQLITE_NOMEM }
            page.initializeMemory(as: UInt8.self, repeating: 0)
            let number = UInt32(offset / PageChecksum.pageSize + 1)
            var code = readPage(memory, number, pages)
            for _ in 0..<FileLimits.readsWithoutLock where code == Self.damaged {
                sched_yield()
                code = readPage(memory, number, pages)
            }
            if code == Self.damaged, number == 1, let inLog = pages.firstPage {
                page.copyBytes(from: inLog)
                code = SQLITE_OK
            }
            bytes.copyMemory(from: memory + start, byteCount: count)
            return code
        }
    }

    private func readLog(
        _ bytes: UnsafeMutableRawPointer, _ count: Int, at offset: Int, _ pages: PageGuard
    ) -> Int32 {
        let code = readAsItIs(bytes, count, at: offset)
        guard code == SQLITE_OK, count == PageChecksum.pageSize,
            let frame = LogLayout.frame(ofPageAt: offset),
            !pages.isSound(pageInFrame: frame, checksum: Self.checksum(bytes, frame))
        else { return code }
        // Its number is in the frame's head; for people it is enough that it is in the log.
        pages.noteDamage(ofPage: 0)
        return Self.damaged
    }

    private static func checksum(_ page: UnsafeRawPointer, _ frame: Int) -> UInt32 {
        PageChecksum.ofWholePage(page, number: UInt32(truncatingIfNeeded: frame))
    }

    private var size: Int64 {
        var size: Int64 = 0
        _ = real.methods?.xFileSize(pointer, &size)
        return size
    }

    /// The size that SQLite is told.
    func fileSize(_ size: UnsafeMutablePointer<Int64>) -> Int32 {
        if case .pages(let pages) = role, let count = pages.image?.pageCount {
            size.pointee = Int64(count) * Int64(PageChecksum.pageSize)
            return SQLITE_OK
        }
        return real.methods?.xFileSize(pointer, size) ?? SQLITE_MISUSE
    }
}

// Writing.
extension OpenFile {
    func write(_ bytes: UnsafeRawPointer, _ count: Int, at offset: Int) -> Int32 {
        switch role {
        case .pages(let pages):
            guard !pages.isFileFrozen else { return Self.refused }
            guard pages.checksPages else { return writeAsItIs(bytes, count, at: offset) }
            return writePage(bytes, count, at: offset)
        case .log(let pages, let path):
            return writeLog(bytes, count, at: offset, pages, path)
        case .other: return writeAsItIs(bytes, count, at: offset)
        }
    }

    /// What is answered to a write of a data file that is to stay as it is.
    private static let refused = SQLITE_IOERR | 3 << 8  // SQLITE_IOERR_WRITE

    private func writeAsItIs(_ bytes: UnsafeRawPointer, _ count: Int, at offset: Int) -> Int32 {
        real.methods?.xWrite(pointer, bytes, Int32(clamping: count), Int64(clamping: offset))
            ?? SQLITE_MISUSE
    }

    private func writePage(_ bytes: UnsafeRawPointer, _ count: Int, at offset: Int) -> Int32 {
        guard count == PageChecksum.pageSize, offset % PageChecksum.pageSize == 0 else {
            return SQLITE_MISUSE
        }
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { page in
            guard let memory = page.baseAddress else { return SQLITE_NOMEM }
            memory.copyMemory(from: bytes, byteCount: count)
            // Where the ends of pages are not reserved, a checksum would overwrite what is there.
            guard offset > 0 || page[20] == UInt8(PageChecksum.reserved) else {
                return SQLITE_MISUSE
            }
            PageChecksum.seal(memory, number: UInt32(offset / PageChecksum.pageSize + 1))
            return writeAsItIs(memory, count, at: offset)
        }
    }

    private func writeLog(
        _ bytes: UnsafeRawPointer, _ count: Int, at offset: Int, _ pages: PageGuard, _ path: String
    ) -> Int32 {
        let written = UnsafeRawBufferPointer(start: bytes, count: count)
        if offset == 0, count == LogLayout.headerSize {
            let salts = LogLayout.salts(ofHeader: written)
            let code = markBeginning(of: salts, pages, path)
            guard code == SQLITE_OK else { return code }
            pages.beginLog(salts: salts)
        } else if let frame = LogLayout.frame(startingAt: offset),
            count == LogLayout.frameHeadSize
        {
            pages.noteFrame(
                frame, endsTransaction: LogLayout.pagesAfterCommit(written) != 0)
        } else if let frame = LogLayout.frame(ofPageAt: offset), count == PageChecksum.pageSize {
            pages.notePage(inFrame: frame, checksum: Self.checksum(bytes, frame))
        } else if offset >= LogLayout.headerSize {
            // SQLite parts a write where it syncs in the midst of one.
            let frame = (offset - LogLayout.headerSize) / LogLayout.frameSize
            pages.notePage(inFrame: frame, checksum: nil)
        }
        return writeAsItIs(bytes, count, at: offset)
    }

    func truncate(to length: Int) -> Int32 {
        if case .pages(let pages) = role, pages.isFileFrozen { return Self.refused }
        let code = real.methods?.xTruncate(pointer, Int64(clamping: length)) ?? SQLITE_MISUSE
        guard code == SQLITE_OK, case .log(let pages, _) = role else { return code }
        if length == 0 { pages.emptyLog() }
        // The old frames must not come back behind the header of a new log.
        return real.methods?.xSync(pointer, SQLITE_SYNC_NORMAL) ?? SQLITE_MISUSE
    }

    func sync(_ flags: Int32) -> Int32 {
        let code = real.methods?.xSync(pointer, flags) ?? SQLITE_MISUSE
        guard case .log(let pages, let path) = role else { return code }
        if code == SQLITE_OK {
            markProgress(pages, path)
        } else {
            // What was written since may be gone, and the next sync a success all the same.
            pages.forgetAbandonedFrames()
        }
        return code
    }
}

extension OpenFile {
    func disownAbandonedFrames() {
        if case .log(let pages, _) = role { pages.forgetAbandonedFrames() }
    }

    /// Overwrites the heads of the frames that belong to no transaction, and waits for the disk.
    func removeAbandonedFrames() -> Int32 {
        guard case .log(let pages, _) = role, !pages.abandonedFrames.isEmpty else {
            return SQLITE_OK
        }
        let nothing = [UInt8](repeating: 0, count: LogLayout.frameHeadSize)
        for frame in pages.abandonedFrames {
            let code = nothing.withUnsafeBytes { bytes in
                bytes.baseAddress.map {
                    writeAsItIs($0, bytes.count, at: LogLayout.start(ofFrame: frame))
                } ?? SQLITE_MISUSE
            }
            guard code == SQLITE_OK else { return code }
        }
        let code = real.methods?.xSync(pointer, SQLITE_SYNC_NORMAL) ?? SQLITE_MISUSE
        if code == SQLITE_OK { pages.forgetAbandonedFrames() }
        return code
    }
}

// The mark beside the log.
extension OpenFile {
    /// Says durably, before the header of a log is overwritten, that the log was folded back.
    private func markBeginning(of salts: UInt64, _ pages: PageGuard, _ path: String) -> Int32 {
        guard let folded = pages.logSalts, size > 0 else { return SQLITE_OK }
        guard let mark = openMark(path), let methods = mark.methods else { return SQLITE_CANTOPEN }
        let code = mark.write(
            LogMark.bytes(LogMark.Beginning(folded: folded, next: salts)),
            at: LogMark.beginningOffset)
        return code == SQLITE_OK ? methods.xSync(mark.pointer, SQLITE_SYNC_NORMAL) : code
    }

    /// Says how far the log was synced; where that fails, the mark says less than it could.
    private func markProgress(_ pages: PageGuard, _ path: String) {
        guard let progress = pages.noteSync(), let mark = openMark(path) else { return }
        _ = mark.write(LogMark.bytes(progress), at: LogMark.progressOffset)
    }

    private func openMark(_ path: String) -> RealFile? {
        if let mark { return mark }
        mark = RealFile(beside: LogMark.path(ofLogAt: path))
        if mark?.code != SQLITE_OK { mark = nil }
        return mark
    }
}

extension RealFile {
    fileprivate func write(_ bytes: [UInt8], at offset: Int) -> Int32 {
        bytes.withUnsafeBytes {
            methods?.xWrite(pointer, $0.baseAddress, Int32($0.count), Int64(offset))
                ?? SQLITE_MISUSE
        }
    }
}
