/// Writes CBOR (RFC 8949) as Smithy's RPC v2 protocol wants it, from our own JSON.
package enum CBORWriter {
    /// Members whose numbers are times, and those that are floating-point also when whole.
    package struct Types: Sendable {
        package var times: Set<String>
        package var doubles: Set<String>

        package init(times: Set<String> = [], doubles: Set<String> = []) {
            self.times = times
            self.doubles = doubles
        }
    }

    /// The CBOR of a JSON text of our own making; nil for what is no JSON.
    package static func cbor(of json: [UInt8], _ types: Types = Types()) -> [UInt8]? {
        guard let document = try? JSONDocument(parsing: json) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count)
        write(document.root, named: "", types, to: &bytes)
        return bytes
    }

    private static func write(
        _ value: JSONValue, named name: String, _ types: Types, to bytes: inout [UInt8]
    ) {
        switch value.kind {
        case .null: bytes.append(0xF6)
        case .boolean: bytes.append(value.isTrue ? 0xF5 : 0xF4)
        case .string: text(value.text, to: &bytes)
        case .number: number(value, named: name, types, to: &bytes)
        case .list:
            let elements = Array(value.elements)
            head(4, UInt64(elements.count), to: &bytes)
            for element in elements { write(element, named: name, types, to: &bytes) }
        case .object:
            let members = value.members.map { ($0.name, $0.value) }
            head(5, UInt64(members.count), to: &bytes)
            for (name, value) in members {
                text(name, to: &bytes)
                write(value, named: name, types, to: &bytes)
            }
        }
    }

    private static func text(_ text: String, to bytes: inout [UInt8]) {
        head(3, UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func number(
        _ value: JSONValue, named name: String, _ types: Types, to bytes: inout [UInt8]
    ) {
        let spelling = value.numberText
        if types.times.contains(name) { bytes.append(0xC1) }
        if !types.doubles.contains(name), let whole = Int64(spelling) {
            if whole < 0 {
                head(1, UInt64(bitPattern: ~whole), to: &bytes)
            } else {
                head(0, UInt64(whole), to: &bytes)
            }
            return
        }
        bytes.append(0xFB)
        append((Double(spelling) ?? 0).bitPattern, count: 8, to: &bytes)
    }

    /// The head of an item, in the fewest bytes.
    private static func head(_ major: UInt8, _ number: UInt64, to bytes: inout [UInt8]) {
        let major = major << 5
        switch number {
        case 0..<24: bytes.append(major | UInt8(number))
        case 24...0xFF:
            bytes.append(major | 24)
            append(number, count: 1, to: &bytes)
        case 0x100...0xFFFF:
            bytes.append(major | 25)
            append(number, count: 2, to: &bytes)
        case 0x1_0000...0xFFFF_FFFF:
            bytes.append(major | 26)
            append(number, count: 4, to: &bytes)
        default:
            bytes.append(major | 27)
            append(number, count: 8, to: &bytes)
        }
    }

    private static func append(_ number: UInt64, count: Int, to bytes: inout [UInt8]) {
        for index in (0..<count).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index)))
        }
    }
}
