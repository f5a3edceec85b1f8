/// The parts of a file's trees that are left where pages of them are damaged.
///
/// Whoever reads a part's page as if it were the root of its table finds what is below it, damage
/// beside it or above it or not. SQLite's file format says where a page has its children
/// (https://www.sqlite.org/fileformat2.html, sections 1.5 and 1.6).
package struct TreeParts {
    /// A page that is read as if it were the root.
    package struct Part: Equatable {
        let page: UInt32
        /// Whether there is damage below it, so that its own rows alone are read.
        let isCut: Bool
    }

    /// Pages without damage below them, of which the page above is damaged or has damage below it;
    /// and those with damage below them, as far as they have rows.
    ///
    /// Nil where the list of free pages is damaged: those hold what was deleted, and cannot be told
    /// from others then.
    package let parts: [Part]?

    /// Looks at every page of a file whose trees have these roots.
    package init(of file: SoundPages, roots: Set<UInt32>) {
        guard let free = Self.freePages(of: file) else {
            parts = nil
            return
        }
        var parents: [UInt32: UInt32] = [:]
        var trees: Set<UInt32> = []
        /// Pages above others that have rows of their own, too.
        var withRows: Set<UInt32> = []
        var damaged: [UInt32] = []
        for number in 1...max(file.count, 1) where !free.contains(number) {
            guard let page = file[number] else {
                damaged.append(number)
                continue
            }
            guard let children = Self.children(of: page, isFirst: number == 1) else { continue }
            trees.insert(number)
            if page[0] == 2 { withRows.insert(number) }
            for child in children { parents[child] = number }
        }
        var above: Set<UInt32> = []
        for page in damaged {
            var next = parents[page]
            while let number = next, above.insert(number).inserted { next = parents[number] }
        }
        let gone = Set(damaged)
        let whole = trees.subtracting(above).filter { number in
            parents[number].map { above.contains($0) || gone.contains($0) }
                ?? !roots.contains(number)
        }
        parts =
            whole.sorted().map { Part(page: $0, isCut: false) }
            + withRows.intersection(above).sorted().map { Part(page: $0, isCut: true) }
    }

    /// The pages that a page of a tree leads to; nil where it is no page of a tree.
    private static func children(of page: [UInt8], isFirst: Bool) -> [UInt32]? {
        // The first page begins with the file's header.
        let start = isFirst ? 100 : 0
        switch page[start] {
        case 10, 13: return []
        case 2, 5: break
        default: return nil
        }
        return page.withUnsafeBytes { bytes in
            func short(_ offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }
            var children = [bytes.bigEndian(at: start + 8)]
            for cell in 0..<short(start + 3) where start + 14 + 2 * cell <= bytes.count {
                let place = short(start + 12 + 2 * cell)
                guard place + 4 <= bytes.count else { continue }
                children.append(bytes.bigEndian(at: place))
            }
            return children
        }
    }

    /// The pages of the free list; nil where it cannot be read to its end.
    private static func freePages(of pages: SoundPages) -> Set<UInt32>? {
        guard pages.knowsFreePages, let first = pages[1] else { return nil }
        var free: Set<UInt32> = []
        var next = first.withUnsafeBytes { $0.bigEndian(at: 32) }
        while next != 0 {
            guard free.insert(next).inserted, let trunk = pages[next] else { return nil }
            trunk.withUnsafeBytes { bytes in
                next = bytes.bigEndian(at: 0)
                let count = min(Int(bytes.bigEndian(at: 4)), bytes.count / 4 - 2)
                for index in 0..<count { free.insert(bytes.bigEndian(at: 8 + 4 * index)) }
            }
        }
        return free
    }
}

extension TreeParts.Part {
    /// Makes a leaf of a page above others, so that its own rows are read and nothing below it.
    ///
    /// The rows are the same on both but for the number of a page before each, and the header of a
    /// leaf is four bytes shorter.
    func cut(_ page: UnsafeMutableRawPointer) {
        guard isCut else { return }
        let bytes = UnsafeMutableRawBufferPointer(start: page, count: PageChecksum.pageSize)
        let cells = Int(bytes[3]) << 8 | Int(bytes[4])
        bytes[0] = 10
        for cell in 0..<cells where 14 + 2 * cell <= bytes.count {
            let place = (Int(bytes[12 + 2 * cell]) << 8 | Int(bytes[13 + 2 * cell])) + 4
            bytes[8 + 2 * cell] = UInt8(truncatingIfNeeded: place >> 8)
            bytes[9 + 2 * cell] = UInt8(truncatingIfNeeded: place)
        }
    }
}
