import Marketplace
import MeteringAPI
import Testing

@Suite("Which timestamps are accepted")
struct ReportingWindowTests {
    private static let hour: Int64 = 3_600_000

    /// A window, and the greatest age in milliseconds that it accepts.
    private static let windows: [(ReportingWindow, Int64)] = [
        (Contract.contract2025January.batchWindow, hour),
        (Contract.contract2025October.batchWindow, 6 * hour - 1),
        (Contract.contract2026February.batchWindow, 6 * hour - 1),
        (Contract.contract2026July.batchWindow, 24 * hour - 1),
        (Contract.contract2026October.batchWindow, 24 * hour - 1),
        (Contract.contract2025January.meterWindow, hour),
        (Contract.contract2025October.meterWindow, 6 * hour),
        (Contract.contract2026October.meterWindow, 6 * hour),
    ]

    @Test("The oldest timestamp is accepted to the millisecond", arguments: windows)
    func oldest(window: ReportingWindow, greatestAge: Int64) {
        let now = SampleMarketplace.now
        let last = now.adding(milliseconds: -greatestAge)
        #expect(window.rejection(of: last, at: now) == nil)
        #expect(window.rejection(of: last.adding(milliseconds: -1), at: now) == .tooOld)
        #expect(window.rejection(of: now, at: now) == nil)
    }

    @Test(
        "Aligned to the hour, all of the hour is accepted in which the limit falls",
        arguments: windows)
    func aligned(window: ReportingWindow, greatestAge: Int64) {
        let now = SampleMarketplace.now
        let first = now.adding(hours: -window.hours).hour.start
        #expect(window.rejection(of: first, at: now, alignment: .hour) == nil)
        let before = first.adding(milliseconds: -1)
        #expect(window.rejection(of: before, at: now, alignment: .hour) == .tooOld)
        #expect(window.rejection(of: first, at: now) == .tooOld, "raw is stricter")
    }

    @Test("Five minutes ahead are accepted, a millisecond more is not", arguments: windows)
    func ahead(window: ReportingWindow, greatestAge: Int64) {
        let now = SampleMarketplace.now
        for alignment in WindowAlignment.allCases {
            let last = now.adding(seconds: 300)
            #expect(window.rejection(of: last, at: now, alignment: alignment) == nil)
            let next = last.adding(milliseconds: 1)
            #expect(window.rejection(of: next, at: now, alignment: alignment) == .tooEarly)
        }
    }

    @Test("A timestamp that is now in milliseconds is told apart from one that is merely ahead")
    func milliseconds() {
        let window = Contract.newest.batchWindow
        let now = SampleMarketplace.now
        let mistaken = Timestamp(seconds: now.milliseconds)
        #expect(window.rejection(of: mistaken, at: now) == .looksLikeMilliseconds)
        #expect(window.rejection(of: now.adding(hours: 24 * 400), at: now) == .tooEarly)
        #expect(window.rejection(of: Timestamp(milliseconds: .max), at: now) == .tooEarly)
        #expect(window.rejection(of: Timestamp(milliseconds: .min), at: now) == .tooOld)
    }

    /// The clock, a timestamp, and why it is refused under the newest contract.
    private static let monthEnds: [(String, String, ReportingWindow.Rejection?)] = [
        ("2026-12-01T05:59:59.999Z", "2026-11-30T23:59:59.999Z", nil),
        ("2026-12-01T05:59:59.999Z", "2026-11-30T06:00:00Z", nil),
        ("2026-12-01T05:59:59.999Z", "2026-11-30T05:59:59.999Z", .tooOld),
        ("2026-12-01T06:00:00Z", "2026-11-30T23:59:59.999Z", .monthClosed),
        ("2026-12-01T06:00:00Z", "2026-12-01T00:00:00Z", nil),
        ("2026-12-01T23:00:00Z", "2026-11-30T23:30:00Z", .monthClosed),
        ("2026-12-01T23:00:00Z", "2026-11-30T22:30:00Z", .tooOld),
        ("2026-12-02T00:00:00Z", "2026-12-01T00:00:00.001Z", nil),
        ("2027-01-01T06:00:00Z", "2026-12-31T23:59:59Z", .monthClosed),
        ("2028-03-01T05:00:00Z", "2028-02-29T12:00:00Z", nil),
        ("2026-11-30T23:58:00Z", "2026-12-01T00:01:00Z", nil),
    ]

    @Test("The previous month closes at 06:00 UTC on the first", arguments: monthEnds)
    func monthEnd(
        clock: String, moment: String, expected: ReportingWindow.Rejection?
    ) throws {
        let now = try #require(Timestamp(iso8601: clock))
        let timestamp = try #require(Timestamp(iso8601: moment))
        #expect(Contract.newest.batchWindow.rejection(of: timestamp, at: now) == expected)
        // The alignment moves the window, not the month.
        if expected == .monthClosed {
            #expect(
                Contract.newest.batchWindow.rejection(
                    of: timestamp, at: now, alignment: .hour) == .monthClosed)
        }
    }

    @Test("Months do not close for MeterUsage, nor under the older contracts")
    func openMonths() throws {
        let now = try #require(Timestamp(iso8601: "2026-12-01T06:00:00Z"))
        let timestamp = now.adding(milliseconds: -6 * Self.hour)
        #expect(Contract.newest.meterWindow.rejection(of: timestamp, at: now) == nil)
        let inNovember = now.adding(milliseconds: -6 * Self.hour + 1)
        let old = Contract.contract2026February.batchWindow
        #expect(old.rejection(of: inNovember, at: now) == nil)
        let justClosed = timestamp.adding(milliseconds: -1)
        #expect(Contract.newest.batchWindow.rejection(of: justClosed, at: now) == .monthClosed)
    }
}
