/// Reads CBOR (RFC 8949) as Smithy's RPC v2 protocol uses it, and gives it as JSON.
///
/// One decoder of requests is enough: what CBOR can say that JSON cannot, a byte string for
/// example, no request of ours has, and it is refused.
package struct CBORReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private var writer = JSONWriter()

    /// Why a text is not what the protocol allows, and at which byte.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package let offset: Int
        package let reason: String

        package var description: String { "byte \(offset): \(reason)" }
    }

    /// The JSON text of one CBOR value.
    package static func json(of bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var reader = CBORReader(bytes)
        try reader.value()
        guard reader.position == bytes.count else { throw reader.failure("more follows the value") }
        return reader.writer.bytes
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func failure(_ reason: String) -> Failure {
        Failure(offset: position, reason: reason)
    }

    /// The first byte of an item: what it is, and how its number follows.
    private struct Head {
        let major: UInt8
        let minor: UInt8

        /// Ends an item of a length that was not given.
        static let breakByte: UInt8 = 0xFF
    }

    private mutating func byte() throws(Failure) -> UInt8 {
        guard position < bytes.count else { throw failure("it ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func head() throws(Failure) -> Head {
        let byte = try byte()
        return Head(major: byte >> 5, minor: byte & 31)
    }

    /// The number that belongs to a head; nil for a length that is not given.
    private mutating func argument(_ head: Head) throws(Failure) -> UInt64? {
        switch head.minor {
        case 0..<24: return UInt64(head.minor)
        case 24...27:
            var number: UInt64 = 0
            for _ in 0..<(1 << (head.minor - 24)) { number = number << 8 | UInt64(try byte()) }
            return number
        case 31: return nil
        default: throw failure("a head of minor \(head.minor) is reserved")
        }
    }

    private mutating func number(_ head: Head) throws(Failure) -> UInt64 {
        guard let number = try argument(head) else { throw failure("a number is missing") }
        return number
    }

    private mutating func value() throws(Failure) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ReadingLimits.depth else { throw failure("it is nested too deeply") }
        let head = try head()
        switch head.major {
        case 0: writer.literal(String(try number(head)))
        case 1: writer.literal("-" + Self.plusOne(try number(head)))
        case 3: writer.string(try text(head))
        case 4: try list(head)
        case 5: try map(head)
        case 6: try tagged(try number(head))
        case 7: try simple(head)
        default: throw failure("no member is a byte string")
        }
    }

    private static func plusOne(_ number: UInt64) -> String {
        number == .max ? "18446744073709551616" : String(number + 1)
    }

    private mutating func text(_ head: Head) throws(Failure) -> String {
        guard let count = try argument(head) else {
            var text = ""
            while !(try ends()) {
                let part = try self.head()
                guard part.major == 3, part.minor != 31 else {
                    throw failure("a part of a text is no text")
                }
                text += try self.text(part)
            }
            return text
        }
        guard count <= UInt64(bytes.count - position) else { throw failure("it ends too early") }
        let end = position + Int(count)
        guard let text = String(validating: bytes[position..<end], as: UTF8.self) else {
            throw failure("a text is no UTF-8")
        }
        position = end
        return text
    }

    /// Whether an item of a length that was not given ends here.
    private mutating func ends() throws(Failure) -> Bool {
        guard position < bytes.count else { throw failure("it ends too early") }
        guard bytes[position] == Head.breakByte else { return false }
        position += 1
        return true
    }

    /// How many items follow; each takes a byte at least.
    private mutating func count(_ head: Head) throws(Failure) -> Int? {
        guard let count = try argument(head) else { return nil }
        guard count <= UInt64(bytes.count - position) else { throw failure("it ends too early") }
        return Int(count)
    }

    private mutating func list(_ head: Head) throws(Failure) {
        var left = try count(head)
        writer.literal("[")
        var isFirst = true
        while try follows(&left) {
            if !isFirst { writer.literal(",") }
            isFirst = false
            try value()
        }
        writer.literal("]")
    }

    private mutating func map(_ head: Head) throws(Failure) {
        var left = try count(head)
        writer.literal("{")
        var isFirst = true
        while try follows(&left) {
            if !isFirst { writer.literal(",") }
            isFirst = false
            let name = try self.head()
            guard name.major == 3 else { throw failure("a member's name is no text") }
            writer.string(try text(name))
            writer.literal(":")
            try value()
        }
        writer.literal("}")
    }

    private mutating func follows(_ left: inout Int?) throws(Failure) -> Bool {
        guard let count = left else { return !(try ends()) }
        left = count - 1
        return count > 0
    }

    /// Tag 1 is a time, in seconds since 1970, and the one that JSON has as a number too.
    private mutating func tagged(_ tag: UInt64) throws(Failure) {
        guard tag == 1 else { throw failure("tag \(tag) is not of this protocol") }
        guard position < bytes.count, [0, 1, 7].contains(bytes[position] >> 5) else {
            throw failure("a time is no number")
        }
        try value()
    }

    private mutating func simple(_ head: Head) throws(Failure) {
        switch head.minor {
        case 20: writer.literal("false")
        case 21: writer.literal("true")
        // Smithy's undefined reads as null.
        case 22, 23: writer.literal("null")
        case 25: try write(Self.half(UInt16(truncatingIfNeeded: try number(head))))
        case 26: try write(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try number(head)))))
        case 27: try write(Double(bitPattern: try number(head)))
        default: throw failure("no member is a simple value \(head.minor)")
        }
    }

    private mutating func write(_ number: Double) throws(Failure) {
        guard number.isFinite else { throw failure("no member is infinite, or no number") }
        // Whole numbers without the fraction that JSON's readers of integers would not expect.
        if let whole = Int64(exactly: number) {
            writer.literal(String(whole))
        } else {
            writer.literal("\(number)")
        }
    }

    /// A half-precision float, by its parts: no platform but some has the type.
    private static func half(_ bits: UInt16) -> Double {
        let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1023))
        let magnitude =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? Double.infinity : .nan
            default:
                (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
            }
        return bits >> 15 == 0 ? magnitude : -magnitude
    }
}
