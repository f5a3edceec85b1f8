import CTurnpikeChecksum

/// The checksum that stands in the last four bytes of every page of a data file.
///
/// SQLite leaves those bytes alone, because its header says that they are reserved. The checksum
/// covers the page's number too, so that a page in the place of another is found. It is part of
/// the file format.
enum PageChecksum {
    /// Bytes of a page: SQLite's own default, and the unit in which most disks write.
    static let pageSize = 4096
    /// Bytes at the end of a page that SQLite does not use: as few as hold a checksum, so that a
    /// run of records still fits into one page.
    static let reserved = 4

    private static var used: Int { pageSize - reserved }

    /// The checksum of a page in memory; pages are numbered from 1.
    static func value(of page: UnsafeRawPointer, number: UInt32) -> UInt32 {
        turnpike_page_checksum(number, page, reserved)
    }

    static func isSound(_ page: UnsafeRawPointer, number: UInt32) -> Bool {
        let stored = page.loadUnaligned(fromByteOffset: used, as: UInt32.self)
        return UInt32(littleEndian: stored) == value(of: page, number: number)
    }

    /// Writes a page's checksum into its last bytes.
    static func seal(_ page: UnsafeMutableRawPointer, number: UInt32) {
        page.storeBytes(
            of: value(of: page, number: number).littleEndian, toByteOffset: used, as: UInt32.self)
    }
}

extension PageChecksum {
    /// The checksum of all bytes of a page, the last four included.
    static func ofWholePage(_ page: UnsafeRawPointer, number: UInt32) -> UInt32 {
        turnpike_page_checksum(number, page, 0)
    }
}

extension PageChecksum {
    /// Sets right a page of which one bit has flipped; false where it is not that.
    ///
    /// The bit is the one without which the checksum fits; where there are two such, neither is
    /// taken.
    static func correct(_ page: UnsafeMutableRawBufferPointer, number: UInt32) -> Bool {
        guard let memory = page.baseAddress else { return false }
        var found: [(byte: Int, mask: UInt8)] = []
        for byte in page.indices {
            for bit in 0..<8 as Range<UInt8> {
                page[byte] ^= 1 << bit
                if isSound(memory, number: number) { found.append((byte, 1 << bit)) }
                page[byte] ^= 1 << bit
            }
        }
        guard found.count == 1 else { return false }
        page[found[0].byte] ^= found[0].mask
        return true
    }
}
