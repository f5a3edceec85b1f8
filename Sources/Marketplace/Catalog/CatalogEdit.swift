package import MeteringAPI

/// A change of the catalog under way: what was asked for, on the catalog as it will be.
///
/// Commands check names and contradictions and throw; whoever runs them saves `changes` in one
/// transaction, or throws the whole edit away. So nothing is ever half applied.
package struct CatalogEdit: Sendable {
    package internal(set) var catalog: Catalog
    package private(set) var changes: [CatalogChange] = []
    /// Products that lose what usage hangs on: they must have none when the changes are stored.
    package internal(set) var productsToBeUnused: Set<ExactText> = []
    /// The dimensions that have usage, of products of which that has been asked.
    package var usedDimensions: [ExactText: Set<ExactText>] = [:]
    /// The marketplace's time.
    package internal(set) var now: Timestamp
    /// The real time, on which credentials expire.
    package let realNow: Timestamp

    /// Makes a UUID for what happens by itself.
    let newID: @Sendable () -> String

    package init(
        catalog: Catalog, now: Timestamp, realNow: Timestamp,
        newID: @escaping @Sendable () -> String = CatalogEdit.randomID
    ) {
        self.newID = newID
        self.catalog = catalog
        self.now = now
        self.realNow = realNow
    }

    /// The facts that are looked up of which the edit knows how they will be.
    private var known: Set<CatalogFact.Key> = []

    /// Takes in what was looked up, but for what the edit knows already.
    package mutating func know(_ facts: [CatalogFact]) {
        for fact in facts where known.insert(fact.key).inserted { catalog.put(fact) }
    }

    /// Takes in how many workloads there are that no known credential stands for.
    package mutating func countAssumedWorkloads(_ count: Int) { catalog.assumedWorkloads = count }

    /// How many facts the edit has looked up or made.
    package var knownCount: Int { known.count }

    /// Adds a fact, or replaces the one of its key.
    package mutating func put(_ fact: CatalogFact) {
        note(fact.key)
        changes.append(.put(fact))
        catalog.put(fact)
    }

    /// Tells of something once the edit is saved.
    mutating func publish(_ event: MarketplaceEvent) {
        let deliveries = planDeliveries(of: event)
        changes.append(.publish(event, deliveries: deliveries))
    }

    /// Takes a fact away.
    package mutating func remove(_ key: CatalogFact.Key) {
        note(key)
        changes.append(.remove(key))
        catalog.apply(.remove(key))
    }

    private mutating func note(_ key: CatalogFact.Key) {
        if key.kind.isLookedUp { known.insert(key) }
    }

    package static let randomID: @Sendable () -> String = {
        var generator = SystemRandomNumberGenerator()
        return MeteringRecordID.random(using: &generator).description
    }
}
