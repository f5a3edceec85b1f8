import Marketplace
import MeteringAPI
import Synchronization

/// Keeps a catalog like any store, and fails to record; to save, where it is told to.
final class FailingStore: MarketplaceStore {
    private let code: StoreError.Code
    private let store = InMemoryStore()
    private let saving = Mutex(true)

    init(_ code: StoreError.Code) { self.code = code }

    var failsToSave: Bool {
        get { saving.withLock { !$0 } }
        set { saving.withLock { $0 = !newValue } }
    }

    func record(
        _ entries: [UsageEntry], decidedOn revision: CatalogRevision?
    ) async throws(StoreError) -> [RecordOutcome] {
        throw StoreError(code, cause: "the disk is full")
    }

    func loadCatalog() async throws(StoreError) -> Catalog { try await store.loadCatalog() }

    func save(
        _ changes: [CatalogChange], ifUnused products: Set<String>
    ) async throws(StoreError) -> SaveOutcome {
        try check()
        return try await store.save(changes, ifUnused: products)
    }

    func forgetUsage(
        saving changes: [CatalogChange]
    ) async throws(StoreError) -> CatalogRevision {
        try check()
        return try await store.forgetUsage(saving: changes)
    }

    func forgetEverything() async throws(StoreError) -> CatalogRevision {
        try check()
        return try await store.forgetEverything()
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

    var findings: [String] { [] }

    func backup() async throws(StoreError) -> StoreCopy { try await store.backup() }

    func close() async {}

    private func check() throws(StoreError) {
        if failsToSave { throw StoreError(code, cause: "the disk is full") }
    }
}
