package import Marketplace

extension MarketplaceState {
    /// Runs what changes the catalog, one at a time.
    func exclusively<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await edits.run(body)
    }

    /// How many edits, and requests that one has overtaken, wait for their turn.
    package var editsThatWait: Int { edits.waiting }

    /// The catalog when the edit that may be under way has ended.
    package func settledCatalog() async throws -> Catalog {
        try await exclusively { catalog }
    }
}
