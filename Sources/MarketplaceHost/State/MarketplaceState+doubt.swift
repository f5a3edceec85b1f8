package import Marketplace
import Synchronization
import Waiting

extension MarketplaceState {
    /// Runs what changes the catalog: one at a time, and on the catalog that the store has.
    ///
    /// Where nobody knows whether a change was stored, the catalog is read from the store again: at
    /// once, and where that fails before the next change.
    func exclusively<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await edits.run {
            if self.isDoubtful.load(ordering: .relaxed) { try await self.reload() }
            do {
                return try await body()
            } catch let error as StoreError where error.leavesDoubt {
                self.isDoubtful.store(true, ordering: .relaxed)
                try? await self.reload()
                throw error
            }
        }
    }

    private func reload() async throws(StoreError) {
        show(heldBack(try await store.loadCatalog()))
        isDoubtful.store(false, ordering: .relaxed)
        changes.announce()
    }

    /// How many edits, and requests that one has overtaken, wait for their turn.
    package var editsThatWait: Int { edits.waiting }

    /// The catalog when the edit that may be under way has ended.
    package func settledCatalog() async throws -> Catalog {
        try await exclusively { catalog }
    }
}

extension StoreError {
    /// Whether the store may hold another catalog than the one that was to be changed.
    fileprivate var leavesDoubt: Bool { code == .unknownOutcome || code == .outdated }
}
