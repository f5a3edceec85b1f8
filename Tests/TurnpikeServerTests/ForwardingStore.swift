import Marketplace
import MeteringAPI

/// A store that passes on to another what it does not do itself.
protocol ForwardingStore: MarketplaceStore {
    var store: any MarketplaceStore { get }
}

extension ForwardingStore {
    func record(
        _ entries: [UsageEntry], decidedOn revision: CatalogRevision?
    ) async throws(StoreError) -> [RecordOutcome] {
        try await store.record(entries, decidedOn: revision)
    }

    func loadCatalog() async throws(StoreError) -> Catalog { try await store.loadCatalog() }

    func save(
        _ changes: [CatalogChange], ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        try await store.save(changes, ifUnused: products)
    }

    func forgetUsage(
        saving changes: [CatalogChange]
    ) async throws(StoreError) -> CatalogRevision {
        try await store.forgetUsage(saving: changes)
    }

    func forgetEverything() async throws(StoreError) -> CatalogRevision {
        try await store.forgetEverything()
    }

    func usage(
        _ filter: UsageFilter, after cursor: String?, within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<RecordedUsage> {
        try await store.usage(filter, after: cursor, within: bounds)
    }

    func totals(
        of filter: UsageFilter, by groupings: [UsageGrouping], after cursor: String?,
        within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<UsageTotal> {
        try await store.totals(of: filter, by: groupings, after: cursor, within: bounds)
    }

    func usedDimensions(of productCode: String) async throws(StoreError) -> Set<ExactText> {
        try await store.usedDimensions(of: productCode)
    }

    func deliveries(
        _ filter: DeliveryFilter, after number: Int64, limit: Int
    ) async throws(StoreError) -> [Delivery] {
        try await store.deliveries(filter, after: number, limit: limit)
    }

    func outbox(
        of target: String, at time: Timestamp, limit: Int
    ) async throws(StoreError) -> Outbox {
        try await store.outbox(of: target, at: time, limit: limit)
    }

    func events(
        after number: Int64, within bounds: PageBounds
    ) async throws(StoreError) -> [NumberedEvent] {
        try await store.events(after: number, within: bounds)
    }

    var findings: [String] { store.findings }

    func backup() async throws(StoreError) -> StoreCopy? { try await store.backup() }

    func close() async { await store.close() }
}
