/// Finds the functions of a Swift file by counting brackets in its code.
struct FunctionScanner {
    struct Function {
        var name: String
        /// Where its declaration begins, from 1.
        var line: Int
        /// From the declaration's line to that of the closing brace.
        var lineCount: Int
    }

    private(set) var functions: [Function] = []

    private let bytes: [UInt8]

    init(_ source: SwiftSource) {
        bytes = Array(source.code.joined(separator: "\n").utf8)
        var line = 1
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            if let name = declaration(at: index), let opening = body(after: index) {
                let end = closing(of: opening)
                let newlines = bytes[index..<end].count { $0 == UInt8(ascii: "\n") }
                functions.append(Function(name: name, line: line, lineCount: newlines + 1))
            }
            index += 1
        }
    }

    /// The name of the function whose declaration begins at `index`.
    private func declaration(at index: Int) -> String? {
        let before = index > 0 ? bytes[index - 1] : UInt8(ascii: "\n")
        guard !Words.isPartOfWord(before), before != UInt8(ascii: "."), before != UInt8(ascii: "`")
        else { return nil }
        switch Words.word(in: bytes, at: index) {
        case "func":
            let rest = bytes[(index + 4)...].drop { $0 == UInt8(ascii: " ") }
            let name = rest.prefix { $0 != UInt8(ascii: "(") && $0 != UInt8(ascii: "<") }
            return String(decoding: name, as: UTF8.self)
        case "init":
            let rest = bytes[(index + 4)...].prefix(1)
            return ["(", "?", "<"].contains(String(decoding: rest, as: UTF8.self)) ? "init" : nil
        case let word? where word == "deinit" || word == "subscript": return word
        default: return nil
        }
    }

    /// Where the body of the declaration at `index` opens, or nil if it has none, as in a protocol.
    private func body(after index: Int) -> Int? {
        var depth = 0
        var line: [UInt8] = []
        for position in index..<bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return position
            case UInt8(ascii: "}") where depth == 0: return nil
            case UInt8(ascii: "\n") where depth == 0:
                if !continues(after: line, at: position) { return nil }
                line = []
                continue
            default: break
            }
            if depth < 0 { return nil }
            line.append(byte)
        }
        return nil
    }

    /// Whether a declaration that has no body yet goes on behind a newline.
    private func continues(after line: [UInt8], at newline: Int) -> Bool {
        let line = String(decoding: line, as: UTF8.self).split(separator: " ").last ?? ""
        if line.hasSuffix(",") || line.hasSuffix("->") || line == "where" || line == "&" {
            return true
        }
        let rest = bytes[newline...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        guard let first = rest.first else { return false }
        if "{(&".utf8.contains(first) { return true }
        let continuations = ["async", "throws", "rethrows", "where"]
        return rest.starts(with: Array("->".utf8))
            || continuations.contains(Words.word(in: bytes, at: rest.startIndex) ?? "")
    }

    /// The index behind the brace that closes the one at `opening`.
    private func closing(of opening: Int) -> Int {
        var depth = 0
        for position in opening..<bytes.count {
            if bytes[position] == UInt8(ascii: "{") { depth += 1 }
            if bytes[position] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return position + 1 }
        }
        return bytes.count
    }
}
