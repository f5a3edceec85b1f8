package import MeteringAPI

/// What usage is counted by, apart from time: one space of de-duplication, product, buyer,
/// dimension and region, and where they matter a licence or a resource.
///
/// Two are one series if every member has the same bytes.
package struct UsageSeries: Sendable {
    /// Records in different spaces never meet: the same hour reported in two is billed twice.
    package enum Space: UInt8, Sendable, CaseIterable {
        case product = 1, license, resource
        /// What containers ran, which MeterUsage does not meet whatever its dimension is called.
        case runtime

        /// Whether the same usage may come in the other of the two spaces, and is billed twice.
        package var hasTwin: Bool { self == .product || self == .license }
    }

    /// All of it but the dimension.
    ///
    /// An object of its own, because the records of a request mostly have it in common: it is made
    /// and looked up once for all of them, and a copy of an entry counts one reference.
    package final class Subject: Sendable {
        package let space: Space
        package let productCode: String
        package let licenseARN: String?
        package let buyerAccountID: String
        package let resourceID: String?
        /// De-duplication is per region, because the endpoint is.
        package let region: String
        /// The bytes of its texts.
        fileprivate let byteCount: Int

        init(
            _ space: Space, _ productCode: String, _ licenseARN: String?, _ buyerAccountID: String,
            _ resourceID: String?, _ region: String
        ) {
            self.space = space
            self.productCode = productCode
            self.licenseARN = licenseARN
            self.buyerAccountID = buyerAccountID
            self.resourceID = resourceID
            self.region = region
            byteCount =
                productCode.utf8.count + (licenseARN?.utf8.count ?? 0) + buyerAccountID.utf8.count
                + (resourceID?.utf8.count ?? 0) + region.utf8.count
        }
    }

    package let subject: Subject
    package var dimension: String

    package init(
        space: Space, productCode: String, licenseARN: String? = nil, buyerAccountID: String,
        resourceID: String? = nil, dimension: String, region: String
    ) {
        subject = Subject(space, productCode, licenseARN, buyerAccountID, resourceID, region)
        self.dimension = dimension
    }

    init(_ subject: Subject, dimension: String) {
        self.subject = subject
        self.dimension = dimension
    }

    package var space: Space { subject.space }
    package var productCode: String { subject.productCode }
    package var licenseARN: String? { subject.licenseARN }
    package var buyerAccountID: String { subject.buyerAccountID }
    package var resourceID: String? { subject.resourceID }
    package var region: String { subject.region }

    /// The bytes of its texts, and some for the rest.
    package var byteCount: Int { 64 + subject.byteCount + dimension.utf8.count }
}

extension UsageSeries: Hashable {
    package static func == (left: UsageSeries, right: UsageSeries) -> Bool {
        ExactText(left.dimension) == ExactText(right.dimension)
            && (left.subject === right.subject || left.subject.isEqual(to: right.subject))
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(space)
        hasher.combine(ExactText(productCode))
        hasher.combine(licenseARN.map(ExactText.init))
        hasher.combine(ExactText(buyerAccountID))
        hasher.combine(resourceID.map(ExactText.init))
        hasher.combine(ExactText(dimension))
        hasher.combine(ExactText(region))
    }
}

extension UsageSeries.Subject {
    fileprivate func isEqual(to other: UsageSeries.Subject) -> Bool {
        space == other.space
            && ExactText(productCode) == ExactText(other.productCode)
            && licenseARN.map(ExactText.init) == other.licenseARN.map(ExactText.init)
            && ExactText(buyerAccountID) == ExactText(other.buyerAccountID)
            && resourceID.map(ExactText.init) == other.resourceID.map(ExactText.init)
            && ExactText(region) == ExactText(other.region)
    }
}

/// Usage that a ledger is asked to record.
package struct UsageEntry: Sendable, Hashable {
    /// The id that the record gets if it is the first of its key.
    package var id: MeteringRecordID
    package var series: UsageSeries
    package var timestamp: Timestamp
    package var quantity: Quantity
    package var allocations: [RecordedAllocation]
    package var operation: OperationName
    package var recordedAt: Timestamp
    /// Whether a series has one record an hour.
    ///
    /// AgentCore's has as many as there are tokens.
    package var isOncePerHour: Bool
    package var clientToken: ClientToken?

    package init(
        id: MeteringRecordID, series: UsageSeries, timestamp: Timestamp, quantity: Quantity,
        allocations: [RecordedAllocation] = [], operation: OperationName, recordedAt: Timestamp,
        isOncePerHour: Bool = true, clientToken: ClientToken? = nil
    ) {
        self.id = id
        self.series = series
        self.timestamp = timestamp
        self.quantity = quantity
        self.allocations = allocations
        self.operation = operation
        self.recordedAt = recordedAt
        self.isOncePerHour = isOncePerHour
        self.clientToken = clientToken
    }
}

extension UsageEntry {
    /// Whether these are its allocations, in whatever order.
    package func hasAllocations(_ others: [RecordedAllocation]) -> Bool {
        allocations == others || Set(allocations) == Set(others)
    }
}

/// A part of a record, with exact quantity.
package struct RecordedAllocation: Sendable, Hashable {
    package var quantity: Quantity
    package var tags: [String: String]

    package init(quantity: Quantity, tags: [String: String]) {
        self.quantity = quantity
        self.tags = tags
    }
}

/// A caller's name for a request, with a digest of all that the request said besides.
package struct ClientToken: Sendable, Hashable {
    /// Whose token it is: another resource of the same account has tokens of its own.
    package struct Scope: Sendable, Hashable {
        package var accountID: String
        package var resourceID: String
        package var region: String

        package init(accountID: String, resourceID: String, region: String) {
            self.accountID = accountID
            self.resourceID = resourceID
            self.region = region
        }
    }

    package var scope: Scope
    package var token: String
    package var requestDigest: UInt128

    /// How long a token is remembered, in seconds of the marketplace's clock.
    package static let lifetime: Int64 = 24 * 3600

    package init(scope: Scope, token: String, requestDigest: UInt128) {
        self.scope = scope
        self.token = token
        self.requestDigest = requestDigest
    }
}
