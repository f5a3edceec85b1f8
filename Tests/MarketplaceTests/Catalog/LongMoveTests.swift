import Marketplace
import MeteringAPI
import Testing

@Suite("A long move of the clock")
struct LongMoveTests {
    /// 12:00:00 UTC.
    private static let noon = SampleMarketplace.now.hour.start
    private static let year: Int64 = 365 * 24

    private static func task(_ name: String = "task-1") -> RegisteredWorkload {
        RegisteredWorkload(
            productCode: "container", accountID: SampleMarketplace.buyer, resourceID: name,
            region: "us-east-1")
    }

    /// A marketplace whose clock stands at noon, with what is added; all that is due has happened.
    private static func catalog(
        _ add: (inout CatalogEdit) throws -> Void
    ) throws -> Catalog {
        var edit = CatalogEdit(catalog: SampleMarketplace().catalog, now: noon, realNow: noon)
        edit.put(.clock(try MarketplaceClock().changed(by: .frozen(at: noon), real: noon)))
        try add(&edit)
        _ = edit.settle()
        return edit.catalog
    }

    /// A container that runs, and an agreement that renews itself every two hours.
    private static func busy(_ edit: inout CatalogEdit) throws {
        edit.start(task(), isFree: false)
        var draft = CatalogEdit.AgreementDraft(
            productCode: "saas", buyerAccountID: SampleMarketplace.otherBuyer)
        draft.terms.endsAt = noon.adding(hours: 2)
        draft.terms.renewsAutomatically = true
        _ = try edit.addAgreement(draft, random: "renewing")
    }

    private static func edit(_ catalog: Catalog) -> CatalogEdit {
        CatalogEdit(catalog: catalog, now: catalog.now(real: noon), realNow: noon)
    }

    /// What was told and recorded, in a form that can be compared: names are made up each time.
    private struct Story: Equatable {
        var events: [String] = []
        var records: [String] = []

        mutating func add(_ edit: CatalogEdit, _ entries: [UsageEntry]) {
            for case .publish(let event, _) in edit.changes {
                events.append("\(event.time.iso8601) \(event.kind) \(event.agreement.sequence)")
            }
            records += entries.map { "\($0.timestamp.iso8601) \($0.quantity)" }
        }
    }

    /// Moves the clock in steps of so many moments.
    private static func move(
        _ catalog: Catalog, hours: Int64, inStepsOf limit: Int
    ) throws -> (story: Story, steps: Int, end: Catalog) {
        var story = Story()
        var edit = edit(catalog)
        _ = try edit.changeClock(.advance(milliseconds: hours * 3_600_000))
        var steps = 0
        while true {
            let before = edit.now
            let entries = edit.settle(atMost: limit)
            story.add(edit, entries)
            steps += 1
            #expect(entries.count <= limit)
            #expect(edit.changes.count <= 10 * min(limit, 1_000_000))
            #expect(edit.now >= before)
            #expect(edit.now == edit.catalog.heldAt ?? noon.adding(hours: hours))
            guard edit.catalog.heldAt != nil else { break }
            edit = self.edit(edit.catalog)
        }
        return (story, steps, edit.catalog)
    }

    @Test("tells and records in steps what it does at once", arguments: [1, 7, 100])
    func steps(limit: Int) throws {
        let catalog = try Self.catalog(Self.busy)
        let whole = try Self.move(catalog, hours: 60, inStepsOf: .max)
        let parts = try Self.move(catalog, hours: 60, inStepsOf: limit)
        #expect(whole.steps == 1)
        #expect(parts.steps > 1)
        #expect(parts.story == whole.story)
        #expect(whole.story.records.count == 60)
        #expect(parts.end.registeredWorkloads.first == whole.end.registeredWorkloads.first)
        #expect(parts.end.agreements.count == whole.end.agreements.count)
    }

    @Test("stores a container once a step, however many hours it ran")
    func oneChange() throws {
        var edit = Self.edit(try Self.catalog { $0.start(Self.task(), isFree: false) })
        _ = try edit.changeClock(.advance(milliseconds: 100 * Self.year * 3_600_000))
        let before = edit.changes.count
        #expect(edit.settle(atMost: 500).count == 500)
        let stored = edit.changes.count {
            if case .put(.registeredWorkload) = $0 { true } else { false }
        }
        #expect(stored == 1)
        // The other is the clock, with the time that was reached.
        #expect(edit.changes.count == before + 2)
        #expect(edit.catalog.clock.reached == Self.noon.adding(hours: 500))
        #expect(edit.now == Self.noon.adding(hours: 500))
    }

