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
    @inlinable
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
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            return Self.textLength
        }
    }
}

extension MeteringRecordID {
    /// Bytes of the dashed form.
    package static let textLength = 36

    /// Writes the dashed form to the first bytes.
    package func write(to output: UnsafeMutableRawBufferPointer) {
        let dash = UInt8(ascii: "-")
        let (first, second) = (hexDigits(high >> 32), hexDigits(high & 0xFFFF_FFFF))
        let (third, fourth) = (hexDigits(low >> 32), hexDigits(low & 0xFFFF_FFFF))
        output.storeBytes(of: first, as: UInt64.self)
        output[8] = dash
        output.storeBytes(of: second.firstHalf, toByteOffset: 9, as: UInt32.self)
        output[13] = dash
        output.storeBytes(of: second.secondHalf, toByteOffset: 14, as: UInt32.self)
        output[18] = dash
        output.storeBytes(of: third.firstHalf, toByteOffset: 19, as: UInt32.self)
        output[23] = dash
        output.storeBytes(of: third.secondHalf, toByteOffset: 24, as: UInt32.self)
        output.storeBytes(of: fourth, toByteOffset: 28, as: UInt64.self)
    }
}

extension UInt64 {
    /// Of eight bytes in memory, the first four.
    fileprivate var firstHalf: UInt32 {
        UInt32(truncatingIfNeeded: littleEndian).littleEndian
    }

    /// Of eight bytes in memory, the last four.
    fileprivate var secondHalf: UInt32 {
        UInt32(truncatingIfNeeded: littleEndian >> 32).littleEndian
    }
}

/// The eight digits of 32 bits, in memory in reading order: all at once, because every record of
/// every answer has an id.
private func hexDigits(_ bits: UInt64) -> UInt64 {
    // One digit's value in each byte, the first in the lowest.
    var values = bits.byteSwapped >> 32
    values = (values | values << 16) & 0x0000_FFFF_0000_FFFF
    values = (values | values << 8) & 0x00FF_00FF_00FF_00FF
    values = (values >> 4 | values << 8) & 0x0F0F_0F0F_0F0F_0F0F
    // 1 where the value is ten or more, and so a letter; letters lie 39 further on than digits.
    let letters = (values &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return (values &+ 0x3030_3030_3030_3030 &+ letters &* 39).littleEndian
}
