import Marketplace
import MeteringAPI

extension StorePromise {
    static let revisions: [StorePromise] = [
        StorePromise("What was decided before usage was forgotten is not recorded after it") {
            store in
            for isOfEverything in [false, true] {
                let before = try await store.loadCatalog().revision
                let after =
                    isOfEverything
                    ? try await store.forgetEverything() : try await store.forgetUsage(saving: [])
                try expect(after.hasForgotten(since: before), "it says that usage was forgotten")
                try await expectError(.outdated, "usage that was decided before") {
                    _ = try await store.record([.sample(1), .sample(2)], decidedOn: before)
                }
                try expectEqual(try await store.allUsage(), [], "the usage")
                try expectEqual(
                    try await store.loadCatalog().revision.number, after.number, "the revision")
                let entry = UsageEntry.sample(3)
                try expectEqual(
                    try await store.record([entry], decidedOn: after), [entry.recorded],
                    "what was decided after it")
            }
        },
        StorePromise("What hangs on unused products is saved, and what was decided before is not") {
            store in
            let first = try await store.loadCatalog().revision
            let changes = [CatalogChange.put(product("New")), .publish(event("one"))]
            let saved = try await store.save(
                changes, ifUnused: [ExactText("prod"), ExactText("never heard of")])
            guard case .saved(let second) = saved else {
                throw BrokenPromise(description: "An unused product has usage: \(saved).")
            }
            try expect(second.number != first.number, "the catalog has another revision")
            try expect(!second.hasForgotten(since: first), "nothing was forgotten")
            try await expectError(.outdated, "usage that was decided before") {
                _ = try await store.record([.sample(1)], decidedOn: first)
            }
            let entry = UsageEntry.sample(2)
            try expectEqual(
                try await store.record([entry], decidedOn: second), [entry.recorded], "later usage")
        },
        StorePromise("What hangs on a product without usage is not saved where it has some") {
            store in
            try await store.save([.put(product("Old"))])
            let revision = try await store.loadCatalog().revision
            _ = try await store.record([.sample(1)], decidedOn: revision)
            let changes = [CatalogChange.put(product("New")), .publish(event("one"))]
            try expectEqual(
                try await store.save(changes, ifUnused: [ExactText("prod"), ExactText("other")]),
                .used(products: [ExactText("prod")]), "what became of it")
            try expectEqual(
                try await store.loadCatalog().products["prod"]?.title, "Old", "the title")
            try expectEqual(try await store.events(after: 0, limit: 9), [], "the events")
            let entry = UsageEntry.sample(2, at: .noon.adding(hours: 1))
            try expectEqual(
                try await store.record([entry], decidedOn: revision), [entry.recorded],
                "usage of the revision that stayed")
            // Once it is forgotten nothing hangs on it.
            try await store.forgetUsage(saving: [])
            let saved = try await store.save(changes, ifUnused: [ExactText("prod")])
            guard case .saved = saved else {
                throw BrokenPromise(description: "Forgotten usage counts: \(saved).")
            }
        },
        StorePromise("Other changes leave the revision, and usage under way is recorded") { store in
            let revision = try await store.loadCatalog().revision
            let saved = try await store.save(
                [.put(product("New")), .publish(event("one"))], ifUnused: [])
            guard case .saved(let after) = saved else {
                throw BrokenPromise(description: "What hangs on nothing was refused: \(saved).")
            }
            try expectEqual(after.number, revision.number, "the revision")
            let entry = UsageEntry.sample(1)
            try expectEqual(
                try await store.record([entry], decidedOn: revision), [entry.recorded], "usage")
        },
        StorePromise(
            "A restart leaves the revision",
            restarting: { trial in
                for _ in 0..<3 {
                    let revision = try await trial.store.forgetUsage(saving: [])
                    try await trial.restart()
                    try expectEqual(
                        try await trial.store.loadCatalog().revision.number, revision.number,
                        "the revision")
                    _ = try await trial.store.record([.sample(1)], decidedOn: revision)
                }
            }),
        StorePromise("Of usage and a change that must find none, at once, one is first") { store in
            for round in 0..<50 {
                let revision = try await store.forgetEverything()
                async let save = store.save(
                    [.put(product("\(round)"))], ifUnused: [ExactText("prod")])
                async let usage = outcome {
                    try await store.record([.sample(1)], decidedOn: revision)
                }
                let (saved, isRecorded) = (try await save, try await usage)
                let isSaved = saved != .used(products: [ExactText("prod")])
                try expect(isSaved != isRecorded, "in round \(round) one of the two was first")
                try expectEqual(try await store.allUsage().count, isRecorded ? 1 : 0, "records")
            }
        },
    ]

    private static func product(_ title: String) -> CatalogFact {
        .product(
            Product(
                code: "prod", type: .saas, title: title, sellerAccountID: "999988887777",
                dimensions: []))
    }

    /// Whether the entries were recorded; false where they were decided before.
    private static func outcome(
        _ record: () async throws -> [RecordOutcome]
    ) async throws -> Bool {
        do {
            _ = try await record()
            return true
        } catch let error as StoreError where error.code == .outdated {
            return false
        }
    }
}
