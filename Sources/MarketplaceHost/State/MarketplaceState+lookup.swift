package import Marketplace
package import MeteringAPI

/// What an edit needs to know of the facts that are looked up: it is asked on the catalog and at
/// the marketplace's time at which the edit will run.
package typealias LookUps = @Sendable (Catalog, Timestamp) -> [FactQuery]

extension MarketplaceState {
    /// A copy of a catalog with facts of the store.
    package func looking(
        up queries: [FactQuery], in catalog: Catalog
    ) async throws(StoreError) -> Catalog {
        var catalog = catalog
        for query in queries {
            for fact in try await store.facts(query) { catalog.put(fact) }
        }
        if queries.contains(where: \.isOfOneWorkload) {
            catalog.assumedWorkloads = try await store.assumedWorkloads()
        }
        return catalog
    }

    /// Lets an edit know facts of the store.
    func lookUp(_ queries: [FactQuery], for edit: inout CatalogEdit) async throws(StoreError) {
        for query in queries { edit.know(try await store.facts(query)) }
        if queries.contains(where: \.isOfOneWorkload) {
            edit.countAssumedWorkloads(try await store.assumedWorkloads())
        }
    }

    /// Lets an edit know the workloads that it may settle in a step.
    ///
    /// What it knows already counts once more, because the store has it as it was.
    func lookUpDue(for edit: inout CatalogEdit) async throws(StoreError) {
        let end = edit.catalog.clock.now(real: edit.realNow)
        guard let first = edit.catalog.workloadMoment, first <= end else { return }
        try await lookUp(
            [
                .due(
                    .registeredWorkload, through: end,
                    limit: HostLimits.momentsInEdit + edit.knownCount)
            ], for: &edit)
    }

    /// A catalog as it is shown: without what was looked up, and with the next moment of what is in
    /// the store.
    func shownCatalog(of catalog: Catalog) async throws(StoreError) -> Catalog {
        var catalog = catalog
        catalog.forgetLookedUp()
        catalog.workloadMoment = try await store.facts(
            .due(.registeredWorkload, through: Timestamp(milliseconds: .max), limit: 1)
        ).first?.moment
        return catalog
    }
}

extension FactQuery {
    /// Whether it is for a workload that may be registered, of which there is a bound.
    fileprivate var isOfOneWorkload: Bool {
        if case .key(let key) = self { key.kind == .registeredWorkload } else { false }
    }
}