    @Test("lets others change the marketplace on the way, at the moment it has come to")
    func between() throws {
        var edit = Self.edit(try Self.catalog(Self.busy))
        _ = try edit.changeClock(.advance(milliseconds: 1000 * 3_600_000))
        _ = edit.settle(atMost: 20)
        let moment = edit.now
        #expect(moment < Self.noon.adding(hours: 20))
        edit = Self.edit(edit.catalog)
        let stopped = try edit.stopWorkloads(ofResource: "task-1")
        #expect(stopped.first?.stoppedAt == moment)
        var entries: [UsageEntry] = []
        repeat { entries += edit.settle(atMost: 20) } while edit.catalog.heldAt != nil
        #expect(entries.count <= 1)
        #expect(edit.now == Self.noon.adding(hours: 1000))
        #expect(edit.catalog.registeredWorkloads.isEmpty)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: MarketplaceClock.Change
        /// Hours after noon; nil where it has come to.
        let end: Int64?
    }

    @Test(
        "can be changed on the way",
        arguments: [
            Change(testDescription: "a stop", change: .frozen(at: nil), end: nil),
            Change(
                testDescription: "a later end",
                change: .frozen(at: LongMoveTests.noon.adding(hours: 2000)), end: 2000),
            Change(
                testDescription: "an earlier end",
                change: .frozen(at: LongMoveTests.noon.adding(hours: 500)), end: 500),
            Change(
                testDescription: "another move",
                change: .advance(milliseconds: 3_600_000), end: 1001),
        ])
    func changed(change: Change) throws {
        var edit = Self.edit(try Self.catalog(Self.busy))
        _ = try edit.changeClock(.advance(milliseconds: 1000 * 3_600_000))
        _ = edit.settle(atMost: 20)
        let moment = edit.now
        edit = Self.edit(edit.catalog)
        #expect(throws: Contradiction.self) {
            var other = edit
            _ = try other.changeClock(.frozen(at: moment.adding(seconds: -1)))
        }
        _ = try edit.changeClock(change.change)
        _ = edit.settle()
        #expect(edit.now == change.end.map { Self.noon.adding(hours: $0) } ?? moment)
    }

    struct Move: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var containers = 0
        var renewals = 0
        let hours: Int64
        let isTaken: Bool
    }

    @Test(
        "is refused before it begins where too much would happen",
        arguments: [
            Move(
                testDescription: "a container, a hundred years", containers: 1,
                hours: 100 * year, isTaken: true),
            Move(
                testDescription: "ten containers, a hundred years", containers: 10,
                hours: 100 * year, isTaken: false),
            Move(
                testDescription: "a container, until the year 9999", containers: 1,
                hours: 7972 * year, isTaken: false),
            Move(
                testDescription: "nothing at all, until the year 9999",
                hours: 7972 * year, isTaken: true),
            Move(
                testDescription: "a thousand hourly renewals, a month", renewals: 1000,
                hours: 720, isTaken: false),
            Move(
                testDescription: "a hundred hourly renewals, a month", renewals: 100,
                hours: 720, isTaken: true),
        ])
    func refused(move: Move) throws {
        let catalog = try Self.catalog { edit in
            for number in 0..<move.containers {
                edit.start(Self.task("task-\(number)"), isFree: false)
            }
            for number in 0..<move.renewals {
                var draft = CatalogEdit.AgreementDraft(
                    productCode: "saas", buyerAccountID: SampleMarketplace.buyer)
                draft.terms.endsAt = Self.noon.adding(hours: 1)
                draft.terms.renewsAutomatically = true
                _ = try edit.addAgreement(draft, random: "hourly\(number)")
            }
        }
        for change: MarketplaceClock.Change in [
            .advance(milliseconds: move.hours * 3_600_000),
            .frozen(at: Self.noon.adding(hours: move.hours)),
            .running(from: Self.noon.adding(hours: move.hours), speedThousandths: 1000),
        ] {
            var edit = Self.edit(catalog)
            let clock = try? edit.changeClock(change)
            #expect((clock != nil) == move.isTaken)
            #expect(edit.changes.isEmpty == !move.isTaken)
        }
    }

    @Test("of a marketplace without recurring moments reaches the year 9999 at once")
    func lastYear() throws {
        var edit = Self.edit(try Self.catalog { _ in })
        let end = try #require(Timestamp(iso8601: "9999-12-31T23:59:59Z"))
        _ = try edit.changeClock(.frozen(at: end))
        _ = edit.settle(atMost: 500)
        #expect(edit.now == end)
        #expect(edit.catalog.heldAt == nil)
    }

    @Test("An agreement that would have renewed itself too often by now is refused")
    func longPast() throws {
        var edit = Self.edit(try Self.catalog { _ in })
        var draft = CatalogEdit.AgreementDraft(
            productCode: "saas", buyerAccountID: SampleMarketplace.buyer)
        draft.startsAt = Timestamp(seconds: 0)
        draft.terms.endsAt = Timestamp(seconds: 3600)
        draft.terms.renewsAutomatically = true
        let refusal = try #require(throws: Contradiction.self) {
            try edit.addAgreement(draft, random: "old")
        }
        #expect(refusal.objections.map(\.field) == ["autoRenew"])
    }
}
