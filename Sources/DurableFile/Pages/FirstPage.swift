#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a file is by its first page, before SQLite looks at it.
package enum FirstPage {
    /// Nothing is in it yet.
    case empty
    /// Its pages carry checksums.
    case checked
    /// It is a file without checksums: of an earlier format, or somebody else's.
    case unchecked
    /// It was a data file with checksums, and its first page is damaged.
    case damaged

    /// Looks at the page as the log has it, if it has: a crash may have torn the one in the file
    /// while the log was folded back.
    package init(
        ofFileAt path: String, of kind: FileKind, with log: LogCheck
    ) throws(OpenError) {
        guard let file = try ReadOnlyFile(path) else { throw OpenError.missing(path) }
        if let page = try log.page(1), page[20] == UInt8(PageChecksum.reserved) {
            self = .checked
        } else {
            self.init(file.head(PageChecksum.pageSize), size: file.size, of: kind)
        }
    }

    /// Whether a sound first page says that the file has no log: it was copied or repaired, and
    /// what lies beside it is another's.
    static func saysNoLog(ofFileAt path: String) throws(OpenError) -> Bool {
        guard let page = try ReadOnlyFile(path)?.head(PageChecksum.pageSize) else { return false }
        return page.count == PageChecksum.pageSize && page[18] == 1
            && page.withUnsafeBytes { $0.isSoundFirstPage }
    }

    init(_ page: [UInt8], size: Int, of kind: FileKind) {
        guard size > 0 else {
            self = .empty
            return
        }
        // That bytes are reserved is said by one byte. With a flipped bit in it a damaged file must
        // not pass for one of an earlier format, to be written anew with checksums that fit.
        self = page.withUnsafeBytes { bytes in
            guard bytes.count == PageChecksum.pageSize else { return .unchecked }
            if bytes[20] == UInt8(PageChecksum.reserved) {
                if bytes.isSoundFirstPage { return .checked }
                return bytes.bigEndian(at: 68) == UInt32(kind.applicationID)
                    ? .damaged : .unchecked
            }
            var asReserved = Array(bytes)
            asReserved[20] = UInt8(PageChecksum.reserved)
            return asReserved.withUnsafeBytes { $0.isSoundFirstPage } ? .damaged : .unchecked
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var isSoundFirstPage: Bool {
        baseAddress.map { PageChecksum.isSound($0, number: 1) } == true
    }
}

/// Takes back a file that a crash left half made: its journal says that it was empty before.
///
/// SQLite would do the same, but it reads the first page before the journal, and that page may be
/// torn.
func undoCreation(ofFileAt path: String, of kind: FileKind) throws(OpenError) {
    let journal = path + "-journal"
    guard let head = try ReadOnlyFile(journal)?.head(24), head.count == 24,
        head[..<8].elementsEqual([0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]),
        head.withUnsafeBytes({ $0.bigEndian(at: 16) }) == 0
    else { return }
    let log = try LogCheck(ofLogAt: path + "-wal")
    guard case .checked = try FirstPage(ofFileAt: path, of: kind, with: log) else {
        guard truncate(path, 0) == 0, unlink(journal) == 0, syncFolder(of: path) else {
            throw OpenError.unusable(path, errno: errno)
        }
        return
    }
}
