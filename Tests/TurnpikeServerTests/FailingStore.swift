import InMemoryStore
import Marketplace
import MeteringAPI
import Synchronization

/// Keeps a catalog like any store, and fails to record; to save, where it is told to.
final class FailingStore: ForwardingStore {
    private let code: StoreError.Code
    let store: any MarketplaceStore = InMemoryStore()
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

    func save(
        _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        try check()
        return try await store.save(changes, expecting: revision, ifUnused: products)
    }

    func forgetUsage(
        saving changes: [CatalogChange], expecting revision: CatalogRevision?
    ) async throws(StoreError) -> SaveOutcome {
        try check()
        return try await store.forgetUsage(saving: changes, expecting: revision)
    }

    func forgetEverything() async throws(StoreError) -> CatalogRevision {
        try check()
        return try await store.forgetEverything()
    }

    private func check() throws(StoreError) {
        if failsToSave { throw StoreError(code, cause: "the disk is full") }
    }
}
