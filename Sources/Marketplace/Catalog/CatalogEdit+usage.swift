import MeteringAPI

extension CatalogEdit {
    /// Holds on to what a product's usage hangs on: its type, its seller and its dimensions.
    ///
    /// Where the new product lacks some of it and nothing is known of usage yet, the product must
    /// have none when the edit is stored.
    mutating func checkUsage(
        of known: Product, before product: Product, _ faults: inout ObjectionCollector
    ) {
        let lost = lostDimensions(of: known, in: product)
        let isSeller = product.sellerAccountID.hasSameBytes(as: known.sellerAccountID)
        let isSame = product.type == known.type && isSeller
        if isSame, lost.isEmpty { return }
        let usage: String
        if let dimensions = usedDimensions[ExactText(product.code)] {
            usage = "the product has usage of \(listed(dimensions.sorted().map(\.text)))"
        } else if isMetered(product.code) {
            usage = "containers of the product are being metered"
        } else {
            productsToBeUnused.insert(ExactText(product.code))
            return
        }
        faults.conflict(
            unless: product.type == known.type, "type",
            "\(usage): its type \(known.type.rawValue) must stay")
        faults.conflict(
            unless: isSeller, "sellerAccountId",
            "\(usage): its seller \(known.sellerAccountID) must stay")
        faults.conflict(
            unless: lost.isEmpty, "dimensions", "\(usage): \(listed(lost)) must stay as it is")
    }

    /// Dimensions that are not there any more, or no longer metered.
    private func lostDimensions(of known: Product, in product: Product) -> [String] {
        known.dimensions.filter { dimension in
            guard let position = product.position(ofDimension: dimension.name) else { return true }
            return dimension.type == .metered && product.dimensions[position].type != .metered
        }.map(\.name)
    }

    /// Whether a task or pod has registered for the product and is to be billed for an hour.
    private func isMetered(_ productCode: String) -> Bool {
        catalog.registeredWorkloads.contains { workload in
            workload.productCode.hasSameBytes(as: productCode) && workload.nextRecordAt != nil
                && !workload.isOver
        }
    }
}
