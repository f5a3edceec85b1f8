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
        current = Mutex(Catalog())
        show(try await load())
        try await adoptAgreements()
        show(try await heldBack(catalog))
    }

    /// Gives the agreements of an earlier version, which told of nothing, the milestones that
    /// passed in its time.
    private func adoptAgreements() async throws(StoreError) {
        while true {
            var edit = beginEdit()
            edit.adoptAgreements()
            if edit.changes.isEmpty { return }
            let outcome = try await store.save(
                edit.changes, expecting: edit.catalog.revision, ifUnused: [])
            if case .saved(let revision) = outcome { return show(edit.catalog, revision) }
            // Another server that starts has done it.
            show(try await load())
        }
    }

    /// The catalog that the store has.
    func load() async throws(StoreError) -> Catalog {
        try await shownCatalog(of: store.loadCatalog())
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
    /// It runs again, knowing more, where another server was first, and where it takes something
    /// away from a product that turns out to have usage. Unless it outlasts a reset, it throws
    /// where everything was forgotten while it waited for its turn.
    package func edit<Value: Sendable>(
        outlastsReset: Bool = false, lookingUp queries: LookUps = { _, _ in [] },
        _ body: @Sendable (inout CatalogEdit) throws -> Value
    ) async throws -> Value {
        let begun = catalog.revision
        return try await exclusively {
            var usedDimensions: [ExactText: Set<ExactText>] = [:]
            while true {
                guard outlastsReset || !self.catalog.revision.isEmptied(since: begun)
                else { throw Overtaken() }
                var edit = self.beginEdit()
                edit.usedDimensions = usedDimensions
                try await self.lookUpDue(for: &edit)
                let runtime = edit.settle(atMost: HostLimits.momentsInEdit)
                try await self.lookUp(queries(edit.catalog, edit.now), for: &edit)
                let value = try body(&edit)
                var settled = edit
                try await self.lookUpDue(for: &settled)
                let follows = settled.settle(atMost: HostLimits.momentsInEdit)
                // What ran by the change is recorded once the change is stored, and not before: a
                // move of the clock that is refused would have billed hours that never were.
                if follows.isEmpty { edit = settled } else { edit.hold() }
                switch try await self.keep(edit, recording: runtime) {
                case .saved:
                    // Should this fail, the timekeeper goes on.
                    if !follows.isEmpty { try? await self.goOn() }
                    return value
                case .stale: try await self.catchUp(after: edit.catalog.revision)
                case .used(let products):
                    for product in products {
                        usedDimensions[product] = try await self.store.usedDimensions(
                            of: product.text)
                    }
                }
            }
        }
    }

    /// Lets happen what is due, a step at most; for the one who has the gate.
    private func goOn() async throws {
        var edit = beginEdit()
        try await lookUpDue(for: &edit)
        let runtime = edit.settle(atMost: HostLimits.momentsInEdit)
        _ = try await keep(edit, recording: runtime)
    }

    /// Records what workloads ran, then saves what an edit changed and shows it, if nobody was
    /// first and no usage forbids it.
    ///
    /// What ran is recorded before the edit is saved: should the rest fail, the same hours are
    /// recorded again, as the same.
    private func keep(
        _ edit: CatalogEdit, recording runtime: [UsageEntry]
    ) async throws(StoreError) -> SaveOutcome {
        let revision = edit.catalog.revision
        for start in stride(from: 0, to: runtime.count, by: HostLimits.containerEntriesAtOnce) {
            let end = min(start + HostLimits.containerEntriesAtOnce, runtime.count)
            do throws(StoreError) {
                _ = try await store.record(Array(runtime[start..<end]), decidedOn: revision)
            } catch {
                if error.code == .outdated { return .stale }
                throw error
            }
        }
        guard !edit.changes.isEmpty else {
            // Without a change, too: moments that are out of date are not looked at again.
            var catalog = edit.catalog
            catalog.forgetLookedUp()
            show(catalog)
            return .saved(revision)
        }
        let outcome = try await store.save(
            edit.changes, expecting: revision, ifUnused: edit.productsToBeUnused)
        if case .saved(let revision) = outcome { await show(edit, revision) }
        return outcome
    }

    /// Forgets usage and what hangs on it, and returns the clock to real time; the marketplace
    /// stays.
    package func forgetUsage() async throws {
        try await exclusively {
            while true {
                var edit = self.beginEdit()
                edit.put(.clock(MarketplaceClock()))
                edit.forgetFuture()
                _ = edit.settle(atMost: HostLimits.momentsInEdit)
                let revision = edit.catalog.revision
                let outcome = try await self.store.forgetUsage(
                    saving: edit.changes, expecting: revision)
                guard case .saved(let next) = outcome else {
                    try await self.catchUp(after: revision)
                    continue
                }
                self.faults.set(FaultPlan())
                await self.show(edit, next, forgetsWorkloads: true)
                return
            }
        }
    }

    /// Forgets all, and what waits for its turn to change the catalog.
    package func forgetEverything() async throws {
        try await exclusively {
            let revision = try await self.store.forgetEverything()
            self.show(Catalog(), revision)
            self.faults.set(FaultPlan())
            self.changes.announce()
        }
    }

    private func show(_ catalog: Catalog, _ revision: CatalogRevision) {
        var catalog = catalog
        catalog.revision = revision
        show(catalog)
    }

    /// Lets requests see what an edit made of the catalog.
    private func show(
        _ edit: CatalogEdit, _ revision: CatalogRevision, forgetsWorkloads: Bool = false
    ) async {
        var catalog = edit.catalog
        catalog.revision = revision
        catalog.forgetLookedUp()
        if forgetsWorkloads { catalog.workloadMoment = nil }
        // The edit is stored, and seen from now on, whatever becomes of the look at the store.
        show(catalog)
        defer { changes.announce() }
        guard !forgetsWorkloads, edit.changes.contains(where: \.isOfWorkload) else { return }
        do throws(StoreError) {
            show(try await shownCatalog(of: catalog))
        } catch {
            // Whoever edits next asks again.
            catalog.workloadMoment = edit.now
            show(catalog)
        }
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

    /// A catalog that was read from the store, whose time stands before what became due meanwhile,
    /// where that is more than one step.
    func heldBack(_ catalog: Catalog) async throws(StoreError) -> Catalog {
        let real = realNow
        var edit = CatalogEdit(catalog: catalog, now: catalog.now(real: real), realNow: real)
        try await lookUpDue(for: &edit)
        _ = edit.settle(atMost: HostLimits.momentsInEdit)
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

extension CatalogChange {
    fileprivate var isOfWorkload: Bool { key?.kind == .registeredWorkload }
}
