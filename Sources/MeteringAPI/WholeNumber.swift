/// The one way from a text of somebody else's to a number.
///
/// Nothing else in the sources reads numbers from texts, so that no number gets past its bounds and
/// into arithmetic that traps.
package enum WholeNumber {
    /// The number that a text spells as numbers are printed, where it lies in the range.
    ///
    /// Nil for everything else: other spellings of the number (`+1`, `01`, `-0`) included.
    package static func read<Text: StringProtocol>(
        _ text: Text, in range: ClosedRange<Int64> = .min ... .max
    ) -> Int64? {
        guard let number = Int64(text), range.contains(number), String(number) == text
        else { return nil }
        return number
    }

    /// The number of so many digits at most, where zeros may stand ahead; nil for everything else.
    package static func digits<Text: StringProtocol>(
        _ text: Text, atMost count: Int, in range: ClosedRange<Int64>
    ) -> Int64? {
        guard (1...min(count, 18)).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 &- 48 < 10 })
        else { return nil }
        let number = text.utf8.reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) }
        return range.contains(number) ? number : nil
    }

    /// The number with a fraction that a text spells; nil for everything else, and where it is
    /// infinite or no number.
    package static func double(_ text: String) -> Double? {
        guard let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// Whether a text is a whole number, however large.
    package static func isSpelled<Text: StringProtocol>(in text: Text) -> Bool {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
        return !digits.isEmpty && text.utf8.count - digits.count <= 1
            && digits.allSatisfy { $0 &- 48 < 10 }
    }
}
