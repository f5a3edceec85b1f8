/// An exact amount of usage: at most ten integer digits and six fraction digits.
///
/// Kept as whole millionths in 64 bits, because money hangs on it and binary fractions cannot hold
/// 0.1. Two spellings of one amount (17, 17.0, 17.00) are one value.
public struct Quantity: Sendable, Hashable {
    /// The amount in millionths; never negative.
    public let millionths: Int64

    /// The amount of so many millionths.
    public init(millionths: Int64) {
        self.millionths = millionths
    }

    /// A whole amount.
    public init(_ whole: Int32) {
        millionths = Int64(whole) * Self.millionthsInOne
    }

    /// Nothing used; a real amount all the same, which locks its hour.
    public static let zero = Quantity(millionths: 0)

    package static let millionthsInOne: Int64 = 1_000_000
    package static let fractionDigits = 6
    package static let integerDigits = 10

    /// Reads the API's decimal form, `^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$`; nil for anything else.
    public init?(decimal text: String) {
        var value: Int64 = 0
        var integerDigits = 0
        var fractionDigits = 0
        var inFraction = false
        var first: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if inFraction {
                    fractionDigits += 1
                } else {
                    if integerDigits == 0 { first = byte }
                    integerDigits += 1
                }
                guard integerDigits <= Self.integerDigits, fractionDigits <= Self.fractionDigits
                else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: ".") where !inFraction:
                inFraction = true
            default:
                return nil
            }
        }
        guard integerDigits > 0, !inFraction || fractionDigits > 0 else { return nil }
        guard first != UInt8(ascii: "0") || integerDigits == 1 else { return nil }
        for _ in fractionDigits..<Self.fractionDigits { value *= 10 }
        millionths = value
    }
}

extension Quantity: Comparable {
    /// Orders amounts by value.
    public static func < (left: Quantity, right: Quantity) -> Bool {
        left.millionths < right.millionths
    }
}

extension Quantity: CustomStringConvertible {
    /// The canonical form: no exponent, no trailing zeros.
    public var description: String {
        QuantitySum(self).description
    }
}

/// A sum of quantities, wide enough that no report overflows.
public struct QuantitySum: Sendable, Hashable, CustomStringConvertible {
    /// The sum in millionths.
    public private(set) var millionths: Int128

    /// The sum of nothing.
    public init() {
        millionths = 0
    }

    /// The sum of one quantity.
    public init(_ quantity: Quantity) {
        millionths = Int128(quantity.millionths)
    }

    /// Joins two halves of a sum kept as whole units and the millionths beside them.
    package init(wholes: Int64, millionths: Int64) {
        self.millionths = Int128(wholes) * Int128(Quantity.millionthsInOne) + Int128(millionths)
    }

    /// Adds one quantity, exactly.
    public static func += (sum: inout QuantitySum, quantity: Quantity) {
        sum.millionths += Int128(quantity.millionths)
    }

    /// The canonical form: no exponent, no trailing zeros.
    public var description: String {
        let one = Int128(Quantity.millionthsInOne)
        let whole = String(millionths / one)
        var fraction = String(millionths % one)
        if fraction == "0" { return whole }
        fraction =
            String(repeating: "0", count: Quantity.fractionDigits - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return whole + "." + fraction
    }
}
