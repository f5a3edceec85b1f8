/// A parsed JSON text: a flat tape of nodes over the text's own bytes.
///
/// One array holds the whole tree, so that parsing costs two allocations however many values there
/// are; strings are decoded only when they are asked for. The whole text is checked: grammar,
/// UTF-8, nesting, nothing after the value.
package struct JSONDocument: Sendable {
    fileprivate let bytes: [UInt8]
    fileprivate let nodes: [JSONNode]

    /// The deepest nesting that is read, in lists and objects; deeper is refused, so that no text
    /// can exhaust the stack or the reader's patience.
    package static let maximumDepth = 32

    /// Parses a JSON text.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes)
        nodes = try parser.parse()
        self.bytes = bytes
    }

    package var root: JSONValue { JSONValue(document: self, index: 0) }

    /// The text itself.
    package var text: [UInt8] { bytes }
}

/// Why a text is not JSON, and at which byte.
package struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    package let offset: Int
    package let reason: String

    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "byte \(offset): \(reason)" }
}

/// One value of the tape.
struct JSONNode: Sendable {
    enum Kind: UInt8 { case null, yes, no, number, string, escapedString, list, object }

    let kind: Kind
    /// The value's bytes; a string's without its quotation marks.
    let start: UInt32
    var end: UInt32
    /// The index after this value and all it contains. An object holds name, value, name, value…
    var next: UInt32
}

/// A value inside a document.
package struct JSONValue: Sendable {
    fileprivate let document: JSONDocument
    fileprivate let index: Int

    fileprivate var node: JSONNode { document.nodes[index] }

    /// Whether the bytes before unescaping are these.
    fileprivate func hasBytes(_ expected: StaticString) -> Bool {
        let node = node
        let start = Int(node.start)
        guard Int(node.end) - start == expected.utf8CodeUnitCount else { return false }
        return document.bytes.withUnsafeBufferPointer { bytes in
            expected.withUTF8Buffer { expected in
                // A loop, because the iterators of two collections take many times as long.
                for index in expected.indices where expected[index] != bytes[start + index] {
                    return false
                }
                return true
            }
        }
    }

    /// What kind of value this is, in the words of Coral's messages.
    package enum Kind: Sendable { case null, boolean, number, string, list, object }

    package var kind: Kind {
        switch node.kind {
        case .null: .null
        case .yes, .no: .boolean
        case .number: .number
        case .string, .escapedString: .string
        case .list: .list
        case .object: .object
        }
    }

    package var isTrue: Bool { node.kind == .yes }

    /// The number's digits as they were sent, or the string's bytes before unescaping.
    package var rawBytes: ArraySlice<UInt8> { document.bytes[Int(node.start)..<Int(node.end)] }

    /// The string's text; empty for other kinds.
    package var text: String {
        switch node.kind {
        case .string: String(decoding: rawBytes, as: UTF8.self)
        case .escapedString: unescaped(rawBytes)
        default: ""
        }
    }

    /// The number's spelling.
    package var numberText: String { String(decoding: rawBytes, as: UTF8.self) }

    /// The members of a list, in order.
    package var elements: JSONElements {
        JSONElements(document: document, position: index + 1, end: Int(node.next))
    }

    /// The members of an object, in order; a name may come twice, and then the last one counts.
    package var members: JSONMembers {
        JSONMembers(document: document, position: index + 1, end: Int(node.next))
    }

    /// The last member of this name.
    package subscript(name: String) -> JSONValue? {
        guard node.kind == .object else { return nil }
        var found: JSONValue?
        for member in members where member.isNamed(name) { found = member.value }
        return found
    }
}

/// The members of a list.
package struct JSONElements: Sequence, IteratorProtocol {
    fileprivate let document: JSONDocument
    fileprivate var position: Int
    fileprivate let end: Int

    package mutating func next() -> JSONValue? {
        guard position < end else { return nil }
        defer { position = Int(document.nodes[position].next) }
        return JSONValue(document: document, index: position)
    }
}

/// The members of an object.
package struct JSONMembers: Sequence, IteratorProtocol {
    fileprivate let document: JSONDocument
    fileprivate var position: Int
    fileprivate let end: Int

    package mutating func next() -> JSONMember? {
        guard position < end else { return nil }
        let value = JSONValue(document: document, index: position + 1)
        let member = JSONMember(
            nameValue: JSONValue(document: document, index: position), value: value)
        position = Int(document.nodes[position + 1].next)
        return member
    }
}

/// A name with its value.
package struct JSONMember {
    fileprivate let nameValue: JSONValue
    package let value: JSONValue

    package var name: String { nameValue.text }

    package var key: JSONKey { JSONKey(value: nameValue) }

    package func isNamed(_ name: String) -> Bool {
        if nameValue.rawBytes.elementsEqual(name.utf8) { return true }
        return nameValue.rawBytes.contains(UInt8(ascii: "\\"))
            && nameValue.text.utf8.elementsEqual(name.utf8)
    }
}

/// The name of a member, which a `switch` compares without making a text of it.
package struct JSONKey {
    fileprivate let value: JSONValue

    package static func ~= (expected: StaticString, key: JSONKey) -> Bool {
        key.value.hasBytes(expected)
            || key.value.node.kind == .escapedString
                && key.value.text.utf8.elementsEqual("\(expected)".utf8)
    }
}

/// Decodes the escapes of a string that the parser has found well-formed.
private func unescaped(_ raw: ArraySlice<UInt8>) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(raw.count)
    var position = raw.startIndex
    while position < raw.endIndex {
        guard raw[position] == UInt8(ascii: "\\") else {
            output.append(raw[position])
            position += 1
            continue
        }
        let escape = raw[position + 1]
        position += 2
        switch escape {
        case UInt8(ascii: "b"): output.append(8)
        case UInt8(ascii: "f"): output.append(12)
        case UInt8(ascii: "n"): output.append(10)
        case UInt8(ascii: "r"): output.append(13)
        case UInt8(ascii: "t"): output.append(9)
        case UInt8(ascii: "u"):
            let scalar = unicodeEscape(raw, at: &position)
            output.append(contentsOf: String(Character(scalar)).utf8)
        default: output.append(escape)
        }
    }
    return String(decoding: output, as: UTF8.self)
}

/// The scalar of the four digits here, joined with a low surrogate where one follows; a lone
/// surrogate is no scalar and becomes U+FFFD.
private func unicodeEscape(_ raw: ArraySlice<UInt8>, at position: inout Int) -> Unicode.Scalar {
    func unit(_ start: Int) -> UInt32 {
        raw[start..<start + 4].reduce(0) { $0 << 4 | hexValue($1) }
    }
    let first = unit(position)
    position += 4
    guard (0xD800...0xDBFF).contains(first), position + 6 <= raw.endIndex,
        raw[position] == UInt8(ascii: "\\"), raw[position + 1] == UInt8(ascii: "u")
    else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    let second = unit(position + 2)
    guard (0xDC00...0xDFFF).contains(second) else { return "\u{FFFD}" }
    position += 6
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
}

private func hexValue(_ byte: UInt8) -> UInt32 {
    UInt32(byte < 58 ? byte - 48 : (byte | 0x20) - 87)
}
