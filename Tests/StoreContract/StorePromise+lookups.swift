import Marketplace
import MeteringAPI

extension StorePromise {
    static let lookups: [StorePromise] = [
        StorePromise("Tokens, keys and workloads are looked up, and not in the catalog") { store in
            try await store.save(facts.map(CatalogChange.put))
            let catalog = try await store.loadCatalog()
            try expect(catalog.registrationTokens.isEmpty, "there are no tokens in it")
            try expect(catalog.registeredWorkloads.isEmpty, "there are no workloads in it")
            try expect(catalog.signingKeys(of: "b").isEmpty, "there are no keys in it")
            for fact in facts {
                try expectEqual(try await store.facts(.key(fact.key)), [fact], "what has the key")
                try await store.save([.remove(fact.key)])
                try expectEqual(
                    try await store.facts(.key(fact.key)),
                    fact.key.kind.isRemovable ? [] : [fact], "what has the key after its removal")
            }
        },
        StorePromise("Facts are found by what they belong to, byte by byte") { store in
            try await store.save(facts.map(CatalogChange.put))
            for (kind, owner, expected) in [
                (CatalogFact.Kind.signingKey, "b", [key("b", 1), key("b", 2)]),
                (.signingKey, "e\u{301}", [key("e\u{301}", 1)]), (.signingKey, "\u{E9}", []),
                (.registeredWorkload, "task", [workload("task", "b"), workload("task", "c")]),
                (.registeredWorkload, "b", []), (.registrationToken, "b", []),
            ] {
                try expectEqual(
                    try await store.facts(.owned(kind, by: owner)), expected,
                    "what belongs to \(owner)")
            }
        },
        StorePromise("Facts are found by when something happens to them, the earliest first") {
            store in
            try await store.save(facts.map(CatalogChange.put))
            let hour = Timestamp.noon.adding(hours: 1)
            let before = Timestamp(milliseconds: hour.milliseconds - 1)
            let workloads = [workload("other", "b"), workload("task", "b"), workload("task", "c")]
            for (end, limit, expected) in [
                (before, 9, []), (hour, 9, workloads), (hour, 2, Array(workloads.prefix(2))),
                (Timestamp(milliseconds: .max), 9, workloads), (hour, 0, []),
            ] {
                try expectEqual(
                    try await store.facts(.due(.registeredWorkload, through: end, limit: limit)),
                    expected, "what is due by \(end), at most \(limit)")
            }
            // Later than the others: it is found behind them, whatever its id.
            let late = token("0", .noon.adding(hours: 9))
            try await store.save([.put(late)])
            let tokens = [token("a", .noon), token("b", .noon), late]
            try expectEqual(
                try await store.facts(
                    .due(.registrationToken, through: .noon.adding(hours: 9), limit: 9)), tokens,
                "the tokens that end")
            // A fact that is put again is found where it is now.
            guard case .registeredWorkload(let task) = workload("task", "b") else { return }
            try await store.save([
                .put(.registeredWorkload(task.stopped(at: .noon.adding(hours: 2))))
            ])
            try expectEqual(
                try await store.facts(.due(.registeredWorkload, through: hour, limit: 1)).count, 1,
                "how many are due first")
        },
        StorePromise("Facts of a kind are listed by their ids, in parts") { store in
            try await store.save(facts.map(CatalogChange.put))
            for kind in [CatalogFact.Kind.registrationToken, .signingKey, .registeredWorkload] {
                let all = try await store.facts(.all(kind))
                try expectEqual(
                    Set(all), Set(facts.filter { $0.key.kind == kind }), "all of \(kind)")
                var listed: [CatalogFact] = []
                while true {
                    let part = try await store.facts(
                        .all(kind, after: listed.last?.key.id, limit: 2))
                    if part.isEmpty { break }
                    try expect(part.count <= 2, "a part is bounded")
                    listed += part
                }
                try expectEqual(listed, all, "the parts of \(kind)")
            }
        },
        StorePromise("Workloads that no credential stands for are counted") { store in
            try await store.save(facts.map(CatalogChange.put))
            try expectEqual(try await store.assumedWorkloads(), 0, "their number")
            var changes: [CatalogChange] = []
            for number in 0..<5 {
                var task = RegisteredWorkload(
                    productCode: "b", accountID: "1", resourceID: "t\(number)", region: "r")
                task.isAssumed = true
                changes.append(.put(.registeredWorkload(task)))
            }
            try await store.save(changes + changes)
            try expectEqual(try await store.assumedWorkloads(), 5, "their number")
            try await store.save(changes.prefix(2).compactMap { $0.key.map { .remove($0) } })
            try expectEqual(try await store.assumedWorkloads(), 3, "their number")
            try await store.forgetUsage(saving: [])
            try expectEqual(try await store.assumedWorkloads(), 0, "their number after a reset")
        },
    ]

    private static func key(_ product: String, _ version: Int) -> CatalogFact {
        .signingKey(RegistrationKey(productCode: product, version: version))
    }

    private static func token(_ digest: String, _ end: Timestamp) -> CatalogFact {
        .registrationToken(RegistrationToken(digest: digest, agreementID: "a", expiresAt: end))
    }

    /// A workload that runs since noon, whose first hour ends at one.
    private static func workload(_ resource: String, _ product: String) -> CatalogFact {
        .registeredWorkload(
            RegisteredWorkload(
                productCode: product, accountID: "1", resourceID: resource, region: "r"
            ).started(at: .noon, isFree: false))
    }

    private static let facts = [
        key("b", 1), key("b", 2), key("e\u{301}", 1), token("a", .noon), token("b", .noon),
        workload("task", "b"), workload("task", "c"), workload("other", "b"),
    ]
}
