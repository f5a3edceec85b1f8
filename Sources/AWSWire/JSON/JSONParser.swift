/// Reads a JSON text (RFC 8259) into the tape, strictly.
struct JSONParser {
    private var position = 0
    private var nodes: [JSONNode] = []
    private var depth = 0

    mutating func parse(_ text: Span<UInt8>) throws(JSONSyntaxError) -> [JSONNode] {
        guard text.count < Int(UInt32.max) else { throw failure("the text is too long") }
        nodes.reserveCapacity(text.count / 8 + 8)
        try value(text)
        skipSpace(text)
        guard position == text.count else { throw failure("text after the value") }
        return nodes
    }

    private func failure(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason: reason)
    }

    private func current(_ text: Span<UInt8>) -> UInt8? {
        position < text.count ? text[position] : nil
    }

    private mutating func skipSpace(_ text: Span<UInt8>) {
        while let byte = current(text), byte <= 0x20 {
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private mutating func value(_ text: Span<UInt8>) throws(JSONSyntaxError) {
        skipSpace(text)
        switch current(text) {
        case UInt8(ascii: "{"): try object(text)
        case UInt8(ascii: "["): try list(text)
        case UInt8(ascii: "\""): try string(text)
        case UInt8(ascii: "t"): try word(text, "true", .yes)
        case UInt8(ascii: "f"): try word(text, "false", .no)
        case UInt8(ascii: "n"): try word(text, "null", .null)
        case nil: throw failure("the text ends where a value should be")
        case let byte? where byte == UInt8(ascii: "-") || byte &- 48 < 10: try number(text)
        default: throw failure("no value begins like this")
        }
    }

    private mutating func append(_ kind: JSONNode.Kind, from start: Int, to end: Int) {
        nodes.append(
            JSONNode(
                kind: kind, start: UInt32(truncatingIfNeeded: start),
                end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: nodes.count + 1)))
    }

    private mutating func open(_ kind: JSONNode.Kind) throws(JSONSyntaxError) -> Int {
        depth += 1
        guard depth <= ReadingLimits.depth else {
            throw failure("nested deeper than \(ReadingLimits.depth)")
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

    private mutating func list(_ text: Span<UInt8>) throws(JSONSyntaxError) {
        let index = try open(.list)
        skipSpace(text)
        if current(text) == UInt8(ascii: "]") { return close(index) }
        while true {
            try value(text)
            skipSpace(text)
            switch current(text) {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"): return close(index)
            default: throw failure("expected a comma or the end of the list")
            }
        }
    }

    private mutating func object(_ text: Span<UInt8>) throws(JSONSyntaxError) {
        let index = try open(.object)
        skipSpace(text)
        if current(text) == UInt8(ascii: "}") { return close(index) }
        while true {
            skipSpace(text)
            guard current(text) == UInt8(ascii: "\"") else { throw failure("expected a name") }
            try string(text)
            skipSpace(text)
            guard current(text) == UInt8(ascii: ":") else { throw failure("expected a colon") }
            position += 1
            try value(text)
            skipSpace(text)
            switch current(text) {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"): return close(index)
            default: throw failure("expected a comma or the end of the object")
            }
        }
    }

    private mutating func word(
        _ text: Span<UInt8>, _ word: StaticString, _ kind: JSONNode.Kind
    ) throws(JSONSyntaxError) {
        let end = position + word.utf8CodeUnitCount
        guard end <= text.count else { throw failure("expected \(word)") }
        for index in position..<end where text[index] != word.utf8Start[index - position] {
            throw failure("expected \(word)")
        }
        append(kind, from: position, to: end)
        position = end
    }

    private mutating func digits(_ text: Span<UInt8>) throws(JSONSyntaxError) {
        let start = position
        var end = start
        while end < text.count, text[end] &- 48 < 10 { end += 1 }
        position = end
        guard end > start else { throw failure("expected a digit") }
    }

    private mutating func number(_ text: Span<UInt8>) throws(JSONSyntaxError) {
        let start = position
        if current(text) == UInt8(ascii: "-") { position += 1 }
        if current(text) == UInt8(ascii: "0") { position += 1 } else { try digits(text) }
        if current(text) == UInt8(ascii: ".") {
            position += 1
            try digits(text)
        }
        if let byte = current(text), byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current(text) == UInt8(ascii: "+") || current(text) == UInt8(ascii: "-") {
                position += 1
            }
            try digits(text)
        }
        append(.number, from: start, to: position)
    }

    private mutating func string(_ text: Span<UInt8>) throws(JSONSyntaxError) {
        position += 1
        let start = position
        var kind = JSONNode.Kind.string
        while true {
            position = endOfPlainCharacters(text, from: position)
            guard let byte = current(text) else { break }
            switch byte {
            case UInt8(ascii: "\""):
                append(kind, from: start, to: position)
                position += 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape(text)
            case 0..<0x20: throw failure("a control character in a string")
            default: try multibyte(text, byte)
            }
        }
        throw failure("the text ends in a string")
    }

    private mutating func escape(_ text: Span<UInt8>) throws(JSONSyntaxError) {
        guard position + 1 < text.count else { throw failure("the text ends in an escape") }
        switch text[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard position + 6 <= text.count,
                (position + 2..<position + 6).allSatisfy({ isHexDigit(text[$0]) })
            else { throw failure("expected four hexadecimal digits") }
            position += 6
        default: throw failure("an unknown escape")
        }
    }

    /// One scalar of more than one byte, well-formed as Unicode's table 3-7 says: no overlong
    /// forms, no surrogates, nothing above U+10FFFF.
    private mutating func multibyte(
        _ text: Span<UInt8>, _ first: UInt8
    ) throws(JSONSyntaxError) {
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
        guard position + length <= text.count, second.contains(text[position + 1]),
            (position + 2..<max(position + 2, position + length))
                .allSatisfy({ text[$0] & 0xC0 == 0x80 })
        else { throw failure("not UTF-8") }
        position += length
    }
}

/// The end of what stands for itself in a string: ASCII but quotation marks, backslashes and
/// control characters.
func endOfPlainCharacters(_ text: Span<UInt8>, from start: Int) -> Int {
    let bytes = text.bytes
    let lastWord = bytes.byteCount - 8
    var position = start
    while position <= lastWord {
        let word = bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: position, as: UInt64.self)
        let special = EightBytes(UInt64(littleEndian: word)).special
        guard special == 0 else { return position &+ special.trailingZeroBitCount / 8 }
        position &+= 8
    }
    while position < text.count, isPlain(text[position]) { position += 1 }
    return position
}

private func isPlain(_ byte: UInt8) -> Bool {
    byte &- 0x20 < 0x60 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 0x20) &- 97 < 6
}
