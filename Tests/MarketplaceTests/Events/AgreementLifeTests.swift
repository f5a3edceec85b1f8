import Marketplace
import MeteringAPI
import Testing

@Suite("What the seller is told of an agreement")
struct AgreementLifeTests {
    private static let start = SampleMarketplace.now
    private static let day: Int64 = 86_400

    /// A marketplace whose time a test moves, with what was told so far.
    private struct Life {
        private var catalog: Catalog
        private var clock: MarketplaceClock
        private(set) var events: [MarketplaceEvent] = []
        private var names = 0

        init() throws {
            catalog = SampleMarketplace().catalog
            clock = try MarketplaceClock().changed(
                by: .frozen(at: AgreementLifeTests.start), real: AgreementLifeTests.start)
            catalog.put(.clock(clock))
            try edit { _ in }
            events = []
        }

        var now: Timestamp { catalog.clock.now(real: AgreementLifeTests.start) }

        @discardableResult
        mutating func edit<Value>(
            _ body: (inout CatalogEdit) throws -> Value
        ) throws -> Value {
            var edit = CatalogEdit(
                catalog: catalog, now: now, realNow: AgreementLifeTests.start)
            let value = try body(&edit)
            _ = edit.settle()
            catalog = edit.catalog
            for case .publish(let event, _) in edit.changes { events.append(event) }
            return value
        }

        mutating func advance(days: Int64 = 0, hours: Int64 = 0) throws {
            let seconds = days * AgreementLifeTests.day + hours * 3600
            try edit { _ = try $0.changeClock(.advance(milliseconds: seconds * 1000)) }
        }

        /// An agreement of the second buyer, which has none yet.
        mutating func agree(
            on product: String, days: Int64? = nil,
            _ change: (inout CatalogEdit.AgreementDraft) -> Void = { _ in }
        ) throws -> Agreement {
            names += 1
            var draft = CatalogEdit.AgreementDraft(
                productCode: product, buyerAccountID: SampleMarketplace.otherBuyer)
            draft.terms.endsAt = days.map { now.adding(seconds: $0 * AgreementLifeTests.day) }
            change(&draft)
            let name = "new\(names)"
            return try edit { try $0.addAgreement(draft, random: name) }
        }

        /// What was told since the last time, each with the hours since the beginning.
        mutating func told() -> [String] {
            defer { events = [] }
            return events.map { event in
                let hours = event.time.milliseconds(since: AgreementLifeTests.start) / 3_600_000
                return "\(hours) \(event.kind)"
            }
        }

        func agreement(_ id: String) throws -> Agreement { try #require(catalog.agreements[id]) }
    }

    @Test("A new agreement is created, and its licence updated, at once")
    func newAgreement() throws {
        var life = try Life()
        _ = try life.agree(on: "saas")
        #expect(life.told() == ["0 agreementCreated", "0 licenseUpdated"])
        _ = try life.agree(on: "legacy")
        #expect(
            life.told() == ["0 agreementCreated", "0 licenseUpdated", "0 subscribeSuccess"])
    }

    @Test("The licence of an agreement for later is updated when it starts")
    func laterStart() throws {
        var life = try Life()
        let start = Self.start.adding(hours: 30)
        _ = try life.agree(on: "saas") { $0.startsAt = start }
        #expect(life.told() == ["0 agreementCreated"])
        try life.advance(hours: 29)
        #expect(life.told().isEmpty)
        try life.advance(hours: 10)
        #expect(life.told() == ["30 licenseUpdated"])
    }

