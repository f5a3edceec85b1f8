/// A seller asks what buyers bought in advance, of the entitlement service beside the metering one.
public struct GetEntitlementsRequest: ConstrainedRequest {
    /// The product; required.
    public var productCode: String?
    /// Values by key: any of a key's values, and all of the keys.
    public var filter: [FilterKey: [String]]
    /// Where the page before ended.
    public var nextToken: String?
    /// 1 to 25.
    public var maxResults: Int64?
    /// Keys of the filter that the model does not know.
    public var unknownFilterKeys: [String] = []

    /// What entitlements can be filtered by.
    public enum FilterKey: String, Sendable, CaseIterable {
        case customerIdentifier = "CUSTOMER_IDENTIFIER"
        case dimension = "DIMENSION"
        case customerAWSAccountID = "CUSTOMER_AWS_ACCOUNT_ID"
        case licenseARN = "LICENSE_ARN"
    }

    /// A request for all of a product's entitlements.
    public init(
        productCode: String? = nil, filter: [FilterKey: [String]] = [:], nextToken: String? = nil,
        maxResults: Int64? = nil
    ) {
        self.productCode = productCode
        self.filter = filter
        self.nextToken = nextToken
        self.maxResults = maxResults
    }

    /// What in this request breaks the model's constraints; empty when nothing does.
    public func violations(of model: APIModel) -> [Violation] {
        var checker = ConstraintChecker()
        checker.require(productCode != nil, "productCode")
        checker.text(productCode, "productCode", length: 1...ModelLimits.text)
        for key in unknownFilterKeys {
            let keys = FilterKey.allCases.map(\.rawValue).joined(separator: ", ")
            checker.violate(
                "filter", .scalar(key),
                "Map keys must satisfy constraint: [Member must satisfy enum value set: [\(keys)]]")
        }
        for key in FilterKey.allCases {
            guard let values = filter[key] else { continue }
            checker.count(values.count, "filter.\(key.rawValue).member", in: 1...Int.max)
        }
        checker.text(nextToken, "nextToken", pattern: .nonEmpty)
        checker.integer(maxResults, "maxResults", in: 1...ModelLimits.entitlementsInPage)
        return checker.violations
    }
}

/// A page of entitlements.
public struct GetEntitlementsResult: Sendable, Hashable {
    /// What was bought; without any, the answer has no such member.
    public var entitlements: [EntitlementRecord]
    /// Where the next page begins; nil at the end.
    public var nextToken: String?

    /// A page.
    public init(entitlements: [EntitlementRecord], nextToken: String? = nil) {
        self.entitlements = entitlements
        self.nextToken = nextToken
    }
}

/// What a buyer bought in advance of one dimension.
public struct EntitlementRecord: Sendable, Hashable {
    /// The product.
    public var productCode: String
    /// The dimension that was bought.
    public var dimension: String
    /// Buyers of the older generation have one.
    public var customerIdentifier: String?
    /// The buyer's account.
    public var customerAWSAccountID: String
    /// How much of it.
    public var value: EntitlementValue
    /// When it ends, or is renewed; nil for one without an end.
    public var expirationDate: Timestamp?
    /// The agreement's licence.
    public var licenseARN: String

    package init(
        productCode: String, dimension: String, customerIdentifier: String?,
        customerAWSAccountID: String, value: EntitlementValue, expirationDate: Timestamp?,
        licenseARN: String
    ) {
        self.productCode = productCode
        self.dimension = dimension
        self.customerIdentifier = customerIdentifier
        self.customerAWSAccountID = customerAWSAccountID
        self.value = value
        self.expirationDate = expirationDate
        self.licenseARN = licenseARN
    }
}

/// How much was bought, in the type of the dimension.
public enum EntitlementValue: Sendable, Hashable {
    /// A number of things.
    case integer(Int64)
    /// A number with a fraction.
    case double(Double)
    /// Whether there is any.
    case boolean(Bool)
    /// A name, of an edition for example.
    case string(String)
}
