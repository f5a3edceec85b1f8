import MeteringAPI

/// A parsed JSON text: a flat tape of nodes over the text's own bytes.
///
/// One array holds the whole tree, so that parsing costs two allocations however many values there
/// are; strings are decoded only when they are asked for. The whole text is checked: grammar,
/// UTF-8, nesting, nothing after the value.
package struct JSONDocument: Sendable {
    private let tape: JSONTape

    /// Parses a JSON text.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        var parser = JSONParser()
        tape = JSONTape(bytes, try parser.parse(bytes.span))
    }

    package var root: JSONValue { JSONValue(tape: tape, index: 0) }

    /// The text itself.
    package var text: [UInt8] { tape.bytes }
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

/// A value inside a document.
package struct JSONValue: Sendable {
    let tape: JSONTape
    let place: JSONPlace

    fileprivate init(tape: JSONTape, index: Int) {
        self.init(tape: tape, place: tape.place(index))
    }

    fileprivate init(tape: JSONTape, place: JSONPlace) {
        self.tape = tape
        self.place = place
    }

    /// What kind of value this is, in the words of Coral's messages.
    package enum Kind: Sendable { case null, boolean, number, string, list, object }

    package var kind: Kind { place.kind }

    package var isTrue: Bool { place.isTrue }

    /// The number's digits as they were sent, or the string's bytes before unescaping.
    package var rawBytes: ArraySlice<UInt8> { tape.rawBytes(of: place.node) }

    /// The string's text; empty for other kinds.
    package var text: String { tape.text(of: place.node) }

    /// The number's spelling.
    package var numberText: String { String(decoding: rawBytes, as: UTF8.self) }

    /// The members of a list, in order.
    package var elements: JSONElements { JSONElements(tape: tape, walk: JSONWalk(into: place)) }

    /// The members of an object, in order; a name may come twice, and then the last one counts.
    package var members: JSONMembers { JSONMembers(tape: tape, walk: JSONWalk(into: place)) }

    /// The last member of this name.
    package subscript(name: String) -> JSONValue? {
        guard kind == .object else { return nil }
        var found: JSONValue?
        for member in members where member.isNamed(name) { found = member.value }
        return found
    }
}

/// The members of a list.
package struct JSONElements: Sequence, IteratorProtocol {
    fileprivate let tape: JSONTape
    fileprivate var walk: JSONWalk

    package mutating func next() -> JSONValue? {
        walk.next(on: tape).map { JSONValue(tape: tape, place: $0) }
    }
}

/// The members of an object.
package struct JSONMembers: Sequence, IteratorProtocol {
    fileprivate let tape: JSONTape
    fileprivate var walk: JSONWalk

    package mutating func next() -> JSONMember? {
        walk.nextMember(on: tape).map { JSONMember(value: JSONValue(tape: tape, place: $0)) }
    }
}

/// A name with its value.
package struct JSONMember {
    package let value: JSONValue

    package var name: String { value.tape.name(of: value.place) }

    package var key: JSONKey { value.tape.key(of: value.place) }

    /// Whether the member has this name, once its escapes are read.
    package func isNamed(_ name: String) -> Bool {
        name.withBytes { key.hasBytes(UnsafeRawBufferPointer($0)) }
    }
}
