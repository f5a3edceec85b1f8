import CTurnpikeChecksum
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("The checksum of a page")
struct PageChecksumTests {
    private static func page(seed: UInt64) -> [UInt8] {
        var random = SplitMix(state: seed)
        return (0..<PageChecksum.pageSize).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test("is made of CRC-32C, by whatever way")
    func vectors() {
        // From RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
        let texts: [([UInt8], UInt32)] = [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array("123456789".utf8), 0xE306_9283),
        ]
        for (bytes, expected) in texts {
            #expect(turnpike_crc32c(0, bytes, bytes.count) == expected)
            #expect(turnpike_crc32c_portable(0, bytes, bytes.count) == expected)
        }
        for count in 0..<70 {
            let bytes = Array(Self.page(seed: 5).prefix(count))
            #expect(
                turnpike_crc32c(7, bytes, count) == turnpike_crc32c_portable(7, bytes, count))
        }
    }

    @Test("differs for each bit that flips, for each two of many, and for each page's number")
    func everyBit() {
        var page = Self.page(seed: 1)
        var seen: Set<UInt32> = [PageChecksum.value(of: page, number: 3)]
        for byte in 0..<PageChecksum.pageSize - PageChecksum.reserved {
            for bit in 0..<8 as Range<UInt8> {
                page[byte] ^= 1 << bit
                // No other single bit has this checksum, so no two of them cancel each other out.
                #expect(seen.insert(PageChecksum.value(of: page, number: 3)).inserted)
                page[byte] ^= 1 << bit
            }
        }
        for number in 4..<1000 as Range<UInt32> {
            #expect(
                PageChecksum.value(of: page, number: number)
                    != PageChecksum.value(of: page, number: 3))
        }
    }

    @Test("of a page that is all zero is not zero")
    func zeros() {
        let page = [UInt8](repeating: 0, count: PageChecksum.pageSize)
        for number in 1...100 as ClosedRange<UInt32> {
            #expect(!PageChecksum.isSound(page, number: number))
        }
    }

    @Test("lets a page with one flipped bit be set right, and no other")
    func correction() {
        let sound = Self.page(seed: 2).withUnsafeBytes { bytes in
            var page = Array(bytes)
            page.withUnsafeMutableBytes { PageChecksum.seal($0.baseAddress!, number: 9) }
            return page
        }
        for byte in stride(from: 3, to: PageChecksum.pageSize, by: 997) {
            var page = sound
            page[byte] ^= 0x10
            #expect(page.withUnsafeMutableBytes { PageChecksum.correct($0, number: 9) })
            #expect(page == sound)
        }
        var page = sound
        page[5] ^= 0x11
        page[3000] ^= 0x11
        #expect(!page.withUnsafeMutableBytes { PageChecksum.correct($0, number: 9) })
    }
}