    @Test("A cancellation is told at once, and the older generation again an hour later")
    func cancellation() throws {
        var life = try Life()
        let agreement = try life.agree(on: "legacy")
        _ = life.told()
        try life.advance(hours: 5)
        try life.edit { _ = try $0.cancelAgreement(agreement.id, at: nil) }
        #expect(
            life.told() == ["5 agreementEnded", "5 licenseDeprovisioned", "5 unsubscribePending"])
        #expect(try life.agreement(agreement.id).end == .cancelled)
        try life.advance(hours: 2)
        #expect(life.told() == ["6 unsubscribeSuccess"])
    }

    @Test("The final message is not sent to a buyer who came back within the hour")
    func comeBack() throws {
        var life = try Life()
        let agreement = try life.agree(on: "legacy")
        try life.edit { _ = try $0.cancelAgreement(agreement.id, at: nil) }
        _ = life.told()
        _ = try life.agree(on: "legacy")
        #expect(
            life.told() == ["0 agreementCreated", "0 licenseUpdated", "0 subscribeSuccess"])
        try life.advance(hours: 2)
        #expect(life.told().isEmpty)
    }

    @Test("An agreement that runs out is announced from 180 days before")
    func expiry() throws {
        var life = try Life()
        let agreement = try life.agree(on: "saas", days: 365)
        _ = life.told()
        try life.advance(days: 400)
        #expect(
            life.told() == [
                "\(185 * 24) agreementEnding", "\(245 * 24) agreementEnding",
                "\(275 * 24) agreementEnding", "\(305 * 24) agreementEnding",
                "\(335 * 24) agreementEnding", "\(365 * 24) agreementEnded",
                "\(365 * 24) licenseDeprovisioned",
            ])
        #expect(try life.agreement(agreement.id).end == .expired)
    }

    @Test("An automatic renewal begins at the end, for as long, again and again")
    func automaticRenewal() throws {
        var life = try Life()
        let agreement = try life.agree(on: "saas", days: 20) {
            $0.terms.renewsAutomatically = true
        }
        _ = life.told()
        try life.advance(days: 21)
        #expect(
            life.events.filter { $0.kind == .agreementCreated }.map(\.agreement.previousID)
                == [agreement.id])
        let renewed = try #require(life.events.first?.agreement)
        #expect(
            life.told() == [
                "480 agreementCreated", "480 agreementEnded", "480 licenseDeprovisioned",
                "480 licenseUpdated",
            ])
        #expect(renewed.intent == .renew)
        #expect(renewed.startsAt == agreement.endsAt)
        #expect(renewed.length == 20 * Self.day * 1000)
        #expect(renewed.licenseARN != agreement.licenseARN)
        #expect(try life.agreement(agreement.id).end == .renewed)
        try life.advance(days: 20)
        #expect(life.told().count == 4)
    }

    @Test("A renewal lasts as long as what it renews, to the millisecond")
    func renewalLength() throws {
        var life = try Life()
        let end = Self.start.adding(milliseconds: 7_200_500)
        let agreement = try life.agree(on: "saas") {
            $0.terms.endsAt = end
            $0.terms.renewsAutomatically = true
        }
        try life.advance(hours: 3)
        let renewed = try #require(life.events.first { $0.agreement.id != agreement.id })
        #expect(renewed.agreement.length == 7_200_500)
    }

    @Test("An agreement that would follow itself for ever is refused")
    func shortRenewal() throws {
        var life = try Life()
        let now = life.now
        let refusal = try #require(throws: Contradiction.self) {
            try life.agree(on: "saas") {
                $0.terms.endsAt = now.adding(milliseconds: 3_599_999)
                $0.terms.renewsAutomatically = true
            }
        }
        #expect(refusal.objections.map(\.field) == ["autoRenew"])
        let longer = try life.agree(on: "saas") { $0.terms.endsAt = now.adding(seconds: 60) }
        var terms = CatalogEdit.AgreementTerms()
        terms.renewsAutomatically = true
        #expect(throws: Contradiction.self) {
            try life.edit { _ = try $0.amendAgreement(longer.id, terms) }
        }
    }

    @Test("Where a buyer has one agreement, one that renews itself leaves no room after its end")
    func renewalLeavesNoRoom() throws {
        var life = try Life()
        let first = try life.agree(on: "legacy", days: 20)
        let end = Self.start.adding(hours: 20 * 24)
        let later = try life.agree(on: "legacy") { $0.startsAt = end }
        var terms = CatalogEdit.AgreementTerms()
        terms.renewsAutomatically = true
        let amended = try #require(throws: Contradiction.self) {
            try life.edit { _ = try $0.amendAgreement(first.id, terms) }
        }
        #expect(amended.objections[0].reason.contains("has the agreement '\(later.id)'"))
        try life.edit { _ = try $0.cancelAgreement(later.id, at: nil) }
        try life.edit { _ = try $0.amendAgreement(first.id, terms) }
        let added = try #require(throws: Contradiction.self) {
            try life.agree(on: "legacy") { $0.startsAt = end }
        }
        #expect(added.kind == .conflict)
    }

    @Test("A renewal that is cancelled before it began leaves the agreement as it was")
    func cancelledRenewal() throws {
        var life = try Life()
        let agreement = try life.agree(on: "legacy", days: 2)
        let renewed = try life.edit { edit in
            try edit.renewAgreement(agreement.id, CatalogEdit.Succession(), random: "renewed")
        }
        try life.edit { _ = try $0.cancelAgreement(renewed.id, at: nil) }
        #expect(try life.agreement(agreement.id).end == .expired)
        _ = life.told()
        try life.edit { _ = try $0.amendAgreement(agreement.id, .init()) }
        _ = life.told()
        try life.advance(days: 3)
        #expect(
            life.told() == [
                "48 agreementEnded", "48 licenseDeprovisioned", "48 unsubscribePending",
                "49 unsubscribeSuccess",
            ])
    }

    @Test("Of agreements that close one after the other, the last says that it is over")
    func comeBackAndLeave() throws {
        var life = try Life()
        let first = try life.agree(on: "legacy")
        try life.edit { _ = try $0.cancelAgreement(first.id, at: nil) }
        let half = Int64(1_800_000)
        try life.edit { _ = try $0.changeClock(.advance(milliseconds: half)) }
        let second = try life.agree(on: "legacy")
        let third = try life.edit { edit in
            try edit.replaceAgreement(second.id, CatalogEdit.Succession(), random: "third")
        }
        try life.edit { _ = try $0.cancelAgreement(third.id, at: nil) }
        try life.advance(hours: 2)
        let final = life.events.filter { $0.kind == .unsubscribeSuccess }
        #expect(final.map(\.agreement.id) == [third.id])
        #expect(final.map { $0.time.milliseconds(since: Self.start) } == [half + 3_600_000])
    }

    @Test("A renewal of the older generation is one update of entitlements")
    func legacyRenewal() throws {
        var life = try Life()
        let agreement = try life.agree(on: "legacy", days: 20)
        let renewed = try life.edit { edit in
            try edit.renewAgreement(agreement.id, CatalogEdit.Succession(), random: "renewed")
        }
        #expect(renewed.previousID == agreement.id)
        #expect(renewed.state(at: life.now) == .pending)
        _ = life.told()
        try life.advance(days: 20, hours: 3)
        #expect(
            life.told() == [
                "480 agreementEnded", "480 licenseDeprovisioned", "480 licenseUpdated",
                "480 entitlementUpdated",
            ])
    }

    @Test("A replacement ends one agreement and begins another at one moment")
    func replacement() throws {
        var life = try Life()
        let agreement = try life.agree(on: "saas")
        _ = life.told()
        try life.advance(hours: 1)
        let other = try life.edit { edit in
            try edit.replaceAgreement(agreement.id, CatalogEdit.Succession(), random: "other")
        }
        #expect(other.intent == .replace)
        #expect(other.previousID == agreement.id)
        #expect(
            life.told() == [
                "1 agreementCreated", "1 agreementEnded", "1 licenseDeprovisioned",
                "1 licenseUpdated",
            ])
        #expect(try life.agreement(agreement.id).end == .replaced)
    }

    @Test("An amendment keeps id and licence, and a new end is announced anew")
    func amendment() throws {
        var life = try Life()
        let agreement = try life.agree(on: "saas", days: 50)
        try life.advance(days: 30)
        #expect(life.told().last == "480 agreementEnding")
        var terms = CatalogEdit.AgreementTerms()
        terms.endsAt = life.now.adding(seconds: 70 * Self.day)
        let amended = try life.edit { try $0.amendAgreement(agreement.id, terms) }
        #expect(amended.id == agreement.id && amended.licenseARN == agreement.licenseARN)
        #expect(life.events.first?.agreement.intent == .amend)
        #expect(life.told() == ["720 agreementAmended", "720 licenseUpdated"])
        try life.advance(days: 45)
        #expect(life.told() == ["960 agreementEnding", "1680 agreementEnding"])
    }

    @Test("A free trial that runs out becomes a paid agreement")
    func trial() throws {
        var life = try Life()
        let trialEnd = Self.start.adding(seconds: 7 * Self.day)
        let agreement = try life.agree(on: "legacy") {
            $0.isFreeTrial = true
            $0.trialEndsAt = trialEnd
        }
        #expect(agreement.isInFreeTrial(at: Self.start))
        _ = life.told()
        try life.advance(days: 8)
        #expect(life.told() == ["168 licenseUpdated", "168 entitlementUpdated"])
        #expect(!agreement.isInFreeTrial(at: trialEnd))
        #expect(agreement.state(at: life.now) == .active)
        #expect(throws: Contradiction.self) {
            try life.edit { _ = try $0.cancelAgreement(agreement.id, at: nil) }
            _ = try life.agree(on: "legacy") { $0.isFreeTrial = true }
        }
    }

    @Test("A suspension is told for each agreement that has not ended, and so is its end")
    func suspension() throws {
        var life = try Life()
        let ended = try life.agree(on: "saas")
        try life.edit { _ = try $0.cancelAgreement(ended.id, at: nil) }
        try life.advance(hours: 2)
        _ = try life.agree(on: "saas")
        _ = try life.agree(on: "second")
        _ = life.told()
        for isSuspended in [true, true, false] {
            try life.edit { edit in
                var account = try #require(
                    edit.catalog.accounts[SampleMarketplace.otherBuyer])
                account.isSuspended = isSuspended
                _ = try edit.putAccount(account, madeUpIdentifier: "")
            }
        }
        #expect(
            life.told() == [
                "2 advisoryIssued", "2 advisoryIssued", "2 advisoryResolved",
                "2 advisoryResolved",
            ])
    }

    @Test("A jump past many moments lets all of them happen, in their order")
    func jump() throws {
        var life = try Life()
        for index in 0..<100 {
            let days = Int64((index * 37) % 100 + 1)
            _ = try life.agree(on: "saas", days: days)
        }
        _ = life.told()
        try life.advance(days: 200)
        let ended = life.events.filter { $0.kind == .agreementEnded }
        #expect(ended.count == 100)
        #expect(life.events.map(\.time) == life.events.map(\.time).sorted())
    }

    @Test("What is told once is not told again, however often time is looked at")
    func once() throws {
        var life = try Life()
        _ = try life.agree(on: "saas", days: 10)
        try life.advance(days: 20)
        #expect(Set(life.events.map(\.id)).count == 4)
        _ = life.told()
        for _ in 0..<3 { try life.edit { _ in } }
        try life.advance(days: 20)
        #expect(life.told().isEmpty)
    }

    @Test(
        "An impossible change is refused with the reason",
        arguments: ["amend", "renew", "replace", "cancel"])
    func impossible(verb: String) throws {
        var life = try Life()
        let agreement = try life.agree(on: "saas", days: 1)
        try life.advance(days: 2)
        let refusal = try #require(throws: Contradiction.self) {
            try life.edit { edit in
                let succession = CatalogEdit.Succession()
                switch verb {
                case "amend": _ = try edit.amendAgreement(agreement.id, .init())
                case "renew": _ = try edit.renewAgreement(agreement.id, succession, random: "x")
                case "replace":
                    _ = try edit.replaceAgreement(agreement.id, succession, random: "x")
                default: _ = try edit.cancelAgreement(agreement.id, at: nil)
                }
            }
        }
        #expect(refusal.kind == .conflict)
        #expect(refusal.objections[0].reason.contains("ended at"))
    }

    @Test("An open-ended agreement is not renewed, and a renewed one not again")
    func renewals() throws {
        var life = try Life()
        let succession = CatalogEdit.Succession()
        let open = try life.agree(on: "saas")
        let fixed = try life.agree(on: "saas", days: 10)
        try life.edit { _ = try $0.renewAgreement(fixed.id, succession, random: "a") }
        for (id, reason) in [(open.id, "open-ended"), (fixed.id, "has been renewed")] {
            let refusal = try #require(throws: Contradiction.self) {
                try life.edit { _ = try $0.renewAgreement(id, succession, random: "b") }
            }
            #expect(refusal.objections[0].reason.contains(reason))
        }
        let now = life.now
        try life.edit { _ = try $0.cancelAgreement(open.id, at: now.adding(hours: 9)) }
        var terms = CatalogEdit.AgreementTerms()
        terms.renewsAutomatically = true
        let refusal = try #require(throws: Contradiction.self) {
            try life.edit { _ = try $0.amendAgreement(open.id, terms) }
        }
        #expect(refusal.objections[0].reason.contains("to end as CANCELLED"))
    }

    @Test("Entitlements are of the product's entitled dimensions, each once")
    func entitlements() throws {
        var life = try Life()
        for dimensions in [["users"], ["seats", "seats"], ["none"]] {
            #expect(throws: Contradiction.self) {
                _ = try life.agree(on: "saas") {
                    $0.terms.entitlements = dimensions.map {
                        Entitlement(dimension: $0, value: .integer(5))
                    }
                }
            }
        }
        let bought = try life.agree(on: "legacy") {
            $0.terms.entitlements = [Entitlement(dimension: "seats", value: .integer(5))]
        }
        #expect(bought.entitlements.count == 1)
        #expect(life.told().last == "0 entitlementUpdated")
    }

    @Test("After the clock was set back, what lies ahead again is told of again")
    func setBack() throws {
        var life = try Life()
        let agreement = try life.agree(on: "saas", days: 1)
        try life.advance(days: 2)
        try life.edit { edit in
            edit.put(.clock(MarketplaceClock()))
            edit.forgetFuture()
        }
        #expect(try life.agreement(agreement.id).state(at: life.now) == .active)
        _ = life.told()
        try life.advance(days: 2)
        #expect(life.told() == ["24 agreementEnded", "24 licenseDeprovisioned"])
    }
}
