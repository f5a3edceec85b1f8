package import Marketplace
package import MeteringAPI

extension Timestamp {
    /// Noon of the first of December 2026, the hour of the samples.
    package static let noon = Timestamp(milliseconds: 1_796_126_400_000)

    package func adding(hours: Int64) -> Timestamp { adding(seconds: hours * 3600) }
}

extension MeteringRecordID {
    /// The id of a sample, by its number.
    package static func sample(_ number: Int) -> MeteringRecordID {
        MeteringRecordID(high: 0xA0, low: UInt64(number))
    }
}

extension UsageSeries {
    /// A series of the product `prod`, by product unless a licence or a resource is given.
    package static func sample(
        product: String = "prod", license: String? = nil, buyer: String = "111122223333",
        resource: String? = nil, dimension: String = "users", region: String = "us-east-1",
        isRuntime: Bool = false
    ) -> UsageSeries {
        let ofResource: Space = isRuntime ? .runtime : .resource
        let space: Space = license != nil ? .license : resource != nil ? ofResource : .product
        return UsageSeries(
            space: space, productCode: product, licenseARN: license, buyerAccountID: buyer,
            resourceID: resource, dimension: dimension, region: region)
    }

    /// The usage of an AgentCore runtime, which has more than one record an hour.
    package static let agent = sample(resource: "runtime/a")
}

extension UsageEntry {
    package static func sample(
        _ number: Int, _ series: UsageSeries = .sample(), quantity: Quantity = Quantity(5),
        at timestamp: Timestamp = .noon, allocations: [RecordedAllocation] = [],
        operation: OperationName = .batchMeterUsage, recordedAt: Timestamp? = nil,
        isOncePerHour: Bool = true, token: ClientToken? = nil
    ) -> UsageEntry {
        UsageEntry(
            id: .sample(number), series: series, timestamp: timestamp, quantity: quantity,
            allocations: allocations, operation: operation,
            recordedAt: recordedAt ?? timestamp.adding(seconds: 60 + Int64(number)),
            isOncePerHour: isOncePerHour, clientToken: token)
    }

    /// The record as another entry with the same allocations meets it.
    package var earlier: EarlierRecord { earlier(hasSameAllocations: true) }

    func earlier(hasSameAllocations: Bool) -> EarlierRecord {
        EarlierRecord(
            id: id, quantity: quantity, timestamp: timestamp, recordedAt: recordedAt,
            hasSameAllocations: hasSameAllocations)
    }

    /// The outcome where it is the first of its key.
    var recorded: RecordOutcome { .recorded(id, billedTwiceWith: nil) }
}

extension ClientToken {
    package static func sample(
        _ token: String = "token-1", digest: UInt128 = 1, account: String = "111122223333",
        resource: String = "runtime/a", region: String = "us-east-1"
    ) -> ClientToken {
        ClientToken(
            scope: Scope(accountID: account, resourceID: resource, region: region), token: token,
            requestDigest: digest)
    }
}

extension MarketplaceStore {
    /// Saves changes that hang on unused products, and on no other changes.
    package func save(
        _ changes: [CatalogChange], ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        try await save(changes, expecting: nil, ifUnused: products)
    }

    /// The catalog with all facts that are looked up.
    package func wholeCatalog() async throws(StoreError) -> Catalog {
        var catalog = try await loadCatalog()
        for kind in CatalogFact.Kind.allCases where kind.isLookedUp {
            for fact in try await facts(.all(kind)) { catalog.put(fact) }
        }
        return catalog
    }

    /// Forgets usage, whatever the revision; gives the one after it.
    @discardableResult
    package func forgetUsage(
        saving changes: [CatalogChange]
    ) async throws -> CatalogRevision {
        guard case .saved(let revision) = try await forgetUsage(saving: changes, expecting: nil)
        else { throw BrokenPromise(description: "What expects no revision was stale.") }
        return revision
    }

    /// Records entries that no catalog was asked about.
    package func record(_ entries: [UsageEntry]) async throws(StoreError) -> [RecordOutcome] {
        try await record(entries, decidedOn: nil)
    }

    /// Records one entry.
    func record(_ entry: UsageEntry) async throws -> RecordOutcome {
        let outcomes = try await record([entry])
        try expectEqual(outcomes.count, 1, "the number of outcomes of one entry")
        return outcomes[0]
    }

    /// Everything that is recorded, page by page.
    func allUsage(
        _ filter: UsageFilter = UsageFilter(), limit: Int = 1000
    ) async throws -> [RecordedUsage] {
        var records: [RecordedUsage] = []
        var cursor: String?
        repeat {
            let page = try await usage(filter, after: cursor, limit: limit)
            try expect(page.items.count <= limit, "a page has at most \(limit) records")
            records += page.items
            try expect(
                cursor == nil || !page.items.isEmpty, "a page that was announced is not empty")
            cursor = page.nextCursor
        } while cursor != nil
        return records
    }

    /// Every group's total, page by page.
    func allTotals(
        _ filter: UsageFilter = UsageFilter(), by groupings: [UsageGrouping], limit: Int = 1000
    ) async throws -> [UsageTotal] {
        var totals: [UsageTotal] = []
        var cursor: String?
        repeat {
            let page = try await self.totals(of: filter, by: groupings, after: cursor, limit: limit)
            try expect(page.items.count <= limit, "a page has at most \(limit) totals")
            totals += page.items
            try expect(
                cursor == nil || !page.items.isEmpty, "a page that was announced is not empty")
            cursor = page.nextCursor
        } while cursor != nil
        return totals
    }
}
