/// A JSON number read as an exact decimal, scaled and cut; no floating point on the way.
package struct JSONNumber: Sendable {
    /// The number times ten to the power of the scale, rounded towards negative infinity and
    /// saturated to 64 bits.
    package let scaled: Int64
    /// Whether something other than zero was cut.
    package let isCut: Bool

    /// Reads the spelling of a well-formed JSON number.
    package init(_ bytes: some Collection<UInt8>, scale: Int) {
        if let whole = Self.whole(bytes), let unit = Self.unit(scale) {
            scaled = whole * unit
            isCut = false
            return
        }
        let spelling = Spelling(bytes)
        // Digits beyond this count never change a saturated 64-bit result.
        let exponent = spelling.exponent + scale
        var magnitude: UInt64 = 0
        var overflow = false
        var cut = false
        let kept = spelling.digits.count + exponent
        for (index, digit) in spelling.digits.enumerated() {
            guard index < kept else {
                cut = cut || digit != 0
                continue
            }
            let (product, tooBig) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
            overflow = overflow || tooBig || carried
            magnitude = sum
        }
        if exponent > 0, magnitude != 0 || overflow {
            for _ in 0..<min(exponent, 20) {
                let (product, tooBig) = magnitude.multipliedReportingOverflow(by: 10)
                overflow = overflow || tooBig
                magnitude = product
            }
        }
        isCut = cut
        let limit = UInt64(Int64.max)
        if overflow || magnitude > limit {
            scaled = spelling.isNegative ? .min : .max
        } else if spelling.isNegative {
            scaled = -Int64(magnitude) - (cut ? 1 : 0)
        } else {
            scaled = Int64(magnitude)
        }
    }
}

extension JSONNumber {
    /// What one is at the scales that are in use.
    private static func unit(_ scale: Int) -> Int64? {
        switch scale {
        case 0: 1
        case 3: 1000
        case 6: 1_000_000
        default: nil
        }
    }

    /// The number if it has up to twelve digits and nothing else, as nearly all have; at any scale
    /// in use it then fits.
    private static func whole(_ bytes: some Collection<UInt8>) -> Int64? {
        guard bytes.count <= 12 else { return nil }
        var value: Int64 = 0
        for byte in bytes {
            guard byte &- 48 < 10 else { return nil }
            value = value &* 10 &+ Int64(byte &- 48)
        }
        return value
    }
}

/// A number's sign, digits without leading zeros, and power of ten.
private struct Spelling {
    var isNegative = false
    var digits: [UInt8] = []
    var exponent = 0

    /// Far beyond any number that matters, far below what overflows when added up.
    static let exponentLimit = 1_000_000_000

    init(_ bytes: some Collection<UInt8>) {
        var inFraction = false
        var exponentSign = 1
        var inExponent = false
        var written = 0
        digits.reserveCapacity(20)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "-"): if inExponent { exponentSign = -1 } else { isNegative = true }
            case UInt8(ascii: "+"): break
            case UInt8(ascii: "."): inFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
            default:
                let digit = byte &- 48
                if inExponent {
                    written = min(written * 10 + Int(digit), Self.exponentLimit)
                    continue
                }
                if inFraction { exponent -= 1 }
                if digit != 0 || !digits.isEmpty { digits.append(digit) }
            }
        }
        exponent += exponentSign * written
    }
}
