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

    func facts(_ query: FactQuery) async throws(StoreError) -> [CatalogFact] {
        try await store.facts(query)
    }

    func assumedWorkloads() async throws(StoreError) -> Int {
        try await store.assumedWorkloads()
    }

    func catalogChanges(
        after revision: CatalogRevision
    ) async throws(StoreError) -> CatalogUpdate? {
        try await store.catalogChanges(after: revision)
    }

    func save(
        _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        try await store.save(changes, expecting: revision, ifUnused: products)
    }

    func forgetUsage(
        saving changes: [CatalogChange], expecting revision: CatalogRevision?
    ) async throws(StoreError) -> SaveOutcome {
        try await store.forgetUsage(saving: changes, expecting: revision)
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

    func claim(
        _ target: String, for claimant: String, at time: Timestamp, until end: Timestamp
    ) async throws(StoreError) -> DeliveryClaim {
        try await store.claim(target, for: claimant, at: time, until: end)
    }

    func settle(_ delivery: Delivery, by claimant: String) async throws(StoreError) -> Bool {
        try await store.settle(delivery, by: claimant)
    }

    func events(
        after number: Int64, within bounds: PageBounds
    ) async throws(StoreError) -> [NumberedEvent] {
        try await store.events(after: number, within: bounds)
    }

    func waitingDeliveries() async throws(StoreError) -> [WaitingDeliveries] {
        try await store.waitingDeliveries()
    }

    var activity: StoreActivity { store.activity }

    var findings: [String] { store.findings }

    func backup() async throws(StoreError) -> StoreCopy? { try await store.backup() }

    func close() async { await store.close() }
}
