package import GRDB

/// A data file that nobody changes, with its log, open to be looked at.
///
/// Nothing is written, neither to the file nor beside it, and no right to write is needed.
package struct FileImage {
    package let path: String
    private let log: LogCheck
    let pages: PageGuard
    /// Pages of which one flipped bit was set right while they were read.
    package var correctedPages: [UInt32] { pages.correctedPages }

    /// The file at its real path, with what its log has; where it corrects, pages with one flipped
    /// bit are read as they were written.
    package init(
        ofFileAt path: String, with log: LogCheck, checksPages: Bool = true,
        correctsPages: Bool = false
    ) throws {
        try CheckedFiles.install()
        self.path = path
        self.log = log
        pages = PageGuard(
            image: LogImage(of: log), checksPages: checksPages, correctsPages: correctsPages)
    }

    /// Whether pages carry checksums, which those of earlier formats do not.
    package var checksPages: Bool { pages.checksPages }

    /// Reads with a connection that lasts as long as the body.
    package func read<Result>(
        _ body: (Database, OpaquePointer) throws -> Result
    ) throws -> Result {
        try read(guardedBy: pages, body)
    }

    /// Reads a part of a tree in the place of the tree's root, with a connection that lasts as long
    /// as the body.
    package func read<Result>(
        _ part: TreeParts.Part, asRoot place: UInt32,
        _ body: (Database, OpaquePointer) throws -> Result
    ) throws -> Result {
        let pages = PageGuard(
            image: self.pages.image, checksPages: self.pages.checksPages,
            correctsPages: self.pages.correctsPages,
            substitute: PageGuard.Substitute(part: part, place: place))
        defer { pages.correctedPages.forEach(self.pages.noteCorrection) }
        return try read(guardedBy: pages, body)
    }

    private func read<Result>(
        guardedBy pages: PageGuard, _ body: (Database, OpaquePointer) throws -> Result
    ) throws -> Result {
        var configuration = Configuration()
        configuration.readonly = true
        let file = try DatabaseQueue(
            path: CheckedFiles.uri(of: path, guardedBy: pages, isFixed: true),
            configuration: configuration)
        // Without a transaction, which nobody needs where nothing changes: after a damaged page was
        // met, its end would fail.
        let result = try file.unsafeRead { try body($0, try $0.pointer) }
        try file.close()
        return result
    }

    /// The pages of the file with its log, for those who look at them one by one.
    package func soundPages() throws(OpenError) -> SoundPages {
        guard let file = try ReadOnlyFile(path) else { throw OpenError.missing(path) }
        return SoundPages(file: file, log: log, corrects: pages.correctsPages)
    }

    /// Sentences about the pages that are not what was written, those included that nothing uses.
    package func damagedPages() throws(OpenError) -> [String] {
        guard let file = try ReadOnlyFile(path) else { throw OpenError.missing(path) }
        var findings: [String] = []
        let count = (file.size + PageChecksum.pageSize - 1) / PageChecksum.pageSize
        for number in 1...UInt32(max(count, 1)) where !log.pages.keys.contains(number) {
            let page = file.bytes(
                at: Int(number - 1) * PageChecksum.pageSize, PageChecksum.pageSize)
            // A page that was made and given up within one transaction has never been written.
            // Where somebody needs one, reading it fails.
            guard page.count < PageChecksum.pageSize || page.contains(where: { $0 != 0 }) else {
                continue
            }
            let isSound = page.withUnsafeBytes { bytes in
                bytes.count == PageChecksum.pageSize
                    && bytes.baseAddress.map { PageChecksum.isSound($0, number: number) } == true
            }
            if !isSound { findings.append("page \(number) is not what was written") }
        }
        return findings
    }
}

/// The pages of a file that are what was written, or could be set right.
package struct SoundPages {
    fileprivate let file: ReadOnlyFile
    fileprivate let log: LogCheck
    fileprivate let corrects: Bool

    var count: UInt32 { log.pageCount ?? UInt32(file.size / PageChecksum.pageSize) }

    /// Whether the first page, which leads to the free ones, is as it was written last.
    var knowsFreePages: Bool { !log.hasLostFirstPage }

    /// The bytes of a page; nil where they are not what was written, or there are none.
    subscript(number: UInt32) -> [UInt8]? {
        guard (1...max(count, 1)).contains(number) else { return nil }
        if log.pages.keys.contains(number) { return (try? log.page(number)) ?? nil }
        var page = file.bytes(
            at: Int(number - 1) * PageChecksum.pageSize, PageChecksum.pageSize)
        let isSound = page.withUnsafeMutableBytes { bytes in
            guard bytes.count == PageChecksum.pageSize, let start = bytes.baseAddress
            else { return false }
            return PageChecksum.isSound(start, number: number)
                || corrects && PageChecksum.correct(bytes, number: number)
        }
        return isSound ? page : nil
    }
}
