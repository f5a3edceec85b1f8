import InMemoryStore
import Marketplace
import MeteringAPI

extension StorePromise {
    static let comparison: [StorePromise] = (1...4).map { seed in
        StorePromise(
            "A thousand calls at random end as in memory, over resets and restarts (seed \(seed))",
            restarting: { trial in
                var comparison = Comparison()
                var calls = RandomCalls(seed: UInt64(seed))
                for number in 0..<1000 {
                    try await comparison.perform(calls.next(), number: number, on: &trial)
                }
                try await comparison.compare(trial.store, at: calls.now)
            })
    }
}

/// A store beside the one in memory, which are asked the same.
private struct Comparison {
    private let oracle = InMemoryStore()
    /// The revisions of their catalogs, and those before something was taken away.
    private var revisions = (stored: CatalogRevision(), expected: CatalogRevision())
    private var earlier: (stored: CatalogRevision, expected: CatalogRevision)?
    /// The revisions before the last change.
    private var outdated: (stored: CatalogRevision, expected: CatalogRevision)?
    /// Earlier catalogs of the store, which its changes lead on from.
    private var catalogs: [Catalog] = []

    mutating func perform(
        _ call: RandomCall, number: Int, on trial: inout StoreOnTrial
    ) async throws {
        let store = trial.store
        switch call {
        case .record(let entries):
            try expectEqual(
                try await store.record(entries, decidedOn: revisions.stored),
                try await oracle.record(entries, decidedOn: revisions.expected),
                "the outcomes of call \(number), \(entries),")
        case .recordLate(let entries):
            guard let earlier else { return }
            try await expectError(.outdated, "call \(number), decided before,") {
                _ = try await store.record(entries, decidedOn: earlier.stored)
            }
        case .save(let changes, let unused):
            let saved = try await store.save(
                changes, expecting: revisions.stored, ifUnused: unused)
            let expected = try await oracle.save(
                changes, expecting: revisions.expected, ifUnused: unused)
            try note(saved, expected, number)
        case .saveLate(let changes):
            guard let outdated else { return }
            try expectEqual(
                try await store.save(changes, expecting: outdated.stored, ifUnused: []), .stale,
                "call \(number), made on an earlier catalog,")
        case .tryDelivery(let index, let moment, let error):
            for store in [store, oracle] {
                let all = try await store.deliveries(DeliveryFilter(), after: 0, limit: 10_000)
                guard !all.isEmpty else { continue }
                let tried = all[index % all.count].tried(at: moment, error: error)
                _ = try await store.claim(
                    tried.target, for: "server", at: moment, until: moment)
                try expect(
                    try await store.settle(tried, by: "server"), "call \(number) is settled")
            }
        case .forgetUsage(let changes, let moment):
            try await compare(store, at: moment)
            revise(
                try await store.forgetUsage(saving: changes),
                try await oracle.forgetUsage(saving: changes))
        case .forgetEverything(let moment):
            try await compare(store, at: moment)
            revise(try await store.forgetEverything(), try await oracle.forgetEverything())
        case .restart(let moment):
            try await trial.restart()
            try await compare(trial.store, at: moment)
        }
    }

    private mutating func note(
        _ saved: SaveOutcome, _ expected: SaveOutcome, _ number: Int
    ) throws {
        switch (saved, expected) {
        case (.used(let products), .used(let others)):
            try expectEqual(products, others, "the used products of call \(number)")
        case (.saved(let stored), .saved(let revision)):
            revise(stored, revision)
        default:
            throw BrokenPromise(description: "Call \(number) was \(saved), not \(expected).")
        }
    }

    private mutating func revise(_ stored: CatalogRevision, _ expected: CatalogRevision) {
        if expected.fence != revisions.expected.fence { earlier = revisions }
        if expected != revisions.expected { outdated = revisions }
        revisions = (stored, expected)
    }

    /// Compares all that the stores tell; tokens by what becomes of another request with each.
    mutating func compare(_ store: any MarketplaceStore, at moment: Timestamp) async throws {
        let probes = RandomCalls.probes(at: moment)
        try expectEqual(
            try await store.record(probes), try await oracle.record(probes), "the known tokens")
        try await compareUsage(store)
        let catalog = try await store.loadCatalog()
        try expectEqual(
            CatalogContents(try await store.wholeCatalog()),
            CatalogContents(try await oracle.wholeCatalog()), "the catalog")
        for kind in CatalogFact.Kind.allCases where kind.isLookedUp {
            let query = FactQuery.due(kind, through: moment, limit: 3)
            try expectEqual(
                try await store.facts(query), try await oracle.facts(query), "what is due")
        }
        try expectEqual(
            try await store.assumedWorkloads(), try await oracle.assumedWorkloads(),
            "how many are assumed")
        try expectEqual(catalog.revision, revisions.stored, "the revision")
        try await compareChanges(store, leadingTo: catalog)
        let events = try await store.events(after: 0, limit: 10_000)
        let expected = try await oracle.events(after: 0, limit: 10_000)
        try expectEqual(events.map(\.event), expected.map(\.event), "the events")
        try expectEqual(
            try await Self.deliveries(of: store, events),
            try await Self.deliveries(of: oracle, expected), "the deliveries")
        for target in RandomCalls.targets {
            let outbox = try await store.outbox(of: target, at: moment, limit: 10_000)
            let other = try await oracle.outbox(of: target, at: moment, limit: 10_000)
            try expectEqual(outbox.due.count, other.due.count, "what is due")
            try expectEqual(outbox.next, other.next, "when the next is due")
        }
    }

    /// Checks that what changed since each earlier catalog leads to the present one.
    private mutating func compareChanges(
        _ store: any MarketplaceStore, leadingTo current: Catalog
    ) async throws {
        for var catalog in catalogs {
            let update = try await store.catalogChanges(after: catalog.revision)
            guard let update else {
                try expect(
                    current.revision.isEmptied(since: catalog.revision),
                    "what changed since \(catalog.revision) is known")
                continue
            }
            for change in update.changes { catalog.apply(change) }
            catalog.forgetLookedUp()
            try expectEqual(update.revision, current.revision, "the revision of the changes")
            try expectEqual(
                CatalogContents(catalog), CatalogContents(current),
                "what the changes since \(catalog.revision) lead to")
        }
        catalogs.append(current)
    }

    private func compareUsage(_ store: any MarketplaceStore) async throws {
        let stored = try await store.allUsage(limit: 97)
        let expected = try await oracle.allUsage()
        try expectEqual(
            stored.map(\.timestamp.hour), expected.map(\.timestamp.hour), "the hours")
        try expectEqual(Set(stored), Set(expected), "what is recorded")
        for groupings in [[], [.dimension, .licenseArn], [.hour, .resourceId], [.month]]
            as [[UsageGrouping]]
        {
            try expectEqual(
                try await store.allTotals(by: groupings, limit: 7),
                try await oracle.allTotals(by: groupings), "the totals by \(groupings)")
        }
        for product in RandomCalls.products {
            try expectEqual(
                try await store.usedDimensions(of: product),
                try await oracle.usedDimensions(of: product), "used dimensions")
        }
    }

    /// The deliveries with the places of their events, because numbers are each store's own.
    private static func deliveries(
        of store: any MarketplaceStore, _ events: [NumberedEvent]
    ) async throws -> [Delivery] {
        try await store.deliveries(DeliveryFilter(), after: 0, limit: 10_000).enumerated()
            .map { place, delivery in
                var delivery = delivery
                delivery.number = Int64(place)
                delivery.event =
                    events.firstIndex { $0.number == delivery.event }.map(Int64.init) ?? -1
                return delivery
            }
    }
}
