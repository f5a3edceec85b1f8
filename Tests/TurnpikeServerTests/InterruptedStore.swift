import InMemoryStore
import Marketplace
import MeteringAPI
import Synchronization

/// A store that lets a test act between a decision and what is stored of it, and that can lose
/// the answer of a save.
final class InterruptedStore: ForwardingStore {
    typealias Interruption = @Sendable () async -> Void

    /// What became of a save whose outcome nobody was told.
    enum LostSave: Sendable, CaseIterable {
        case stored, notStored
    }

    private struct State {
        var beforeRecord: Interruption?
        var beforeSave: Interruption?
        var beforeForgetting: Interruption?
        var lost: LostSave?
        var loadsThatFail = 0
    }

    let store: any MarketplaceStore
    private let state = Mutex(State())

    init(_ store: any MarketplaceStore = InMemoryStore()) { self.store = store }

    /// Does something once, before entries are recorded.
    func beforeRecord(_ interruption: @escaping Interruption) {
        state.withLock { $0.beforeRecord = interruption }
    }

    /// Does something once, before changes are saved; the edit that saves them is under way.
    func beforeSave(_ interruption: @escaping Interruption) {
        state.withLock { $0.beforeSave = interruption }
    }

    /// Does something once, before anything is forgotten; the reset is under way.
    func beforeForgetting(_ interruption: @escaping Interruption) {
        state.withLock { $0.beforeForgetting = interruption }
    }

    /// Lets nobody know what becomes of the next save, and lets so many loads fail after it.
    func loseSave(_ lost: LostSave, failingLoads: Int = 0) {
        state.withLock {
            $0.lost = lost
            $0.loadsThatFail = failingLoads
        }
    }

    func record(
        _ entries: [UsageEntry], decidedOn revision: CatalogRevision?
    ) async throws(StoreError) -> [RecordOutcome] {
        await state.withLock { $0.beforeRecord.take() }?()
        return try await store.record(entries, decidedOn: revision)
    }

    func save(
        _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        await state.withLock { $0.beforeSave.take() }?()
        return try await losing { () throws(StoreError) in
            try await store.save(changes, expecting: revision, ifUnused: products)
        }
    }

    func forgetUsage(
        saving changes: [CatalogChange], expecting revision: CatalogRevision?
    ) async throws(StoreError) -> SaveOutcome {
        await state.withLock { $0.beforeForgetting.take() }?()
        return try await losing { () throws(StoreError) in
            try await store.forgetUsage(saving: changes, expecting: revision)
        }
    }

    func forgetEverything() async throws(StoreError) -> CatalogRevision {
        await state.withLock { $0.beforeForgetting.take() }?()
        return try await losing { () throws(StoreError) in try await store.forgetEverything() }
    }

    func loadCatalog() async throws(StoreError) -> Catalog {
        try failLoad()
        return try await store.loadCatalog()
    }

    func catalogChanges(
        after revision: CatalogRevision
    ) async throws(StoreError) -> CatalogUpdate? {
        try failLoad()
        return try await store.catalogChanges(after: revision)
    }

    private func failLoad() throws(StoreError) {
        let fails = state.withLock { state in
            defer { state.loadsThatFail = max(0, state.loadsThatFail - 1) }
            return state.loadsThatFail > 0
        }
        if fails { throw StoreError(.notStored, cause: "the disk cannot be read") }
    }

    private func losing<Value>(
        _ change: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        guard let lost = state.withLock({ $0.lost.take() }) else { return try await change() }
        if lost == .stored { _ = try await change() }
        throw StoreError(.unknownOutcome, cause: "the disk did not answer")
    }
}
