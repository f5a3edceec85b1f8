/// Eight bytes of a text looked at together, the first in the lowest place: most of a text needs no
/// closer look, and one at a time they take several times as long.
struct EightBytes {
    private let word: UInt64

    init(_ word: UInt64) {
        self.word = word
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The high bit of each byte that does not stand for itself in a JSON string: control
    /// characters, quotation marks, backslashes, and what is not ASCII.
    ///
    /// The lowest bit is exact. A byte above it may be marked wrongly, because subtraction borrows
    /// from there.
    var special: UInt64 {
        let control = word &- Self.ones &* 0x20
        let quotation = word ^ Self.ones &* UInt64(UInt8(ascii: "\""))
        let backslash = word ^ Self.ones &* UInt64(UInt8(ascii: "\\"))
        let marked =
            (control & ~word) | ((quotation &- Self.ones) & ~quotation)
            | ((backslash &- Self.ones) & ~backslash) | word
        return marked & Self.highBits
    }
}
