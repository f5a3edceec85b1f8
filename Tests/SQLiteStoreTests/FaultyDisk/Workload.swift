import GRDB
import Marketplace
import MeteringAPI
import StoreContract

@testable import DurableFile
@testable import SQLiteStore

/// Something that is asked of a store, one after the other.
enum Step: Sendable {
    case save([CatalogChange])
    case record([UsageEntry])
    /// Calls at once, none of which meets another.
    case together([[UsageEntry]])
    case forgetUsage([CatalogChange])
    /// Folds the whole log back into the file.
    case checkpoint
    case read
    case reopen
}

extension Step {
    /// Some of all that a store is asked: facts, batches, resends, other quantities, both spaces,
    /// tokens, allocations; and at the end everything is forgotten and begun anew.
    static let workload: [Step] = [
        .save(facts),
        .record(batch(from: 0)),
        .record(resends + batch(from: 25, hours: 1)),
        .record(agents),
        .record(agents),
        .read,
        .record([allocated]),
        .checkpoint,
        .record(batch(from: 50, hours: 2)),
        .save([.put(.account(Account(id: "444455556666", role: .buyer, name: "Renamed")))]),
        .together((0..<4).map { batch(from: 200 + 25 * $0, hours: 3 + Int64($0)) }),
        .reopen,
        .record(batch(from: 75, hours: 1, buyer: "444455556666")),
        .record(resends),
        .forgetUsage([.put(.account(Account(id: "777788889999", role: .buyer, name: "Late")))]),
        .record(batch(from: 100) + agents),
        .record([allocated] + resends),
    ]

    /// Commits that are smaller than those of the workload.
    static let little: [Step] = (0..<12).map { number in
        .record([
            .sample(
                4000 + number, .sample(dimension: "d1"),
                at: .noon.adding(hours: Int64(200 + number)))
        ])
    }

    private static let facts: [CatalogChange] = [
        .put(.account(Account(id: "111122223333", role: .buyer, name: "Buyer"))),
        .put(.account(Account(id: "444455556666", role: .buyer, name: "Other"))),
        .put(
            .product(
                Product(
                    code: "prod", type: .saas, title: "P", sellerAccountID: "999988887777",
                    dimensions: (0..<25).map { Dimension(name: "d\($0)") }))),
    ]

    private static func batch(
        from number: Int, hours: Int64 = 0, buyer: String = "111122223333"
    ) -> [UsageEntry] {
        (0..<25).map { index in
            .sample(
                number + index, .sample(buyer: buyer, dimension: "d\(index)"),
                quantity: Quantity(millionths: Int64(number + index) * 700_001),
                at: .noon.adding(hours: hours))
        }
    }

    /// The first batch again, some with another quantity, some by licence.
    private static let resends: [UsageEntry] = batch(from: 0).enumerated().map { index, entry in
        var entry = entry
        entry.id = .sample(1000 + index)
        if index % 5 == 1 { entry.quantity = Quantity(Int32(index) + 7) }
        if index % 5 == 2 {
            entry.series = .sample(license: "arn:l1", dimension: entry.series.dimension)
        }
        return entry
    }

    private static let agents: [UsageEntry] = (0..<6).map { index in
        .sample(
            2000 + index, .agent, operation: .meterUsage, isOncePerHour: false,
            token: .sample("token-\(index % 4)", digest: index == 5 ? 2 : 1))
    }

    private static let allocated = UsageEntry.sample(
        3000, .sample(dimension: "allocated"), quantity: Quantity(5),
        allocations: [
            RecordedAllocation(quantity: Quantity(2), tags: ["team": "a"]),
            RecordedAllocation(quantity: Quantity(3), tags: [:]),
        ])
}

extension Step {
    /// Asks it of a store; checkpoints are the embedded store's own affair.
    func perform(on store: any MarketplaceStore) async throws(StoreError) -> [RecordOutcome] {
        switch self {
        case .save(let changes): try await store.save(changes)
        case .forgetUsage(let changes):
            try await store.forgetUsage(saving: changes, expecting: nil)
        case .record(let entries):
            // The revision that the file has is the one that the writer knows.
            let revision = try await store.loadCatalog().revision
            return try await store.record(entries, decidedOn: revision)
        case .together(let calls):
            for call in calls { _ = try await store.record(call) }
        case .checkpoint:
            guard let store = store as? SQLiteStore else { break }
            // Where it fails the log stays, and nobody is told.
            try? await store.file.current.pool.writeWithoutTransaction {
                _ = try $0.checkpoint(.truncate)
            }
        case .read, .reopen: break
        }
        return []
    }
}

/// All that a store tells of its contents, in a form that can be compared.
struct StoreContents: Equatable {
    let usage: Set<RecordedUsage>
    let records: Int
    let totals: [UsageTotal]
    let dimensions: Set<ExactText>
    let accounts: FactTable<Account>
    let products: FactTable<Product>

    init(of store: any MarketplaceStore) async throws(StoreError) {
        let items = try await store.usage(UsageFilter(), after: nil, limit: 10_000).items
        usage = Set(items)
        records = items.count
        totals = try await store.totals(
            of: UsageFilter(), by: [.dimension, .licenseArn, .hour], after: nil, limit: 10_000
        ).items
        dimensions = try await store.usedDimensions(of: "prod")
        let catalog = try await store.loadCatalog()
        accounts = catalog.accounts
        products = catalog.products
    }
}
