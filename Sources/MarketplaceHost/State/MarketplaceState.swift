package import Marketplace
package import MeteringAPI
import Synchronization
package import Waiting

/// The marketplace of a running server: its store, its catalog as of now, its clock.
///
/// Readers take the catalog as a value. Edits run one at a time and become visible once they are
/// on stable storage.
package final class MarketplaceState: Sendable {
    package let store: any MarketplaceStore
    /// The contract of products that choose none.
    package let contract: Contract
    package let alignment: WindowAlignment
    /// What is to go wrong; forgotten when the server stops.
    package let faults: FaultInjector
    private let realClock: @Sendable () -> Timestamp
    private let current: Mutex<Catalog>
    let edits = SerialGate()
    /// Whether the store may hold another catalog than the current one; asked within the gate.
    let isDoubtful = Atomic(false)
    /// How often everything was forgotten.
    private let resets = Atomic(0)
    /// What the clock showed before it was moved.
    let shownTimes = Mutex(ShownTimes())
    /// Rings after each edit.
    package let changes = Bell()

    package init(
        store: any MarketplaceStore, contract: Contract, alignment: WindowAlignment = .raw,
        faults: FaultInjector = FaultInjector(),
        realClock: @escaping @Sendable () -> Timestamp = { .realNow }
    ) async throws(StoreError) {
        self.store = store
        self.contract = contract
        self.alignment = alignment
        self.faults = faults
        self.realClock = realClock
        current = Mutex(try await store.loadCatalog())
        try await adoptAgreements()
        holdBack()
    }

    /// Gives the agreements of an earlier version, which told of nothing, the milestones that
    /// passed in its time.
    private func adoptAgreements() async throws(StoreError) {
        var edit = beginEdit()
        edit.adoptAgreements()
        if edit.changes.isEmpty { return }
        try await store.save(edit.changes)
        current.withLock { $0 = edit.catalog }
    }

    /// Everything was forgotten while an edit waited for its turn.
    package struct Overtaken: Error {}

    package var catalog: Catalog { current.withLock { $0 } }

    package var realNow: Timestamp { realClock() }

    /// Lets happen what has become due, runs an edit on what came of it, and then lets happen what
    /// became due by the edit.
    ///
    /// Both take a step at most; where that is not enough, the marketplace's time stands at what
    /// has happened, and the timekeeper, or whoever edits next, goes on from there.
    /// What it changed is durable, then visible, then this returns. When it throws, nothing is
    /// changed, or the store does not know.
    ///
    /// It runs again, knowing more, where it takes something away from a product that turns out to
    /// have usage. Unless it outlasts a reset, it throws where everything was forgotten while it
    /// waited for its turn.
    package func edit<Value: Sendable>(
        outlastsReset: Bool = false,
        _ body: @Sendable (inout CatalogEdit) throws -> Value
    ) async throws -> Value {
        let resets = resets.load(ordering: .relaxed)
        return try await exclusively {
            guard outlastsReset || resets == self.resets.load(ordering: .relaxed)
            else { throw Overtaken() }
            var usedDimensions: [ExactText: Set<ExactText>] = [:]
            while true {
                var edit = self.beginEdit()
                edit.usedDimensions = usedDimensions
                let runtime = edit.settle(atMost: Self.momentsInStep)
                let value = try body(&edit)
                var settled = edit
                let follows = settled.settle(atMost: Self.momentsInStep)
                // What ran by the change is recorded once the change is stored, and not before: a
                // move of the clock that is refused would have billed hours that never were.
                if follows.isEmpty { edit = settled } else { edit.hold() }
                try await self.record(runtime, of: edit)
                let used = try await self.keep(edit)
                if used.isEmpty {
                    // Should this fail, the timekeeper goes on.
                    if !follows.isEmpty { try? await self.goOn() }
                    return value
                }
                for product in used {
                    usedDimensions[product] = try await self.store.usedDimensions(of: product.text)
                }
            }
        }
    }

    /// Lets happen what is due, a step at most; for the one who has the gate.
    private func goOn() async throws {
        var edit = beginEdit()
        try await record(edit.settle(atMost: Self.momentsInStep), of: edit)
        _ = try await keep(edit)
    }

    /// Records what workloads ran.
    ///
    /// This comes before the edit is kept: should the rest fail, the same hours are recorded again,
    /// as the same.
    private func record(_ runtime: [UsageEntry], of edit: CatalogEdit) async throws(StoreError) {
        for start in stride(from: 0, to: runtime.count, by: Self.entriesAtOnce) {
            let end = min(start + Self.entriesAtOnce, runtime.count)
            _ = try await store.record(
                Array(runtime[start..<end]), decidedOn: edit.catalog.revision)
        }
    }

    /// Saves what an edit changed and shows it; gives the products whose usage forbids that.
    private func keep(_ edit: CatalogEdit) async throws(StoreError) -> Set<ExactText> {
        guard !edit.changes.isEmpty else {
            // Without a change, too: moments that are out of date are not looked at again.
            show(edit.catalog)
            return []
        }
        switch try await store.save(edit.changes, ifUnused: edit.productsToBeUnused) {
        case .saved(let revision):
            show(edit.catalog, revision)
            changes.announce()
            return []
        case .used(let products): return products
        }
    }

    /// Forgets usage and what hangs on it, and returns the clock to real time; the marketplace
    /// stays.
    package func forgetUsage() async throws {
        try await exclusively {
            var edit = self.beginEdit()
            for workload in edit.catalog.registeredWorkloads {
                edit.remove(CatalogFact.registeredWorkload(workload).key)
            }
            edit.put(.clock(MarketplaceClock()))
            edit.forgetFuture()
            _ = edit.settle(atMost: Self.momentsInStep)
            let revision = try await self.store.forgetUsage(saving: edit.changes)
            self.show(edit.catalog, revision)
            self.faults.set(FaultPlan())
            self.changes.announce()
        }
    }

    /// Forgets all, and what waits for its turn to change the catalog.
    package func forgetEverything() async throws {
        try await exclusively {
            let revision: CatalogRevision
            do throws(StoreError) {
                revision = try await self.store.forgetEverything()
            } catch {
                // Where nobody knows what became of it, nothing waits on as if it had not been.
                if error.code == .unknownOutcome { self.resets.add(1, ordering: .relaxed) }
                throw error
            }
            self.resets.add(1, ordering: .relaxed)
            self.show(Catalog(), revision)
            self.faults.set(FaultPlan())
            self.changes.announce()
        }
    }

    /// How many hours of workloads are recorded in one call of the store.
    private static let entriesAtOnce = 1000

    private func show(_ catalog: Catalog, _ revision: CatalogRevision) {
        var catalog = catalog
        catalog.revision = revision
        show(catalog)
    }

    /// Lets requests see a catalog from now on.
    package func show(_ catalog: Catalog) {
        let real = realNow
        let before = current.withLock { current in
            defer { current = catalog }
            return current
        }
        guard before.clock != catalog.clock || before.heldAt != catalog.heldAt else { return }
        shownTimes.withLock { $0.add(before, until: real) }
    }

    /// After a start: lets the marketplace's time stand before what became due meanwhile, where
    /// that is more than one step.
    private func holdBack() {
        let catalog = heldBack(catalog)
        current.withLock { $0.heldAt = catalog.heldAt }
    }

    /// A catalog that was read from the store, whose time stands before what became due meanwhile,
    /// where that is more than one step.
    func heldBack(_ catalog: Catalog) -> Catalog {
        let real = realNow
        var edit = CatalogEdit(catalog: catalog, now: catalog.now(real: real), realNow: real)
        _ = edit.settle(atMost: Self.momentsInStep)
        guard edit.catalog.heldAt != nil else { return catalog }
        var held = catalog
        // Moments may lie before what was reached, because agreements may be backdated.
        held.heldAt = max(
            catalog.nextMoment ?? real, catalog.clock.reached ?? Timestamp(milliseconds: .min))
        return held
    }

    private func beginEdit() -> CatalogEdit {
        let catalog = catalog
        let real = realNow
        return CatalogEdit(catalog: catalog, now: catalog.now(real: real), realNow: real)
    }
}
