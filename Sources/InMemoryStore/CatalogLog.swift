import Marketplace

/// Which facts of the catalog were changed, by revision.
struct CatalogLog {
    /// The keys that were changed, by ascending revision.
    private var changed: [(revision: Int64, key: CatalogFact.Key)] = []
    /// The revision after which all changes are here.
    private var start: Int64

    init(after start: Int64 = 0) {
        self.start = start
    }

    mutating func add(_ key: CatalogFact.Key, _ revision: Int64) {
        changed.append((revision, key))
        // As many again are kept before the old ones go, so that they go in bulk.
        let oldest = revision - MarketplaceLimits.rememberedRevisions
        guard oldest - start > MarketplaceLimits.rememberedRevisions else { return }
        changed.removeAll { $0.revision <= oldest }
        start = oldest
    }

    /// The keys that were changed after a revision, each once; nil where that is not known.
    func keys(
        after revision: CatalogRevision, through current: CatalogRevision
    ) -> Set<CatalogFact.Key>? {
        guard (start...current.number).contains(revision.number) else { return nil }
        return Set(changed.lazy.filter { $0.revision > revision.number }.map(\.key))
    }
}
