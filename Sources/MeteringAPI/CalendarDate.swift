/// A day of the proleptic Gregorian calendar, in UTC.
///
/// Computed with integers (days from civil, after Howard Hinnant), because date formatters cost
/// a thousand times as much and the rules need a month's start on every request.
package struct CalendarDate: Sendable, Hashable {
    package let year: Int64
    package let month: Int
    package let day: Int

    package init(year: Int64, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that is so many days after 1970-01-01.
    package init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The months as headers and AWS's trail write them, in English.
    package static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Whether the calendar has this day.
    package var exists: Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        return CalendarDate(daysSinceEpoch: daysSinceEpoch) == self
    }
}

extension Timestamp {
    package static let millisecondsInDay: Int64 = 86_400_000

    package var date: CalendarDate {
        CalendarDate(daysSinceEpoch: milliseconds.flooredQuotient(Self.millisecondsInDay))
    }

    /// The first moment of the calendar month (UTC) that contains this one.
    package var monthStart: Timestamp {
        let date = date
        let first = CalendarDate(year: date.year, month: date.month, day: 1)
        // The month of the first moment of all begins below 64 bits.
        let (start, isBelow) = first.daysSinceEpoch.multipliedReportingOverflow(
            by: Self.millisecondsInDay)
        return Timestamp(milliseconds: isBelow ? .min : start)
    }

    /// The first moment of the next calendar month.
    package var nextMonthStart: Timestamp {
        // No month has more than 31 days, and none fewer than 28.
        monthStart.adding(seconds: 31 * 86_400).monthStart
    }

    /// ISO 8601 in UTC, with milliseconds only where there are some: `2026-12-01T05:59:00Z`.
    package var iso8601: String {
        let date = date
        // Not from the day's start: that of the first day of all lies below 64 bits.
        let remainder = milliseconds % Self.millisecondsInDay
        let rest = remainder < 0 ? remainder + Self.millisecondsInDay : remainder
        let second = rest / 1000
        var text = "\(padded(date.year, 4))-\(padded(Int64(date.month), 2))"
        text += "-\(padded(Int64(date.day), 2))T\(padded(second / 3600, 2))"
        text += ":\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        if rest % 1000 != 0 { text += ".\(padded(rest % 1000, 3))" }
        return text + "Z"
    }

    /// Whether the moment is in a year of four digits, 0000 to 9999, as all forms of times have.
    package var hasFourDigitYear: Bool { (0...9999).contains(date.year) }

    /// Reads ISO 8601 in UTC (`2026-12-01T05:59:00Z`, with up to nine fraction digits, or an
    /// offset such as `+01:00`); nil for anything else, and for what the offset leads out of the
    /// years of four digits.
    package init?(iso8601 text: String) {
        var reader = DigitReader(text)
        guard let year = reader.digits(4), reader.skip("-"),
            let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2)
        else { return nil }
        var second: Int64 = 0
        if reader.skip(":") {
            guard let given = reader.digits(2) else { return nil }
            second = given
        }
        var millisecond: Int64 = 0
        if reader.skip(".") {
            guard let fraction = reader.fractionInMilliseconds() else { return nil }
            millisecond = fraction
        }
        let date = CalendarDate(year: year, month: Int(month), day: Int(day))
        guard let offset = reader.offsetInMinutes(), reader.isAtEnd,
            let time = Timestamp(date, hour: hour, minute: minute, second: second)
        else { return nil }
        self.init(milliseconds: time.milliseconds - offset * 60_000 + millisecond)
        if !hasFourDigitYear { return nil }
    }

    /// A second of a day in UTC; nil where there is none of that name.
    package init?(_ date: CalendarDate, hour: Int64, minute: Int64, second: Int64) {
        guard date.exists, 0..<24 ~= hour, 0..<60 ~= minute, 0..<60 ~= second else { return nil }
        self.init(seconds: date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second)
    }
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return digits.utf8.count >= width
        ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
}

private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = Substring(text).utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let byte = rest.popFirst(), (48...57).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        return value
    }

    mutating func fractionInMilliseconds() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let byte = rest.first, (48...57).contains(byte) {
            rest.removeFirst()
            if count < 3 { value = value * 10 + Int64(byte - 48) }
            count += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in min(count, 3)..<3 { value *= 10 }
        return value
    }

    mutating func offsetInMinutes() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : (skip("+") ? 1 : 0)
        guard sign != 0, let hours = digits(2), hours < 24, skip(":"),
            let minutes = digits(2), minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
