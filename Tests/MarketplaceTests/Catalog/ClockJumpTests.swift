import Marketplace
import MeteringAPI
import Testing

@Suite("Jumps of the clock to moments that have names")
struct ClockJumpTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let from: String
        let jump: ClockJump
        let to: String

        init(_ jump: ClockJump, from: String, to: String) {
            testDescription = "\(jump) from \(from)"
            self.from = from
            self.jump = jump
            self.to = to
        }
    }

    private static let product = ClockJump.windowEdge(productCode: "saas")
    private static let database = ClockJump.windowEdge(productCode: "ami")

    private static let rows = [
        Row(.nextHour, from: "2026-12-10T12:34:56Z", to: "2026-12-10T13:00:00Z"),
        Row(.nextHour, from: "2026-12-10T13:00:00Z", to: "2026-12-10T14:00:00Z"),
        Row(.monthEnd, from: "2026-12-10T12:34:56Z", to: "2026-12-31T23:55:00Z"),
        Row(.monthEnd, from: "2026-12-31T23:54:59Z", to: "2026-12-31T23:55:00Z"),
        Row(.monthEnd, from: "2026-12-31T23:55:00Z", to: "2027-01-31T23:55:00Z"),
        Row(.monthEnd, from: "2027-01-31T23:59:00Z", to: "2027-02-28T23:55:00Z"),
        Row(.monthClose, from: "2026-12-10T12:34:56Z", to: "2027-01-01T05:55:00Z"),
        Row(.monthClose, from: "2027-01-01T05:54:00Z", to: "2027-01-01T05:55:00Z"),
        Row(.monthClose, from: "2027-01-01T05:55:00Z", to: "2027-02-01T05:55:00Z"),
        Row(product, from: "2026-12-10T12:34:56Z", to: "2026-12-11T12:34:55Z"),
        Row(product, from: "2026-12-31T12:00:00Z", to: "2027-01-01T05:59:59Z"),
        Row(database, from: "2026-12-10T12:00:00Z", to: "2026-12-10T17:59:59.001Z"),
        Row(
            .graceEnd(agreementID: "ending"), from: "2026-12-10T12:00:00Z",
            to: "2026-12-20T00:59:59Z"),
    ]

    private static func edit(at now: Timestamp) throws -> CatalogEdit {
        var market = SampleMarketplace()
        let end = try #require(Timestamp(iso8601: "2026-12-20T00:00:00Z"))
        market.agree(on: "saas", SampleMarketplace.otherBuyer, endsAt: end, id: "ending")
        market.put(
            .clock(
                try MarketplaceClock().changed(
                    by: .frozen(at: now), real: SampleMarketplace.now)))
        return CatalogEdit(
            catalog: market.catalog, now: now, realNow: SampleMarketplace.now)
    }

    @Test("A jump leads there", arguments: rows)
    func target(row: Row) throws {
        let from = try #require(Timestamp(iso8601: row.from))
        var edit = try Self.edit(at: from)
        let clock = try edit.jump(to: row.jump, contract: .newest, alignment: .raw)
        #expect(clock.mode == .frozen)
        #expect(clock.now(real: SampleMarketplace.now).iso8601 == row.to)
    }

    @Test(
        "The window's edge is the last second in which usage is accepted",
        arguments: WindowAlignment.allCases)
    func edge(alignment: WindowAlignment) throws {
        let from = try #require(Timestamp(iso8601: "2026-12-10T12:34:56Z"))
        var edit = try Self.edit(at: from)
        let edge = try edit.jump(to: Self.product, contract: .newest, alignment: alignment)
            .now(real: SampleMarketplace.now)
        let window = Contract.newest.batchWindow
        #expect(window.rejection(of: from, at: edge, alignment: alignment) == nil)
        let after = edge.adding(seconds: 1)
        #expect(window.rejection(of: from, at: after, alignment: alignment) == .tooOld)
    }

    @Test(
        "A jump to a moment that is not there is refused",
        arguments: [
            (ClockJump.windowEdge(productCode: "none"), "productCode"),
            (.graceEnd(agreementID: "none"), "agreementId"),
            (.graceEnd(agreementID: SampleMarketplace.openAgreement), "agreementId"),
        ])
    func impossible(jump: ClockJump, field: String) throws {
        var edit = try Self.edit(at: SampleMarketplace.now)
        let refusal = try #require(throws: Contradiction.self) {
            try edit.jump(to: jump, contract: .newest, alignment: .raw)
        }
        #expect(refusal.objections.map(\.field) == [field])
    }
}

extension SampleMarketplace {
    /// An agreement without an end.
    fileprivate static let openAgreement = "agmt-saas-\(buyer)"
}
