/// How much longer the aliases of a YAML text may make it.
///
/// An alias stands for all that its anchor holds, aliases included, so a few lines can be written
/// out as billions of values.
struct AliasRoom {

    struct Exceeded: Error {}
    struct InName: Error {}

    private var left: Int

    init(in text: String) {
        // No value is shorter than a byte, and none is without something that ends it.
        left = 2 * text.utf8.count + 2 + DocumentLimits.aliases
    }

    mutating func take(_ count: Int) throws(Exceeded) {
        left -= count
        if left < 0 { throw Exceeded() }
    }

    /// Throws where a member's name is written as an alias or as a list or object.
    ///
    /// The parser compares names by all that they hold before anybody can count it, so in a text
    /// that has aliases such names are found by their spelling.
    static func checkNames(in text: String) throws(InName) {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "&")), bytes.contains(UInt8(ascii: "*")) else { return }
        var quote: UInt8?
        var before = UInt8(ascii: "\n")
        var isAlias = false
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            defer { if byte != UInt8(ascii: " ") { before = byte } }
            if let open = quote {
                let ends = open == UInt8(ascii: "#") ? UInt8(ascii: "\n") : open
                if byte == ends, !isEscaped { quote = nil }
                isEscaped =
                    open == UInt8(ascii: "\"") && byte == UInt8(ascii: "\\") && !isEscaped
                if quote != nil || byte != UInt8(ascii: "\n") { continue }
            }
            let previous = index > 0 ? bytes[index - 1] : UInt8(ascii: "\n")
            let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: "\n")
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "#"):
                if isSeparator(previous) { quote = byte }
            case UInt8(ascii: "*"): if isSeparator(previous) { isAlias = true }
            case UInt8(ascii: "?"):
                if "\n-[{,".utf8.contains(before), isSeparator(next) { throw InName() }
            case UInt8(ascii: ":"):
                let isEnd = isSeparator(next)
                if isEnd, isAlias || before == UInt8(ascii: "]") || before == UInt8(ascii: "}") {
                    throw InName()
                }
            case UInt8(ascii: "\n"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: "{"), UInt8(ascii: "}"):
                isAlias = false
            default: break
            }
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { " \t\n\r,[]{}:-".utf8.contains(byte) }
}
