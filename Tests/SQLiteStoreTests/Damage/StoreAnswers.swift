import Marketplace
import MeteringAPI
import StoreContract

@testable import SQLiteStore

/// All that a store says of what it has, by the question; a refusal is an answer too.
struct StoreAnswers: Sendable {
    enum Answer: Sendable, Equatable {
        case said(String)
        case refused(String)
    }

    private(set) var byQuestion: [String: Answer] = [:]

    /// Asks for each list and sum, each thing by its number, and sends each report again.
    init(of store: SQLiteStore, sendingAgain calls: [[UsageEntry]]) async {
        await askForCatalog(store)
        await askForEvents(store)
        await askForUsage(store)
        for (number, call) in calls.enumerated() {
            await ask("call \(number) of hour \(call[0].timestamp.hour.ordinal)") {
                () async throws(StoreError) in try await store.record(call)
            }
        }
        await ask("usage after that") { () async throws(StoreError) in
            try await Self.usage(UsageFilter(), of: store)
        }
    }

    /// The questions that another store answers otherwise without saying that it cannot.
    func wrong(in other: StoreAnswers) -> [String] {
        other.byQuestion.compactMap { question, answer in
            if case .refused(let reason) = answer { return reason.isEmpty ? question : nil }
            return answer == byQuestion[question] ? nil : question
        }
    }

    /// The questions that were refused.
    var refused: [String] {
        byQuestion.compactMap { question, answer in
            if case .refused = answer { question } else { nil }
        }
    }

    private mutating func ask<Value>(
        _ question: String, _ body: () async throws(StoreError) -> Value
    ) async {
        do throws(StoreError) {
            byQuestion[question] = .said("\(try await body())")
        } catch {
            byQuestion[question] = .refused(error.cause)
        }
    }

    private mutating func askForCatalog(_ store: SQLiteStore) async {
        await ask("catalog") { () async throws(StoreError) in
            let catalog = try await store.wholeCatalog()
            return catalog.accounts.keys.sorted().map { "\(catalog.accounts[$0], default: "")" }
                + catalog.products.keys.sorted().map { "\(catalog.products[$0], default: "")" }
                + catalog.registrationTokens.keys.sorted().map {
                    "\(catalog.registrationTokens[$0], default: "")"
                }
        }
        for number in stride(from: 0, to: 50, by: 7) {
            await ask("token \(number)") { () async throws(StoreError) in
                try await store.facts(
                    .key(CatalogFact.Key(.registrationToken, "digest-\(number)")))
            }
            await ask("tokens due, at most \(number)") { () async throws(StoreError) in
                try await store.facts(
                    .due(.registrationToken, through: .noon.adding(hours: 4), limit: number))
            }
        }
        await ask("the keys of a product") { () async throws(StoreError) in
            try await store.facts(.owned(.signingKey, by: "prod"))
        }
        await ask("the assumed workloads") { () async throws(StoreError) in
            try await store.assumedWorkloads()
        }
        for product in ["prod", "product-with-a-longer-name"] {
            await ask("dimensions of \(product)") { () async throws(StoreError) in
                try await store.usedDimensions(of: product).map(\.text).sorted()
            }
        }
    }

    private mutating func askForEvents(_ store: SQLiteStore) async {
        await ask("events") { () async throws(StoreError) in
            try await store.events(after: 0, limit: 1000).map { "\($0.number) \($0.event.id)" }
        }
        for number in stride(from: 0, to: 120, by: 17) as StrideTo<Int64> {
            await ask("event after \(number)") { () async throws(StoreError) in
                try await store.events(after: number, limit: 1).map { "\($0.number)" }
            }
        }
        await ask("deliveries") { () async throws(StoreError) in
            try await store.deliveries(DeliveryFilter(), after: 0, limit: 1000)
        }
        for number in stride(from: 0, to: 120, by: 29) as StrideTo<Int64> {
            await ask("what happened to the catalog after \(number)") {
                () async throws(StoreError) in
                try await store.catalogChanges(after: CatalogRevision(number: number))
                    .map { "\(Set($0.changes.map { "\($0)" }).sorted()) \($0.revision)" }
            }
        }
        for target in ["target-0", "target-1", "target-2"] {
            await ask("who delivers to \(target)") { () async throws(StoreError) in
                try await store.claim(target, for: "two", at: .noon, until: .noon)
            }
            await ask("outbox of \(target)") { () async throws(StoreError) in
                try await store.outbox(of: target, at: .noon.adding(hours: 1), limit: 500)
            }
        }
    }

    private mutating func askForUsage(_ store: SQLiteStore) async {
        await ask("usage") { () async throws(StoreError) in
            try await Self.usage(UsageFilter(), of: store)
        }
        for hour in stride(from: 0, to: 100, by: 7) as StrideTo<Int64> {
            var filter = UsageFilter()
            filter.from = .noon.adding(hours: hour)
            filter.to = .noon.adding(hours: hour + 1)
            await ask("usage of an hour, \(hour)") { [filter] () async throws(StoreError) in
                try await Self.usage(filter, of: store)
            }
            filter = UsageFilter()
            filter.buyerAccountID = String(111_122_220_000 + hour)
            await ask("usage of a buyer, \(hour)") { [filter] () async throws(StoreError) in
                try await Self.usage(filter, of: store)
            }
        }
        for groupings in [[], [.productCode, .dimension], [.buyerAccountId], [.hour]]
            as [[UsageGrouping]]
        {
            await ask("totals by \(groupings)") { () async throws(StoreError) in
                try await store.totals(of: UsageFilter(), by: groupings, after: nil, limit: 1000)
            }
        }
    }

    private static func usage(
        _ filter: UsageFilter, of store: SQLiteStore
    ) async throws(StoreError) -> [String] {
        try await store.usage(filter, after: nil, limit: 10_000).items.map {
            "\($0.id) \($0.series.buyerAccountID) \($0.quantity) \($0.allocations.count)"
        }
    }
}
