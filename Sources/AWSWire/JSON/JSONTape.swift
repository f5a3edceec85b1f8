import MeteringAPI

/// A text and its values, in the order in which they begin.
///
/// An object, so that a copy of a value counts one reference. What reads whole requests keeps it
/// and walks over it with places, which count none.
package final class JSONTape: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]

    init(_ bytes: [UInt8], _ nodes: [JSONNode]) {
        self.bytes = bytes
        self.nodes = nodes
    }

    func place(_ index: Int) -> JSONPlace { JSONPlace(index: index, node: nodes[index]) }

    func rawBytes(of node: JSONNode) -> ArraySlice<UInt8> {
        bytes[Int(node.start)..<Int(node.end)]
    }

    /// The string's text; empty for other kinds.
    func text(of node: JSONNode) -> String {
        switch node.kind {
        case .string:
            // Straight to where the string keeps it: the initialiser that decodes takes longer.
            String(unsafeUninitializedCapacity: node.count) { output in
                bytes.withUnsafeBytes { bytes in
                    UnsafeMutableRawBufferPointer(output).copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: bytes[Int(node.start)..<Int(node.end)]))
                }
                return node.count
            }
        case .escapedString: unescaped(rawBytes(of: node))
        default: ""
        }
    }

    /// The number's value.
    func number(of node: JSONNode, scale: Int) -> JSONNumber {
        bytes.withUnsafeBufferPointer { bytes in
            JSONNumber(
                UnsafeBufferPointer(rebasing: bytes[Int(node.start)..<Int(node.end)]),
                scale: scale)
        }
    }

    /// The name that stands before a member's value.
    func name(of value: JSONPlace) -> String { text(of: nodes[value.index - 1]) }

    func key(of value: JSONPlace) -> JSONKey {
        let name = nodes[value.index - 1]
        guard name.kind == .string else {
            let unescaped = Array(text(of: name).utf8)
            return JSONKey(unescaped, from: 0, to: unescaped.count)
        }
        return JSONKey(bytes, from: Int(name.start), to: Int(name.end))
    }
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

    /// The bytes of the value.
    var count: Int { Int(end) - Int(start) }
}

/// A value and where it stands on its tape.
package struct JSONPlace: Sendable {
    let index: Int
    let node: JSONNode

    var isTrue: Bool { node.kind == .yes }

    var kind: JSONValue.Kind {
        switch node.kind {
        case .null: .null
        case .yes, .no: .boolean
        case .number: .number
        case .string, .escapedString: .string
        case .list: .list
        case .object: .object
        }
    }
}

/// A walk over the values right inside a list or an object.
struct JSONWalk: Sendable {
    private var position: Int
    private let end: Int

    init(into place: JSONPlace) {
        position = place.index + 1
        end = Int(place.node.next)
    }

    /// The next of a list.
    mutating func next(on tape: JSONTape) -> JSONPlace? {
        guard position < end else { return nil }
        let value = tape.place(position)
        position = Int(value.node.next)
        return value
    }

    /// How many values of a list are still to come.
    func count(on tape: JSONTape) -> Int {
        var rest = self
        var count = 0
        while rest.next(on: tape) != nil { count += 1 }
        return count
    }

    /// The value of an object's next member; its name stands before it.
    mutating func nextMember(on tape: JSONTape) -> JSONPlace? {
        guard position < end else { return nil }
        let value = tape.place(position + 1)
        position = Int(value.node.next)
        return value
    }
}

/// The name of a member, which a `switch` compares without making a text of it.
package struct JSONKey {
    private let bytes: [UInt8]
    private let start: Int
    private let end: Int

    fileprivate init(_ bytes: [UInt8], from start: Int, to end: Int) {
        self.bytes = bytes
        self.start = start
        self.end = end
    }

    package static func ~= (expected: StaticString, key: JSONKey) -> Bool {
        // Nearly all that differ differ in length.
        key.end - key.start == expected.utf8CodeUnitCount
            && key.hasBytes(
                UnsafeRawBufferPointer(
                    start: expected.utf8Start, count: expected.utf8CodeUnitCount))
    }

    func hasBytes(_ expected: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes {
            UnsafeRawBufferPointer(rebasing: $0[start..<end]).hasSameBytes(as: expected)
        }
    }
}
