import Marketplace
import MeteringAPI
import Testing

@Suite("A container that runs")
struct RegisteredWorkloadTests {
    /// 12:00:00 UTC.
    private static let noon = SampleMarketplace.now.hour.start

    private static let task = RegisteredWorkload(
        productCode: "container", accountID: SampleMarketplace.buyer, resourceID: "task-1",
        region: "us-east-1")

    struct Run: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Seconds after noon at which runs start and stop, in turns.
        let turns: [Int64]
        /// The hours that are recorded by six hours after noon, from noon on, in seconds.
        let recorded: [Int64: Int64]
    }

    private static let runs = [
        Run(testDescription: "an hour", turns: [0, 3600], recorded: [0: 3600]),
        Run(testDescription: "a second", turns: [10, 11], recorded: [0: 60]),
        Run(testDescription: "nothing at all", turns: [10, 10], recorded: [0: 60]),
        Run(testDescription: "61 seconds", turns: [0, 61], recorded: [0: 61]),
        Run(
            testDescription: "a few seconds on both sides of the hour", turns: [3590, 3605],
            recorded: [0: 10, 1: 50]),
        Run(
            testDescription: "two and a half hours", turns: [1800, 10_800],
            recorded: [0: 1800, 1: 3600, 2: 3600]),
        Run(
            testDescription: "twice within an hour", turns: [0, 100, 200, 210],
            recorded: [0: 160]),
        Run(
            testDescription: "on and on", turns: [7200],
            recorded: [2: 3600, 3: 3600, 4: 3600, 5: 3600]),
    ]

    @Test("is recorded hour by hour, to the second, with a minute at least", arguments: runs)
    func seconds(run: Run) throws {
        var clock = try MarketplaceClock().changed(by: .frozen(at: Self.noon), real: Self.noon)
        var catalog = SampleMarketplace().catalog
        var entries: [UsageEntry] = []
        for (index, second) in (run.turns + [6 * 3600]).enumerated() {
            let now = Self.noon.adding(seconds: second)
            clock = try clock.changed(by: .frozen(at: now), real: Self.noon)
            var edit = CatalogEdit(catalog: catalog, now: now, realNow: Self.noon)
            edit.put(.clock(clock))
            entries += edit.settle()
            if index == run.turns.count {
                catalog = edit.catalog
                break
            }
            if index.isMultiple(of: 2) {
                edit.start(Self.task, isFree: false)
            } else {
                _ = try edit.stopWorkloads(ofResource: "task-1")
            }
            entries += edit.settle()
            catalog = edit.catalog
        }
        let recorded = Dictionary(
            uniqueKeysWithValues: entries.map { entry in
                (
                    entry.timestamp.milliseconds(since: Self.noon) / 3_600_000,
                    entry.quantity.millionths / 1_000_000
                )
            })
        #expect(recorded == run.recorded)
        #expect(catalog.registeredWorkloads.isEmpty == run.turns.count.isMultiple(of: 2))
        for entry in entries {
            #expect(entry.operation == .registerUsage)
            #expect(entry.series.dimension == "runtime")
            #expect(entry.series.space == .runtime)
        }
    }

    @Test("of the seller's own account is not recorded")
    func free() throws {
        var edit = CatalogEdit(
            catalog: SampleMarketplace().catalog, now: Self.noon, realNow: Self.noon)
        edit.start(Self.task, isFree: true)
        edit.put(
            .clock(
                try MarketplaceClock().changed(
                    by: .frozen(at: Self.noon.adding(hours: 30)), real: Self.noon)))
        #expect(edit.settle().isEmpty)
        #expect(edit.catalog.registeredWorkloads.count == 1)
        _ = try edit.stopWorkloads(ofResource: "task-1")
        #expect(edit.settle().isEmpty)
        #expect(edit.catalog.registeredWorkloads.isEmpty)
    }

    @Test("that starts again counts from what is recorded, whatever its caller knew")
    func lateStart() throws {
        let clock = try MarketplaceClock().changed(
            by: .frozen(at: Self.noon.adding(seconds: 5400)), real: Self.noon)
        var catalog = SampleMarketplace().catalog
        var edit = CatalogEdit(catalog: catalog, now: Self.noon, realNow: Self.noon)
        edit.start(Self.task, isFree: false)
        catalog = edit.catalog
        edit = CatalogEdit(
            catalog: catalog, now: Self.noon.adding(seconds: 600), realNow: Self.noon)
        _ = try edit.stopWorkloads(ofResource: "task-1")
        // The hour ends, and is recorded, while another first call is on its way.
        edit.put(.clock(clock))
        let first = edit.settle()
        edit = CatalogEdit(
            catalog: edit.catalog, now: Self.noon.adding(seconds: 5400), realNow: Self.noon)
        edit.start(Self.task, isFree: false)
        edit.put(
            .clock(
                try MarketplaceClock().changed(
                    by: .frozen(at: Self.noon.adding(hours: 3)), real: Self.noon)))
        let entries = first + edit.settle()
        #expect(entries.map { $0.quantity.millionths / 1_000_000 } == [600, 1800, 3600])
        #expect(
            edit.catalog.registeredWorkloads.map { $0.seconds(at: Self.noon.adding(hours: 3)) }
                == [5400])
    }

    @Test("of a product that a reset has taken away does not start")
    func afterReset() {
        var edit = CatalogEdit(catalog: Catalog(), now: Self.noon, realNow: Self.noon)
        edit.start(Self.task, isFree: false)
        #expect(edit.changes.isEmpty)
    }

    @Test("is asked for its entitlement again after it was stopped")
    func stopped() throws {
        var edit = CatalogEdit(
            catalog: SampleMarketplace().catalog, now: Self.noon, realNow: Self.noon)
        edit.start(Self.task, isFree: false)
        #expect(throws: Contradiction.self) { try edit.stopWorkloads(ofResource: "none") }
        _ = try edit.stopWorkloads(ofResource: "task-1")
        let again = #expect(throws: Contradiction.self) {
            try edit.stopWorkloads(ofResource: "task-1")
        }
        #expect(again?.kind == .conflict)
        #expect(edit.catalog.registeredWorkload(Self.task.name)?.stoppedAt == Self.noon)
    }
}
