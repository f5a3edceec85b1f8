/// How numbers come from texts.
enum NumberRules {
    private static let types = [
        "Int", "Int8", "Int16", "Int32", "Int64", "Int128", "UInt", "UInt8", "UInt16", "UInt32",
        "UInt64", "UInt128", "Double", "Float",
    ]

    /// A number that is read from a text elsewhere than in the one place for it.
    ///
    /// Such an initialiser gives an optional, and so does `exactly:`, which stands apart by its
    /// label. Types are not known here, so what is done with the optional gives it away: a
    /// condition, a default, a comparison with nil, or a closure of nothing else.
    static func readings(_ source: SwiftSource) -> [Finding] {
        source.code.indices.filter { index in
            types.contains { type in
                let line = source.code[index]
                return Words.offsets(of: "\(type)(", in: line, asMember: false).contains { start in
                    isReading(Array(line.utf8), start, start + type.utf8.count + 1)
                        || isCondition(line, start, after: previous(source.code, index))
                }
                    || ["flatMap", "compactMap"].contains {
                        line.contains("\($0)(\(type).init")
                    }
            }
        }.map {
            Finding(
                line: $0 + 1,
                message: "a number is read from a text: read it with `WholeNumber`, or as a "
                    + "`NumberField` with its bounds")
        }
    }

    private static func previous(_ code: [String], _ index: Int) -> String {
        code[..<index].last { $0.contains { !$0.isWhitespace } } ?? ""
    }

    /// Whether what follows the initialiser takes an optional, or it is all of a closure.
    private static func isReading(_ line: [UInt8], _ start: Int, _ argument: Int) -> Bool {
        guard let end = end(of: line, from: argument) else { return false }
        let inside = text(line[argument..<end])
        if hasLabel(inside) { return false }
        let rest = text(line[(end + 1)...])
        let before = text(line[..<start])
        let isAll = before.hasSuffix("{ ") && rest.hasPrefix(" }") && inside.hasPrefix("$0")
        return isAll
            || ["??", "!= nil", "== nil", ".map", ".flatMap", "?.", ") ?? "].contains {
                rest.drop { $0 == " " }.hasPrefix($0)
            }
    }

    /// Whether the initialiser is what a condition binds.
    private static func isCondition(_ line: String, _ start: Int, after previous: String) -> Bool {
        let bytes = Array(line.utf8)
        guard let paren = bytes[start...].firstIndex(of: UInt8(ascii: "(")),
            !hasLabel(text(bytes[(paren + 1)...]))
        else { return false }
        var words = text(bytes[..<start]).split(separator: " ").map(String.init)
        guard words.popLast() == "=", words.popLast() != nil, let keyword = words.popLast(),
            keyword == "let" || keyword == "var"
        else { return false }
        guard let last = words.last else {
            let end = previous.split(separator: " ").last ?? ""
            return end.hasSuffix(",") || ["guard", "if", "while"].contains(end)
        }
        return last.hasSuffix(",") || ["guard", "if", "while", "case"].contains(last)
    }

    private static func hasLabel(_ argument: String) -> Bool {
        let label = argument.prefix { $0.isLetter }
        return !label.isEmpty && argument.dropFirst(label.count).hasPrefix(":")
    }

    private static func end(of line: [UInt8], from start: Int) -> Int? {
        var depth = 1
        for index in line.indices[start...] {
            if line[index] == UInt8(ascii: "(") { depth += 1 }
            if line[index] == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
