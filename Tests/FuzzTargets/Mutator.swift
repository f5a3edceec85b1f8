/// Changes inputs at random, the same way for the same seed.
package struct Mutator {
    private var state: UInt64
    private let corpus: [[UInt8]]

    package init(seed: UInt64, corpus: [[UInt8]]) {
        state = seed
        self.corpus = corpus
    }

    /// The longest input that is made, in bytes.
    private static let maximumLength = 8192

    /// One of the corpus with one to four changes.
    package mutating func next() -> [UInt8] {
        var bytes = corpus[number(below: corpus.count)]
        for _ in 0...number(below: 4) { change(&bytes) }
        return Array(bytes.prefix(Self.maximumLength))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let at = number(below: bytes.count + 1)
        let end = min(bytes.count, at + number(below: 32))
        switch number(below: 7) {
        case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(number(below: 8))
        case 1 where at < bytes.count: bytes[at] = UInt8(number(below: 256))
        case 2: bytes.removeSubrange(at..<end)
        case 3: bytes.insert(contentsOf: Array(bytes[at..<end]), at: number(below: at + 1))
        case 4:
            let other = corpus[number(below: corpus.count)]
            let start = number(below: other.count + 1)
            bytes.replaceSubrange(at..<end, with: other[start...].prefix(number(below: 64)))
        case 5: bytes.replaceSubrange(at..<end, with: Self.words[number(below: Self.words.count)])
        default: bytes.insert(contentsOf: Self.words[number(below: Self.words.count)], at: at)
        }
    }

    private static let words: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\udc00", "\n", "\n\n",
            " ", "\t", "\0", "null", "true", "0", "-", "-0", "e", ".", "1e400", "1e-400", "%",
            "%2F",
            "%zz", "?", "&", "=", ";", "/", "..", "//", "9223372036854775807",
            "-9223372036854775808", "2147483648", "0.000001", "\u{E9}", "\u{1F600}", "e\u{301}",
            "\u{FEFF}", "UNSIGNED-PAYLOAD", "x-amz-content-sha256: ", "host: ", "GET ", "PUT ",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90]]

    /// SplitMix64.
    private mutating func number(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
