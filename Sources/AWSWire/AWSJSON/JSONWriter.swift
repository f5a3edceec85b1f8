package import MeteringAPI

/// Builds a JSON text byte by byte.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an object around what the closure writes.
    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    /// Writes a list with a value for each element.
    package mutating func list<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
    ) {
        enclose(UInt8(ascii: "["), UInt8(ascii: "]")) { writer in
            for element in elements {
                writer.separate()
                write(&writer, element)
                writer.needsComma = true
            }
        }
    }

    /// Begins a member; its value follows.
    package mutating func name(_ name: StaticString) {
        separate()
        name.withUTF8Buffer { name in
            append(name.count + 3) { output in
                output.quote(name)
                output[name.count + 2] = UInt8(ascii: ":")
            }
        }
        needsComma = true
    }

    /// Begins a member whose name is not known beforehand.
    package mutating func anyName(_ name: String) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = true
    }

    /// Writes a value that is JSON already: a number, `true`, an object.
    package mutating func literal(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            // Hardly anything has to be escaped.
            if endOfPlainCharacters(utf8.span, from: 0) == utf8.count {
                append(utf8.count + 2) { $0.quote(utf8) }
            } else {
                escaped(utf8)
            }
        }
    }

    private mutating func escaped(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                escape(byte)
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        if byte < 0x20 {
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 15))
        } else {
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
    }

    /// Writes an id as text.
    package mutating func string(_ id: MeteringRecordID) {
        append(MeteringRecordID.textLength + 2) { output in
            output[0] = UInt8(ascii: "\"")
            id.write(
                to: UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(output)[1...]))
            output[output.count - 1] = UInt8(ascii: "\"")
        }
    }

    /// A number, in a list.
    package mutating func integer(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(value.magnitude)
    }

    private mutating func digits(_ value: UInt64) {
        var count = 1
        var limit: UInt64 = 10
        while value >= limit, count < 20 {
            count += 1
            limit = limit &* 10
        }
        append(count) { output in
            var rest = value
            for position in (0..<count).reversed() {
                output[position] = 48 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
    }

    /// Writes epoch seconds: a whole number where it is one, else with the milliseconds needed.
    package mutating func timestamp(_ timestamp: Timestamp) {
        let magnitude = timestamp.milliseconds.magnitude
        if timestamp.milliseconds < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(magnitude / 1000)
        var rest = magnitude % 1000
        if rest == 0 { return }
        bytes.append(UInt8(ascii: "."))
        for divisor: UInt64 in [100, 10, 1] where rest > 0 {
            bytes.append(48 + UInt8(rest / divisor))
            rest %= divisor
        }
    }

    package mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: StaticString, _ value: MeteringRecordID?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }

    package mutating func member(_ name: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        self.name(name)
        timestamp(value)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    /// Appends so many bytes, every one of which the closure sets.
    @inline(__always)
    private mutating func append(
        _ count: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Void
    ) {
        bytes.append(addingCapacity: count) { output in
            output.withUnsafeMutableBufferPointer { buffer, initialized in
                write(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
                initialized = count
            }
        }
    }

    private mutating func enclose(
        _ opening: UInt8, _ closing: UInt8, _ write: (inout JSONWriter) -> Void
    ) {
        bytes.append(opening)
        needsComma = false
        write(&self)
        bytes.append(closing)
        needsComma = true
    }
}

extension UnsafeMutableBufferPointer<UInt8> {
    /// Sets the first bytes to a text in quotation marks.
    @inline(__always)
    fileprivate func quote(_ text: UnsafeBufferPointer<UInt8>) {
        self[0] = UInt8(ascii: "\"")
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(self)[1...])
            .copyMemory(from: UnsafeRawBufferPointer(text))
        self[text.count + 1] = UInt8(ascii: "\"")
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 48 + value : 87 + value
}

extension JSONWriter {
    /// A member that is true or false.
    package mutating func boolean(_ name: StaticString, _ value: Bool) {
        self.name(name)
        literal(value ? "true" : "false")
    }

    /// A time as text; nothing where there is none.
    package mutating func time(_ name: StaticString, _ time: Timestamp?) {
        member(name, time?.iso8601)
    }

    /// A number with at most three decimals.
    package mutating func thousandths(_ count: Int64) {
        let size = Quantity(millionths: Int64(clamping: count.magnitude) * 1000)
        literal((count < 0 ? "-" : "") + size.description)
    }
}
