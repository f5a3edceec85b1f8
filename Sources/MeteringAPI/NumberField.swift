/// A number that somebody outside may send: its name, and what it may be.
///
/// Bodies, files, queries and headers are read by these and not by names, so that no number goes
/// into arithmetic without its bounds. The OpenAPI document prints the same bounds.
package struct NumberField: Sendable {
    package let name: String
    /// How many decimals it may have: none, or three.
    package let precision: Precision
    /// What it may be, in units of its last decimal.
    package let range: ClosedRange<Int64>
    /// What is said of a number that is outside.
    package let bound: String

    /// Whether a number has decimals: none, or up to three.
    package enum Precision: Sendable {
        case whole, thousandths
    }

    package init(
        _ name: String, _ precision: Precision = .whole, in range: ClosedRange<Int64>,
        _ bound: String
    ) {
        self.name = name
        self.precision = precision
        self.range = range
        self.bound = bound
    }

    /// What is said of what is no such number at all.
    package var expectation: String {
        switch precision {
        case .whole: "a whole number is expected"
        case .thousandths: "a number with at most three decimals is expected"
        }
    }
}
