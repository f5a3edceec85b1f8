package import MeteringAPI

/// A change of the catalog under way: what was asked for, on the catalog as it will be.
///
/// Commands check names and contradictions and throw; whoever runs them saves `changes` in one
/// transaction, or throws the whole edit away. So nothing is ever half applied.
package struct CatalogEdit: Sendable {
    package private(set) var catalog: Catalog
    package private(set) var changes: [CatalogChange] = []
    /// The marketplace's time.
    package let now: Timestamp
    /// The real time, on which credentials expire.
    package let realNow: Timestamp

    package init(catalog: Catalog, now: Timestamp, realNow: Timestamp) {
        self.catalog = catalog
        self.now = now
        self.realNow = realNow
    }

    /// Adds a fact, or replaces the one of its key.
    package mutating func put(_ fact: CatalogFact) {
        changes.append(.put(fact))
        catalog.put(fact)
    }

    package mutating func remove(_ key: CatalogFact.Key) {
        changes.append(.remove(key))
        catalog.apply(.remove(key))
    }
}
