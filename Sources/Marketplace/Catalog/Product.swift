import MeteringAPI

/// What a seller lists on the marketplace.
package struct Product: Sendable, Hashable {
    package var code: String
    /// AWS's other name of it: `prod-` and 13 letters and digits, made up of the code unless
    /// somebody chose it.
    package var id: String
    package var type: ProductType
    package var title: String
    /// The account that published it.
    package var sellerAccountID: String
    package var integration: Integration
    /// The contract that overrides the server's, by name.
    package var contract: String?
    /// Where the buyer's browser posts the registration token.
    package var fulfillmentURL: String?
    /// The region that it is sold in; what is made up for it belongs to that region's partition.
    package var region: String
    package var dimensions: [Dimension]

    package init(
        code: String, id: String? = nil, type: ProductType, title: String,
        sellerAccountID: String,
        integration: Integration = .concurrentAgreements, contract: String? = nil,
        fulfillmentURL: String? = nil, region: String = Partition.aws.homeRegion,
        dimensions: [Dimension]
    ) {
        self.code = code
        self.id = id ?? MadeUpID.product(ofCode: code)
        self.type = type
        self.title = title
        self.sellerAccountID = sellerAccountID
        self.integration = integration
        self.contract = contract
        self.fulfillmentURL = fulfillmentURL
        self.region = region
        self.dimensions = dimensions
    }

    /// The partition that it is sold in; regions that are none of AWS's are in its first.
    package var partition: Partition { Partition(ofRegion: region) ?? .aws }

    /// Whether its seller is told by SNS as well, as for products of the older generation.
    package var hasTopics: Bool { integration == .customerIdentifier }

    /// Where the dimension of this API name is, compared byte by byte; looks first where it is
    /// expected.
    package func position(ofDimension name: String, near expected: Int = 0) -> Int? {
        let name = ExactText(name)
        if dimensions.indices.contains(expected), ExactText(dimensions[expected].name) == name {
            return expected
        }
        return dimensions.firstIndex { ExactText($0.name) == name }
    }
}

/// How a product is delivered, which decides the operations that serve it.
package enum ProductType: String, Sendable, CaseIterable {
    case saas, ami, container, agentCore
}

/// Which generation of AWS's integration a product belongs to.
package enum Integration: String, Sendable, CaseIterable {
    /// Buyers are known by AWS account and licence; a buyer may hold several agreements.
    case concurrentAgreements
    /// Buyers are known by CustomerIdentifier; one current agreement each.
    case customerIdentifier
}

/// What a product is metered, or sold, by.
package struct Dimension: Sendable, Hashable {
    package var name: String
    package var type: DimensionType
    package var unit: String?
    /// The price of a unit, a decimal as text.
    package var price: String?

    package init(
        name: String, type: DimensionType = .metered, unit: String? = nil, price: String? = nil
    ) {
        self.name = name
        self.type = type
        self.unit = unit
        self.price = price
    }
}

/// Whether usage of a dimension is metered, or bought in advance.
package enum DimensionType: String, Sendable, CaseIterable {
    case metered, entitled
}
