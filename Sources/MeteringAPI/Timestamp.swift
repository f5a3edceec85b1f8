/// A moment in milliseconds since 1970-01-01T00:00:00Z.
///
/// What is finer than a millisecond is cut when it is read, never rounded up; numbers beyond the
/// range saturate, and so lie outside every reporting window.
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
    /// Milliseconds since the epoch.
    public let milliseconds: Int64

    /// A moment so many milliseconds after the epoch.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// A moment so many seconds after the epoch.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// The last millisecond of the year 9999, where dates of four digits end.
    package static let endOfCalendar = Timestamp(milliseconds: 253_402_300_799_999)

    /// What AWS answers and tells as the end of what has none: the beginning of the year 9999.
    package static let withoutEnd = Timestamp(milliseconds: 253_370_764_800_000)

    /// Whole seconds since the epoch, rounded towards the past.
    public var seconds: Int64 { milliseconds.flooredQuotient(1000) }

    /// The UTC hour that contains this moment.
    public var hour: Hour { Hour(ordinal: milliseconds.flooredQuotient(Hour.millisecondsPerHour)) }

    /// Orders moments in time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The moment so many seconds later, saturating.
    public func adding(seconds: Int64) -> Timestamp {
        let (offset, tooFar) = seconds.multipliedReportingOverflow(by: 1000)
        return adding(milliseconds: tooFar ? (seconds < 0 ? .min : .max) : offset)
    }

    /// So many milliseconds later, saturating.
    public func adding(milliseconds offset: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(offset)
        return Timestamp(milliseconds: overflow ? (offset < 0 ? .min : .max) : sum)
    }

    /// Milliseconds from an earlier moment to this one, saturating.
    package func milliseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return overflow ? (milliseconds < 0 ? .min : .max) : difference
    }
}

/// A UTC hour, the grain at which usage is counted once.
public struct Hour: Sendable, Hashable, Comparable {
    /// Hours since the epoch.
    public let ordinal: Int64

    /// The hour so many hours after the epoch's first.
    public init(ordinal: Int64) {
        self.ordinal = ordinal
    }

    package static let millisecondsPerHour: Int64 = 3_600_000

    /// The first moment of the hour, saturating.
    public var start: Timestamp {
        let (product, overflow) = ordinal.multipliedReportingOverflow(by: Self.millisecondsPerHour)
        return Timestamp(milliseconds: overflow ? (ordinal < 0 ? .min : .max) : product)
    }

    /// Orders hours in time.
    public static func < (left: Hour, right: Hour) -> Bool { left.ordinal < right.ordinal }
}

extension Int64 {
    /// The quotient rounded towards negative infinity, for a positive divisor.
    package func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
