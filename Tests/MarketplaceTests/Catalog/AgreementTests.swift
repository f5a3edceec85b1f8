import Marketplace
import MeteringAPI
import Testing

@Suite("The life of an agreement")
struct AgreementTests {
    private static let start = SampleMarketplace.now
    private static let end = start.adding(hours: 100)

    private static func agreement(endsAt: Timestamp?) -> Agreement {
        Agreement(
            id: "agmt-1", licenseARN: "arn", productCode: "p", buyerAccountID: "222233334444",
            startsAt: start, endsAt: endsAt)
    }

    /// Milliseconds from the start, the state and whether usage may be reported.
    private static let states: [(Int64, AgreementState, Bool)] = [
        (-1, .pending, false), (0, .active, true), (100 * 3_600_000 - 1, .active, true),
        (100 * 3_600_000, .ending, true), (101 * 3_600_000 - 1, .ending, true),
        (101 * 3_600_000, .ended, false), (.max / 2, .ended, false),
    ]

    @Test("An agreement is pending, active, ending for an hour, ended", arguments: states)
    func state(milliseconds: Int64, state: AgreementState, accepts: Bool) {
        let agreement = Self.agreement(endsAt: Self.end)
        let now = Self.start.adding(milliseconds: milliseconds)
        #expect(agreement.state(at: now) == state)
        #expect(agreement.acceptsUsage(at: now) == accepts)
    }

    @Test("An open-ended agreement stays active")
    func openEnded() {
        let agreement = Self.agreement(endsAt: nil)
        #expect(agreement.state(at: Timestamp(milliseconds: .max)) == .active)
        #expect(agreement.finalUsageUntil == nil)
        #expect(agreement.state(at: Timestamp(milliseconds: .min)) == .pending)
    }

    @Test(
        "An agreement cancelled before it starts is ended at all times and takes no usage",
        arguments: [-61, 0, 3600] as [Int64])
    func endBeforeStart(seconds: Int64) {
        let agreement = Self.agreement(endsAt: Self.start.adding(seconds: -60))
        let now = Self.start.adding(seconds: seconds)
        #expect(agreement.state(at: now) == .ended)
        #expect(!agreement.acceptsUsage(at: now))
        #expect(agreement.finalUsageUntil == nil)
    }

    @Test("Usage of the whole hour counts in which the agreement starts")
    func firstHour() {
        let agreement = Self.agreement(endsAt: nil)
        let hour = Self.start.hour.start
        #expect(hour < Self.start)
        #expect(!agreement.startsAfter(hour))
        #expect(!agreement.startsAfter(Self.start))
        #expect(agreement.startsAfter(hour.adding(milliseconds: -1)))
    }
}
