/// Looks for words in text by bytes, which is enough for code and much faster than `Regex`.
enum Words {
    static func isPartOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    /// The word that begins at `index`, if one does.
    static func word(in bytes: [UInt8], at index: Int) -> String? {
        let word = bytes[index...].prefix(while: isPartOfWord)
        return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }

    /// Where `phrase` stands in `line`, not as a part of a longer word.
    ///
    /// With `asMember` it also counts behind a dot.
    static func offsets(of phrase: String, in line: String, asMember: Bool = true) -> [Int] {
        let line = Array(line.utf8)
        let phrase = Array(phrase.utf8)
        guard let first = phrase.first, let last = phrase.last, line.count >= phrase.count
        else { return [] }
        return (0...line.count - phrase.count).filter { start in
            guard line[start] == first, line[start...].starts(with: phrase) else { return false }
            let before = start > 0 ? line[start - 1] : UInt8(ascii: " ")
            let end = start + phrase.count
            let after = end < line.count ? line[end] : UInt8(ascii: " ")
            if isPartOfWord(first), isPartOfWord(before) { return false }
            if isPartOfWord(last), isPartOfWord(after) { return false }
            return asMember || before != UInt8(ascii: ".")
        }
    }

    static func contains(_ phrase: String, in line: String, asMember: Bool = true) -> Bool {
        !offsets(of: phrase, in: line, asMember: asMember).isEmpty
    }
}
