import Foundation
import MeteringAPI
import Testing

@Suite("Moments, hours and days")
struct TimeTests {
    /// Milliseconds, the hour's number and the first millisecond of that hour.
    private static let hours: [(Int64, Int64, Int64)] = [
        (0, 0, 0), (3_599_999, 0, 0), (3_600_000, 1, 3_600_000), (-1, -1, -3_600_000),
        (-3_600_000, -1, -3_600_000), (-3_600_001, -2, -7_200_000),
        (1_795_437_296_789, 498_732, 1_795_435_200_000),
    ]

    @Test("A moment belongs to the UTC hour that began before it", arguments: hours)
    func hour(milliseconds: Int64, ordinal: Int64, start: Int64) {
        let hour = Timestamp(milliseconds: milliseconds).hour
        #expect(hour == Hour(ordinal: ordinal))
        #expect(hour.start.milliseconds == start)
    }

    @Test("At the ends of time moments stay what they are, and nothing overflows")
    func saturation() {
        let first = Timestamp(milliseconds: .min)
        let last = Timestamp(milliseconds: .max)
        #expect(Timestamp(seconds: .max) == last)
        #expect(Timestamp(seconds: .min) == first)
        #expect(last.adding(seconds: 1) == last)
        #expect(first.adding(seconds: -1) == first)
        #expect(Timestamp(milliseconds: 0).adding(seconds: .max) == last)
        #expect(last.milliseconds(since: first) == .max)
        #expect(first.milliseconds(since: last) == .min)
        #expect(first.hour.start == first)
        #expect(last.hour.start < last)
        #expect(Hour(ordinal: .max).start == last)
        #expect(Hour(ordinal: .min).start == first)
    }

    @Test("The ends of time have a text, too", arguments: [Int64.min, .min + 1, .max])
    func textsOfTheEnds(milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601.hasSuffix("Z"))
    }

    @Test("Seconds are cut towards the past")
    func seconds() {
        #expect(Timestamp(milliseconds: 1999).seconds == 1)
        #expect(Timestamp(milliseconds: -1).seconds == -1)
        #expect(Timestamp(milliseconds: -1000).seconds == -1)
    }

    @Test("Days are those of Foundation's calendar, from 1600 to 9999")
    func days() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let days = Int64.random(in: -135_000...2_932_000, using: &generator)
            let date = CalendarDate(daysSinceEpoch: days)
            let foundation = Date(timeIntervalSince1970: Double(days) * 86_400)
            let expected = calendar.dateComponents([.year, .month, .day], from: foundation)
            #expect(Int(date.year) == expected.year)
            #expect(date.month == expected.month)
            #expect(date.day == expected.day)
            #expect(date.daysSinceEpoch == days)
            #expect(date.exists)
        }
    }

    @Test("Every day of four centuries is followed by the next")
    func consecutiveDays() {
        var before = CalendarDate(daysSinceEpoch: -1)
        for days in Int64(0)...146_097 {
            let date = CalendarDate(daysSinceEpoch: days)
            let isNext =
                date.year == before.year && date.month == before.month
                && date.day == before.day + 1
                || date.day == 1 && (28...31).contains(before.day)
                    && (date.month == before.month + 1 || (date.month, before.month) == (1, 12))
            if !isNext { Issue.record("\(before) is followed by \(date)") }
            before = date
        }
    }

    /// Year, month, day, and whether the calendar has it.
    private static let existence: [(Int64, Int, Int, Bool)] = [
        (2024, 2, 29, true), (2026, 2, 29, false), (2000, 2, 29, true), (1900, 2, 29, false),
        (2026, 4, 31, false), (2026, 12, 31, true), (2026, 0, 1, false), (2026, 13, 1, false),
        (2026, 1, 0, false), (2026, 1, 32, false),
    ]

    @Test("Leap years are the calendar's", arguments: existence)
    func exists(year: Int64, month: Int, day: Int, expected: Bool) {
        #expect(CalendarDate(year: year, month: month, day: day).exists == expected)
    }

    /// A moment and the start of its month.
    private static let months = [
        ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-11-30T23:59:59.999Z", "2026-11-01T00:00:00Z"),
        ("2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-01T00:00:00Z"),
    ]

    @Test("A month begins on its first at midnight UTC", arguments: months)
    func monthStart(moment: String, start: String) throws {
        let timestamp = try #require(Timestamp(iso8601: moment))
        #expect(timestamp.monthStart.iso8601 == start)
    }
}

@Suite("ISO 8601")
struct ISO8601Tests {
    /// A text, the moment in milliseconds and its canonical text.
    private static let texts: [(String, Int64, String)] = [
        ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
        ("2015-08-30T12:36:00Z", 1_440_938_160_000, "2015-08-30T12:36:00Z"),
        ("2015-08-30t12:36:00z", 1_440_938_160_000, "2015-08-30T12:36:00Z"),
        ("2015-08-30 12:36:00Z", 1_440_938_160_000, "2015-08-30T12:36:00Z"),
        ("2015-08-30T12:36Z", 1_440_938_160_000, "2015-08-30T12:36:00Z"),
        ("2015-08-30T14:06:00+01:30", 1_440_938_160_000, "2015-08-30T12:36:00Z"),
        ("2015-08-30T02:36:00-10:00", 1_440_938_160_000, "2015-08-30T12:36:00Z"),
        ("2015-08-31T00:36:00+12:00", 1_440_938_160_000, "2015-08-30T12:36:00Z"),
        ("2026-12-01T05:59:00.5Z", 1_796_104_740_500, "2026-12-01T05:59:00.500Z"),
        ("2026-12-01T05:59:00.123999999Z", 1_796_104_740_123, "2026-12-01T05:59:00.123Z"),
        ("1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000, "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000, "9999-12-31T23:59:59Z"),
    ]

    @Test("A moment is read in UTC or with an offset, and written in UTC", arguments: texts)
    func text(text: String, milliseconds: Int64, canonical: String) {
        let timestamp = Timestamp(iso8601: text)
        #expect(timestamp?.milliseconds == milliseconds)
        #expect(timestamp?.iso8601 == canonical)
    }

    @Test(
        "What names no moment is refused",
        arguments: [
            "", "2026", "2026-12-01", "2026-12-01T", "2026-12-01T05", "2026-12-01T05:59:00",
            "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-12-00T00:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T00:60:00Z",
            "2026-12-01T00:00:60Z", "2026-12-01T00:00:00.Z", "2026-12-01T00:00:00.1234567890Z",
            "2026-12-01T00:00:00+1:00", "2026-12-01T00:00:00+0100", "2026-12-01T00:00:00+24:00",
            "2026-12-01T00:00:00Z ", " 2026-12-01T00:00:00Z", "26-12-01T00:00:00Z", "now",
            "2026-12-01T00:00:00,5Z", "20261201T000000Z", "+2026-12-01T00:00:00Z",
            "２026-12-01T00:00:00Z", "1795437296",
        ])
    func refused(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("Any moment survives being written and read, and Foundation writes the same")
    func roundTrip() {
        var generator = SeededGenerator(seed: 4)
        let style = Date.ISO8601FormatStyle()
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -11_644_473_600...253_402_300_799, using: &generator)
            let millisecond = Int64.random(in: 0...999, using: &generator)
            let timestamp = Timestamp(milliseconds: seconds * 1000 + millisecond)
            #expect(Timestamp(iso8601: timestamp.iso8601) == timestamp)
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(Timestamp(seconds: seconds).iso8601 == style.format(date))
        }
    }
}
