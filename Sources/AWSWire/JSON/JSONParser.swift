/// Reads a JSON text (RFC 8259) into the tape, strictly.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var nodes: [JSONNode] = []
    private var depth = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        nodes.reserveCapacity(bytes.count / 8 + 8)
    }

    mutating func parse() throws(JSONSyntaxError) -> [JSONNode] {
        guard bytes.count < Int(UInt32.max) else { throw failure("the text is too long") }
        try value()
        skipSpace()
        guard position == bytes.count else { throw failure("text after the value") }
        return nodes
    }

    private func failure(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason: reason)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private mutating func value() throws(JSONSyntaxError) {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try list()
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        case UInt8(ascii: "n"): try word("null", .null)
        case nil: throw failure("the text ends where a value should be")
        case let byte? where byte == UInt8(ascii: "-") || byte &- 48 < 10: try number()
        default: throw failure("no value begins like this")
        }
    }

    private mutating func append(_ kind: JSONNode.Kind, from start: Int, to end: Int) {
        nodes.append(
            JSONNode(
                kind: kind, start: UInt32(start), end: UInt32(end), next: UInt32(nodes.count + 1)))
    }

    private mutating func open(_ kind: JSONNode.Kind) throws(JSONSyntaxError) -> Int {
        depth += 1
        guard depth <= JSONDocument.maximumDepth else {
            throw failure("nested deeper than \(JSONDocument.maximumDepth)")
        }
        append(kind, from: position, to: position)
        position += 1
        return nodes.count - 1
    }

    private mutating func close(_ index: Int) {
        position += 1
        depth -= 1
        nodes[index].end = UInt32(position)
        nodes[index].next = UInt32(nodes.count)
    }

    private mutating func list() throws(JSONSyntaxError) {
        let index = try open(.list)
        skipSpace()
        if current == UInt8(ascii: "]") { return close(index) }
        while true {
            try value()
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"): return close(index)
            default: throw failure("expected a comma or the end of the list")
            }
        }
    }

    private mutating func object() throws(JSONSyntaxError) {
        let index = try open(.object)
        skipSpace()
        if current == UInt8(ascii: "}") { return close(index) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("expected a name") }
            try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw failure("expected a colon") }
            position += 1
            try value()
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"): return close(index)
            default: throw failure("expected a comma or the end of the object")
            }
        }
    }

    private mutating func word(
        _ word: StaticString, _ kind: JSONNode.Kind
    ) throws(JSONSyntaxError) {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count,
            word.withUTF8Buffer({ bytes[position..<end].elementsEqual($0) })
        else { throw failure("expected \(word)") }
        append(kind, from: position, to: end)
        position = end
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, byte &- 48 < 10 { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    private mutating func number() throws(JSONSyntaxError) {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        append(.number, from: start, to: position)
    }

    private mutating func string() throws(JSONSyntaxError) {
        position += 1
        let start = position
        var kind = JSONNode.Kind.string
        while true {
            skipPlainCharacters()
            guard let byte = current else { break }
            switch byte {
            case UInt8(ascii: "\""):
                append(kind, from: start, to: position)
                position += 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape()
            case 0..<0x20: throw failure("a control character in a string")
            case 0x80...: try multibyte(byte)
            default: position += 1
            }
        }
        throw failure("the text ends in a string")
    }

    /// Skips what stands for itself in a string: ASCII but quotation marks, backslashes and control
    /// characters.
    private mutating func skipPlainCharacters() {
        let start = position
        position = bytes.withUnsafeBufferPointer { bytes in
            var position = start
            while position < bytes.count {
                let byte = bytes[position]
                guard byte &- 0x20 < 0x60, byte != UInt8(ascii: "\""),
                    byte != UInt8(ascii: "\\")
                else { return position }
                position += 1
            }
            return position
        }
    }

    private mutating func escape() throws(JSONSyntaxError) {
        guard position + 1 < bytes.count else { throw failure("the text ends in an escape") }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard position + 6 <= bytes.count,
                bytes[position + 2..<position + 6].allSatisfy({ isHexDigit($0) })
            else { throw failure("expected four hexadecimal digits") }
            position += 6
        default: throw failure("an unknown escape")
        }
    }

    /// One scalar of more than one byte, well-formed as Unicode's table 3-7 says: no overlong
    /// forms, no surrogates, nothing above U+10FFFF.
    private mutating func multibyte(_ first: UInt8) throws(JSONSyntaxError) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: throw failure("not UTF-8")
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]),
            bytes[position + 2..<max(position + 2, position + length)]
                .allSatisfy({ $0 & 0xC0 == 0x80 })
        else { throw failure("not UTF-8") }
        position += length
    }
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 0x20) &- 97 < 6
}
