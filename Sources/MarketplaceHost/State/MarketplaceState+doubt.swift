package import Marketplace
import Synchronization
import Waiting

extension MarketplaceState {
    /// Runs what changes the catalog: one at a time, and on the catalog that the store has.
    ///
    /// Where nobody knows whether a change was stored, the catalog is brought up to date with the
    /// store: at once, and where that fails before the next change.
    func exclusively<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await edits.run {
            if self.isDoubtful.load(ordering: .relaxed) { try await self.catchUp() }
            do {
                return try await body()
            } catch let error as StoreError where error.code == .unknownOutcome {
                self.isDoubtful.store(true, ordering: .relaxed)
                try? await self.catchUp()
                throw error
            }
        }
    }

    /// Brings the catalog up to date with the store, which another server may have changed; for the
    /// one who has the gate.
    func catchUp() async throws(StoreError) {
        let known = catalog
        if let update = try await missingChanges(after: known.revision) {
            isDoubtful.store(false, ordering: .relaxed)
            guard update.revision != known.revision else { return }
            var catalog = known
            for change in update.changes { catalog.apply(change) }
            catalog.revision = update.revision
            catalog.heldAt = catalog.clock.reached
            show(try await heldBack(shownCatalog(of: catalog)))
        } else {
            show(try await heldBack(load()))
            isDoubtful.store(false, ordering: .relaxed)
        }
        changes.announce()
    }

    /// What happened to the catalog after a revision; nil where all of it has to be read.
    private func missingChanges(
        after revision: CatalogRevision
    ) async throws(StoreError) -> CatalogUpdate? {
        do throws(StoreError) {
            return try await store.catalogChanges(after: revision)
        } catch {
            // The list of changes is damaged, and the catalog may not be.
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    /// Brings the catalog up to date where the store has said that it is not; throws where it is,
    /// because the same would be said again and again.
    func catchUp(after stale: CatalogRevision) async throws {
        try Task.checkCancellation()
        try await catchUp()
        guard catalog.revision.number != stale.number else {
            throw StoreError(
                .outdated, cause: "the store refuses revision \(stale.number), which is its own")
        }
    }

    /// How many edits, and requests that one has overtaken, wait for their turn.
    package var editsThatWait: Int { edits.waiting }

    /// The catalog that the store has when the edit that may be under way has ended.
    package func settledCatalog() async throws -> Catalog {
        try await exclusively {
            try await self.catchUp()
            return self.catalog
        }
    }
}
