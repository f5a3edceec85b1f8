package import Marketplace
package import MeteringAPI
import Synchronization

/// The marketplace of a running server: its store, its catalog as of now, its clock.
///
/// Readers take the catalog as a value. Edits run one at a time and become visible once they are
/// on stable storage.
package final class MarketplaceState: Sendable {
    package let store: any MarketplaceStore
    /// The contract of products that choose none.
    package let contract: Contract
    package let alignment: WindowAlignment
    private let realClock: @Sendable () -> Timestamp
    private let current: Mutex<Catalog>
    private let edits = SerialGate()

    package init(
        store: any MarketplaceStore, contract: Contract, alignment: WindowAlignment = .raw,
        realClock: @escaping @Sendable () -> Timestamp = { .realNow }
    ) async throws(StoreError) {
        self.store = store
        self.contract = contract
        self.alignment = alignment
        self.realClock = realClock
        current = Mutex(try await store.loadCatalog())
    }

    package var catalog: Catalog { current.withLock { $0 } }

    package var realNow: Timestamp { realClock() }

    /// Runs an edit on the newest catalog.
    ///
    /// What it changed is durable, then visible, then this returns. When it throws, nothing is
    /// changed.
    package func edit<Value: Sendable>(
        _ body: @Sendable (inout CatalogEdit) throws -> Value
    ) async throws -> Value {
        try await edits.run {
            var edit = self.beginEdit()
            let value = try body(&edit)
            if !edit.changes.isEmpty {
                try await self.store.save(edit.changes)
                self.current.withLock { $0 = edit.catalog }
            }
            return value
        }
    }

    /// Forgets usage and what hangs on it, and returns the clock to real time; the marketplace
    /// stays.
    package func forgetUsage() async throws {
        try await edits.run {
            var edit = self.beginEdit()
            for workload in edit.catalog.registeredWorkloads {
                edit.remove(CatalogFact.registeredWorkload(workload).key)
            }
            edit.put(.clock(MarketplaceClock()))
            try await self.store.forgetUsage(saving: edit.changes)
            self.current.withLock { $0 = edit.catalog }
        }
    }

    /// Forgets all.
    package func forgetEverything() async throws {
        try await edits.run {
            try await self.store.forgetEverything()
            self.current.withLock { $0 = Catalog() }
        }
    }

    private func beginEdit() -> CatalogEdit {
        let catalog = catalog
        let real = realNow
        return CatalogEdit(catalog: catalog, now: catalog.clock.now(real: real), realNow: real)
    }
}
