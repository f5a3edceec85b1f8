#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a file is by its first page, before SQLite looks at it.
enum FirstPage {
    /// Nothing is in it yet.
    case empty
    /// Its pages carry checksums.
    case checked
    /// It is a file without checksums: of an earlier format, or somebody else's.
    case unchecked
    /// It was a data file with checksums, and its first page is damaged.
    case damaged

    /// The number that a data file with checksums has as SQLite's user version: "Page".
    static let userVersion: UInt32 = 0x5061_6765

    /// Looks at the page as the log has it, if it has: a crash may have torn the one in the file
    /// while the log was folded back.
    init(ofFileAt path: String, with log: LogCheck) throws(OpenError) {
        guard let file = try ReadOnlyFile(path) else { throw OpenError.missing(path) }
        if let page = try log.page(1), page[20] == UInt8(PageChecksum.reserved) {
            self = .checked
        } else {
            self.init(file.head(PageChecksum.pageSize), size: file.size)
        }
    }

    init(_ page: [UInt8], size: Int) {
        guard size > 0 else {
            self = .empty
            return
        }
        // No single one of these decides: a flipped bit in it would pass damage off as an old file.
        let marks = page.withUnsafeBytes { bytes -> Int in
            guard bytes.count >= 100 else { return 0 }
            return [
                bytes[20] == UInt8(PageChecksum.reserved),
                bytes.bigEndian(at: 60) == Self.userVersion,
                bytes.bigEndian(at: 68) == UInt32(FileFormat.applicationID),
            ].count { $0 }
        }
        let isSound = page.withUnsafeBytes { bytes in
            bytes.count == PageChecksum.pageSize && bytes[20] == UInt8(PageChecksum.reserved)
                && bytes.baseAddress.map { PageChecksum.isSound($0, number: 1) } == true
        }
        self = isSound ? .checked : marks >= 2 ? .damaged : .unchecked
    }
}

/// Takes back a file that a crash left half made: its journal says that it was empty before.
///
/// SQLite would do the same, but it reads the first page before the journal, and that page may be
/// torn.
func undoCreation(ofFileAt path: String) throws(OpenError) {
    let journal = path + "-journal"
    guard let head = try ReadOnlyFile(journal)?.head(24), head.count == 24,
        head[..<8].elementsEqual([0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]),
        head.withUnsafeBytes({ $0.bigEndian(at: 16) }) == 0
    else { return }
    guard case .checked = try FirstPage(ofFileAt: path, with: LogCheck(ofLogAt: path + "-wal"))
    else {
        guard truncate(path, 0) == 0, unlink(journal) == 0, syncFolder(of: path) else {
            throw OpenError.unusable(path, errno: errno)
        }
        return
    }
}
