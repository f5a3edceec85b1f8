import DurableFile
import Marketplace
import MeteringAPI

/// What a caller of the store wants to have written.
enum StoreWork: FileWork {
    /// Entries, and by their position the allocations of those that have some, as text: encoding
    /// takes longer than writing and is done before the writer's turn.
    case record([UsageEntry], allocations: [Int: String], decidedOn: CatalogRevision?)
    case change(
        forgetting: Forgetting, [StoredChange], expecting: CatalogRevision?,
        ifUnused: Set<ExactText>)
    case claim(target: String, DeliveryClaim, at: Timestamp)
    case settle(Delivery, claimant: String)

    var weight: Int {
        switch self {
        case .record(let entries, let allocations, _):
            // An allocation may be as large as an entry.
            entries.count + allocations.keys.reduce(0) { $0 + entries[$1].allocations.count }
        // They are rare beside usage.
        case .change, .claim, .settle: 1
        }
    }
}

/// What became of a caller's work; of the members the one that is asked for counts.
struct StoreOutcome: Sendable {
    /// What became of each entry.
    var entries: [RecordOutcome] = []
    /// What became of a change.
    var saved = SaveOutcome.stale
    /// The claim that holds after one was made.
    var claim: DeliveryClaim?
    /// Whether what became of a delivery was stored.
    var isSettled = false
}

/// What is forgotten before changes are saved.
enum Forgetting: Sendable {
    case nothing, usage, everything
}

extension DataTables: FileTables {
    mutating func perform(
        _ work: StoreWork, guarding pages: PageGuard
    ) throws(SQLiteFailure) -> Result<StoreOutcome, StoreError> {
        switch work {
        case .record(let entries, let allocations, let decided):
            countEntries(entries.count)
            guard admits(decided) else { return .failure(.outdated) }
            if let damage = try damage(inHoursOf: entries) {
                return .failure(StoreError(.damaged, cause: pages.explain(damage)))
            }
            var outcome = StoreOutcome()
            outcome.entries.reserveCapacity(entries.count)
            for (position, entry) in entries.enumerated() {
                outcome.entries.append(try record(entry, allocations: allocations[position]))
            }
            return .success(outcome)
        case .change(let forgetting, let changes, let expected, let products):
            guard isCurrent(expected) else { return .success(StoreOutcome(saved: .stale)) }
            let used = try used(of: products)
            guard used.isEmpty else {
                return .success(StoreOutcome(saved: .used(products: used)))
            }
            try change(forgetting: forgetting, changes, affectsUsage: !products.isEmpty)
            return .success(StoreOutcome(saved: .saved(catalogRevision)))
        case .claim(let target, let claim, let time):
            let held = try deliveries.claim(target, claim, at: time)
            return .success(StoreOutcome(claim: held))
        case .settle(let delivery, let claimant):
            let isSettled = try deliveries.settle(delivery, by: claimant)
            return .success(StoreOutcome(isSettled: isSettled))
        }
    }
}
