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
        StorePromise("Other changes make another revision, and usage under way is recorded") {
            store in
            let revision = try await store.loadCatalog().revision
            let saved = try await store.save(
                [.put(product("New")), .publish(event("one"))], ifUnused: [])
            guard case .saved(let after) = saved else {
                throw BrokenPromise(description: "What hangs on nothing was refused: \(saved).")
            }
            try expectEqual(after.number, revision.number + 1, "the revision")
            try expectEqual(try await store.loadCatalog().revision, after, "the stored revision")
            let entry = UsageEntry.sample(1)
            try expectEqual(
                try await store.record([entry], decidedOn: revision), [entry.recorded], "usage")
            try await expectError(.outdated, "usage that was decided on what is yet to come") {
                _ = try await store.record(
                    [entry], decidedOn: CatalogRevision(number: after.number + 1))
            }
        },
        StorePromise("A change that was made on an earlier revision is stale, and not stored") {
            store in
            let first = try await store.loadCatalog().revision
            try await store.save([.put(product("One"))])
            let changes = [CatalogChange.put(product("Two")), .publish(event("two"))]
            for unused in [[], [ExactText("prod")]] as [Set<ExactText>] {
                try expectEqual(
                    try await store.save(changes, expecting: first, ifUnused: unused), .stale,
                    "the change")
            }
            _ = try await store.record([.sample(1)])
            try expectEqual(
                try await store.forgetUsage(saving: changes, expecting: first), .stale,
                "the reset")
            try expectEqual(try await store.allUsage().count, 1, "records")
            try expectEqual(
                try await store.loadCatalog().products["prod"]?.title, "One", "the title")
            try expectEqual(try await store.events(after: 0, limit: 9), [], "the events")
        },
        StorePromise("Of changes that were made on one revision, one is saved") { store in
            for round in 0..<50 {
                let revision = try await store.loadCatalog().revision
                let outcomes = try await withThrowingTaskGroup(of: SaveOutcome.self) { group in
                    for number in 0..<4 {
                        group.addTask {
                            try await store.save(
                                [.put(product("\(round) \(number)"))], expecting: revision,
                                ifUnused: [])
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                try expectEqual(outcomes.count { $0 == .stale }, 3, "how many came too late")
                try expectEqual(
                    try await store.loadCatalog().revision.number, revision.number + 1,
                    "the revision of round \(round)")
            }
        },
        StorePromise("The changes since a revision are those of its facts, each as it is now") {
            store in
            let start = try await store.loadCatalog().revision
            let token = CatalogFact.registrationToken(
                RegistrationToken(digest: "d", agreementID: "a", expiresAt: .noon))
            try await store.save([.put(product("One")), .put(token)])
            try await store.save([.put(product("Two")), .publish(event("one"))])
            let middle = try await store.loadCatalog().revision
            try await store.save([.remove(token.key)])
            let end = try await store.loadCatalog().revision
            try expectEqual(
                Set(try await store.catalogChanges(after: start)?.changes ?? []),
                [.put(product("Two")), .remove(token.key)], "the changes since the start")
            try expectEqual(
                try await store.catalogChanges(after: middle)?.changes, [.remove(token.key)],
                "the last change")
            let none = try await store.catalogChanges(after: end)
            try expectEqual(none?.changes, [], "what happened since the last change")
            try expectEqual(none?.revision, end, "the revision")
            try expect(
                try await store.catalogChanges(after: CatalogRevision(number: end.number + 1))
                    == nil, "nothing is known of what is yet to come")
            try await store.forgetUsage(saving: [.put(product("Three"))])
            try expectEqual(
                try await store.catalogChanges(after: end)?.changes, [.put(product("Three"))],
                "what was saved with a reset of usage")
            try await store.forgetEverything()
            try expect(
                try await store.catalogChanges(after: end) == nil,
                "what is left must be read anew after a reset of everything")
        },
        StorePromise("What has changed since the last ten thousand revisions can be said") {
            store in
            let start = try await store.loadCatalog().revision
            let count = 2 * Int(MarketplaceLimits.rememberedRevisions) + 10
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    group.addTask { try await store.save([.put(product("\(number)"))]) }
                }
                try await group.waitForAll()
            }
            let end = try await store.loadCatalog().revision
            try expectEqual(end.number, start.number + Int64(count), "the revision")
            let known = CatalogRevision(number: end.number - MarketplaceLimits.rememberedRevisions)
            try expectEqual(
                try await store.catalogChanges(after: known)?.changes.count, 1, "the changes")
            try expect(
                try await store.catalogChanges(after: start) == nil,
                "what is older is forgotten, so that the list does not grow for ever")
        },
        StorePromise(
            "A restart leaves the revision",
            restarting: { trial in
                for _ in 0..<3 {
                    let revision = try await trial.store.forgetUsage(saving: [])
                    try await trial.restart()
                    try expectEqual(
                        try await trial.store.loadCatalog().revision, revision, "the revision")
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
