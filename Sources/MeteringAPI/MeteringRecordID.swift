/// The id of a stored record: 128 bits, written as a lower-case UUID with dashes.
public struct MeteringRecordID: Sendable, Hashable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The id of these 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new random id (UUID version 4).
    package static func random(
        using generator: inout some RandomNumberGenerator
    ) -> MeteringRecordID {
        let high: UInt64 = generator.next()
        let low: UInt64 = generator.next()
        return MeteringRecordID(
            high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

extension MeteringRecordID: LosslessStringConvertible {
    /// Reads the dashed form; nil for anything else.
    public init?(_ description: String) {
        var values: [UInt64] = [0, 0]
        var digits = 0
        for (index, byte) in description.utf8.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard digits < 32, let value = Character(Unicode.Scalar(byte)).hexDigitValue
            else { return nil }
            values[digits / 16] = values[digits / 16] << 4 | UInt64(value)
            digits += 1
        }
        guard digits == 32 else { return nil }
        self.init(high: values[0], low: values[1])
    }

    /// The dashed form.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 8 ? high : low
                let byte = UInt8(truncatingIfNeeded: word >> (56 - UInt64(index & 7) * 8))
                buffer[position] = hexDigit(byte >> 4)
                buffer[position + 1] = hexDigit(byte & 15)
                position += 2
            }
            return position
        }
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 48 + value : 87 + value
}
