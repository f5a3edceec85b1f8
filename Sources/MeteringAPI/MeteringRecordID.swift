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
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: word >> (60 - UInt64(index % 16) * 4)) & 15
                buffer[position] = nibble < 10 ? 48 + nibble : 87 + nibble
                position += 1
            }
            return position
        }
    }
}
