/// A value that breaks a constraint of the model.
public struct Violation: Sendable, Hashable {
    /// Where it stands: lower-camel names, list members from 1
    /// (`usageRecords.1.member.dimension`).
    public let path: String
    /// The value as text; nil for lists and structures, which are not printed.
    public let value: Value
    /// The constraint's text, `Member must not be null` for example.
    public let constraint: String

    package init(path: String, value: Value, constraint: String) {
        self.path = path
        self.value = value
        self.constraint = constraint
    }

    /// What of the value is printed.
    public enum Value: Sendable, Hashable {
        case absent
        case scalar(String)
        case aggregate
    }
}

extension Sequence<Violation> {
    /// The text of the ValidationException that reports these, at most ten of them.
    package var validationMessage: String {
        let shown = prefix(ModelLimits.reportedViolations).map(\.text)
        let count = shown.count == 1 ? "1 validation error" : "\(shown.count) validation errors"
        return "\(count) detected: " + shown.joined(separator: "; ")
    }
}

extension Violation {
    fileprivate var text: String {
        let subject =
            switch value {
            case .absent: "Value null at '\(path)'"
            case .scalar(let value): "Value '\(value)' at '\(path)'"
            case .aggregate: "Value at '\(path)'"
            }
        return "\(subject) failed to satisfy constraint: \(constraint)"
    }
}

/// Collects violations in the model's order, as many as are reported: a megabyte of empty records
/// breaks a million constraints.
struct ConstraintChecker {
    private(set) var violations: [Violation] = []

    /// The text is made only for what is wrong, because almost nothing is.
    mutating func violate(
        _ path: @autoclosure () -> String, _ value: Violation.Value, _ constraint: String
    ) {
        guard violations.count < ModelLimits.reportedViolations else { return }
        violations.append(Violation(path: path(), value: value, constraint: constraint))
    }

    mutating func require(_ isPresent: Bool, _ path: @autoclosure () -> String) {
        if !isPresent { violate(path(), .absent, "Member must not be null") }
    }

    mutating func text(
        _ text: String?, _ path: @autoclosure () -> String,
        length: ClosedRange<Int> = 0...Int.max, pattern: Pattern = .any
    ) {
        guard let text else { return }
        // Lengths count characters as AWS's Java framework does: UTF-16 code units, of which a text
        // has no more than bytes.
        if text.utf8.count > length.upperBound, text.utf16.count > length.upperBound {
            violate(
                path(), .scalar(text),
                "Member must have length less than or equal to \(length.upperBound)")
        }
        // Where there is a byte, there is a unit.
        let least = length.lowerBound
        if text.utf8.count < least || least > 1 && text.utf16.count < least {
            violate(
                path(), .scalar(text),
                "Member must have length greater than or equal to \(length.lowerBound)")
        }
        if !pattern.matches(text) {
            violate(
                path(), .scalar(text),
                "Member must satisfy regular expression pattern: \(pattern.source)")
        }
    }

    mutating func integer(
        _ value: Int64?, _ path: @autoclosure () -> String, in range: ClosedRange<Int64>
    ) {
        guard let value else { return }
        if value > range.upperBound {
            violate(
                path(), .scalar(String(value)),
                "Member must have value less than or equal to \(range.upperBound)")
        }
        if value < range.lowerBound {
            violate(
                path(), .scalar(String(value)),
                "Member must have value greater than or equal to \(range.lowerBound)")
        }
    }

    mutating func count(
        _ count: Int, _ path: @autoclosure () -> String, in range: ClosedRange<Int>
    ) {
        if count > range.upperBound {
            violate(
                path(), .aggregate,
                "Member must have length less than or equal to \(range.upperBound)")
        }
        if count < range.lowerBound {
            violate(
                path(), .aggregate,
                "Member must have length greater than or equal to \(range.lowerBound)")
        }
    }
}
