package import Marketplace

extension MarketplaceState {
    /// Adds a product, or replaces the one of its code.
    package func put(_ product: Product) async throws -> Product {
        try await edit(
            lookingUp: { catalog, _ in CatalogEdit.lookUps(for: product, in: catalog) }
        ) { try $0.putProduct(product) }
    }

    /// Makes the next version of a container product's key, with its PEM texts.
    package func addRegistrationKey(
        of productCode: String, by forge: RegistrationKeyForge
    ) async throws -> RegistrationKey {
        let key = try await edit(
            lookingUp: { _, _ in [.owned(.signingKey, by: productCode)] }
        ) { try $0.addRegistrationKey(of: productCode) }
        return try await forge.ready(key)
    }

    /// The versions of a product's key, in ascending order, each with its PEM texts.
    package func registrationKeys(
        of productCode: String, by forge: RegistrationKeyForge
    ) async throws -> [RegistrationKey] {
        var keys: [RegistrationKey] = []
        for case .signingKey(let key) in try await store.facts(.owned(.signingKey, by: productCode))
        {
            keys.append(try await forge.ready(key))
        }
        return keys.sorted { $0.version < $1.version }
    }
}
