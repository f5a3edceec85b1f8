import MeteringAPI

extension CatalogEdit {
    /// Creates or replaces a product.
    ///
    /// Once it has usage, its type, its seller and its dimensions stay. Only the store knows: where
    /// one of them changes, the product is among those that must have no usage.
    ///
    /// A product that is there keeps its id, unless one that is not made up is asked for.
    package mutating func putProduct(_ product: Product) throws(Contradiction) -> Product {
        var product = product
        if product.id.hasSameBytes(as: MadeUpID.product(ofCode: product.code)) {
            product.id = catalog.products[product.code]?.id ?? product.id
        }
        var faults = ObjectionCollector()
        faults.check(
            ModelText.isProductCode(product.code), "productCode",
            "a product code has 1 to \(ModelLimits.text) characters of a-z A-Z 0-9 and -/=:_.@")
        faults.check(
            catalog.accounts[product.sellerAccountID]?.role == .seller, "sellerAccountId",
            "there is no seller's account \(quoted(product.sellerAccountID)): make it first")
        check(idOf: product, &faults)
        faults.check(
            Partition(ofRegion: product.region) != nil, "region",
            "\(quoted(product.region)) is no region of AWS's, such as us-east-1")
        if let contract = product.contract {
            faults.check(
                Contract.named(contract) != nil, "contract",
                "there is no contract \(quoted(contract)): choose one of "
                    + listed(Contract.all.map(\.name)))
        }
        faults.check(
            product.integration == .concurrentAgreements || product.type == .saas, "integration",
            "only saas products have the integration customerIdentifier")
        check(product.dimensions, &faults)
        if let known = catalog.products[product.code] {
            checkUsage(of: known, before: product, &faults)
            checkEntitlements(of: product, &faults)
        }
        if product.integration == .customerIdentifier,
            catalog.products[product.code]?.integration == .concurrentAgreements
        {
            let buyers = catalog.agreements.values
                .filter {
                    $0.productCode.hasSameBytes(as: product.code) && $0.state(at: now) != .ended
                }
                .map { ExactText($0.buyerAccountID) }
            faults.conflict(
                unless: Set(buyers).count == buyers.count, "integration",
                "a buyer has several agreements: a product of the integration "
                    + "customerIdentifier has one current agreement a buyer")
        }
        try faults.finish()
        put(.product(product))
        if product.type == .container, catalog.signingKeys(of: product.code).isEmpty {
            put(.signingKey(RegistrationKey(productCode: product.code, version: 1)))
        }
        return product
    }

    /// In files of version 0.1 two products can have one id, and keep it.
    private func check(idOf product: Product, _ faults: inout ObjectionCollector) {
        guard catalog.products[product.code]?.id.hasSameBytes(as: product.id) != true
        else { return }
        faults.check(
            ModelText.isProductCode(product.id), "productId",
            "a product's id has 1 to \(ModelLimits.text) characters of a-z A-Z 0-9 and -/=:_.@")
        let holder = catalog.product(id: product.id)?.code
        faults.conflict(
            unless: holder.map { $0.hasSameBytes(as: product.code) } ?? true, "productId",
            "\(quoted(product.id)) is the id of the product \(quoted(holder ?? ""))")
    }

    /// What has to be looked up before a product is put: the keys of a container's product and,
    /// where the product loses what usage hangs on, the workloads.
    package static func lookUps(for product: Product, in catalog: Catalog) -> [FactQuery] {
        let keys: [FactQuery] =
            product.type == .container ? [.owned(.signingKey, by: product.code)] : []
        guard let known = catalog.products[product.code], known.type == .container,
            known != product
        else { return keys }
        return keys + [.all(.registeredWorkload)]
    }

    /// What a buyer bought in advance stays as long as the agreement.
    private func checkEntitlements(of product: Product, _ faults: inout ObjectionCollector) {
        let entitled = Set(
            product.dimensions.filter { $0.type == .entitled }.map { ExactText($0.name) })
        for agreement in catalog.entitledAgreements(product: product.code)
        where agreement.state(at: now) != .ended {
            for entitlement in agreement.entitlements
            where !entitled.contains(ExactText(entitlement.dimension)) {
                faults.conflict(
                    unless: false, "dimensions",
                    "the agreement \(quoted(agreement.id)) has an entitlement of "
                        + quoted(entitlement.dimension))
                return
            }
        }
    }

    private func check(_ dimensions: [Dimension], _ faults: inout ObjectionCollector) {
        var names: Set<ExactText> = []
        for (index, dimension) in dimensions.enumerated() {
            let field = "dimensions[\(index)]"
            faults.check(
                (1...ModelLimits.text).contains(dimension.name.utf16.count), "\(field).name",
                "a dimension's name has 1 to \(ModelLimits.text) characters")
            faults.check(
                names.insert(ExactText(dimension.name)).inserted, "\(field).name",
                "the product has a dimension \(quoted(dimension.name)) already")
            if let price = dimension.price {
                faults.check(
                    Quantity(decimal: price) != nil, "\(field).price",
                    "\(quoted(price)) is no decimal such as \"0.002\"")
            }
        }
    }

    /// Makes the next version of a product's key; the one before it is superseded.
    package mutating func addRegistrationKey(
        of productCode: String
    ) throws(Contradiction) -> RegistrationKey {
        guard let product = catalog.products[productCode] else {
            throw Contradiction(
                .notFound, "productCode", "there is no product \(quoted(productCode))")
        }
        guard product.type == .container else {
            throw Contradiction(
                .conflict, "productCode", "only container products have public keys")
        }
        let newest = catalog.signingKeys(of: productCode).last
        if var newest {
            newest.supersededAt = now
            put(.signingKey(newest))
        }
        let key = RegistrationKey(productCode: productCode, version: (newest?.version ?? 0) + 1)
        put(.signingKey(key))
        return key
    }
}
