/// A quantity as it was sent: the member that carried it and its spelling, which the echo repeats.
public struct SentQuantity: Sendable, Hashable {
    /// The integer member, already rounded down; outside 0...2147483647 it violates a constraint.
    public var integer: Int64?
    /// The decimal member's text.
    public var decimal: String?

    /// A quantity with the members that were sent; neither means zero.
    @inlinable
    public init(integer: Int64? = nil, decimal: String? = nil) {
        self.integer = integer
        self.decimal = decimal
    }

    /// The amount; nil when a constraint is violated, or when both members carry one.
    public var quantity: Quantity? {
        switch (integer, decimal) {
        case (nil, nil): .zero
        case (let integer?, nil): Int32(exactly: integer).flatMap { $0 < 0 ? nil : Quantity($0) }
        case (nil, let decimal?): Quantity(decimal: decimal)
        case (_?, _?): nil
        }
    }
}

/// A key and value that a seller puts on a part of the usage.
public struct Tag: Sendable, Hashable {
    /// The key, 1 to 100 characters.
    public var key: String?
    /// The value, 1 to 256 characters.
    public var value: String?

    /// A tag as sent; a missing half violates a constraint.
    public init(key: String?, value: String?) {
        self.key = key
        self.value = value
    }
}

/// A part of a record's usage, with the tags it belongs to.
public struct UsageAllocation: Sendable, Hashable {
    /// How much of the record's quantity.
    public var quantity: SentQuantity
    /// One to five tags; nil is the bucket of what has no tags.
    public var tags: [Tag]?

    /// An allocation as sent.
    public init(quantity: SentQuantity, tags: [Tag]? = nil) {
        self.quantity = quantity
        self.tags = tags
    }
}

/// One buyer's usage of one dimension, as a seller reports it.
///
/// Every member is optional because the model's constraints are checked after the types.
public struct UsageRecord: Sendable, Hashable {
    /// When the usage happened.
    public var timestamp: Timestamp?
    /// The buyer by the identifier of older integrations.
    public var customerIdentifier: String?
    /// The buyer by AWS account.
    public var customerAWSAccountID: String?
    /// The product's dimension that was used.
    public var dimension: String?
    /// How much.
    public var quantity: SentQuantity
    /// How the quantity splits by tags.
    public var allocations: [UsageAllocation]?
    /// The agreement's licence, for products with concurrent agreements.
    public var licenseARN: String?

    /// A record as sent.
    @inlinable
    public init(
        timestamp: Timestamp? = nil, customerIdentifier: String? = nil,
        customerAWSAccountID: String? = nil, dimension: String? = nil,
        quantity: SentQuantity = SentQuantity(), allocations: [UsageAllocation]? = nil,
        licenseARN: String? = nil
    ) {
        self.timestamp = timestamp
        self.customerIdentifier = customerIdentifier
        self.customerAWSAccountID = customerAWSAccountID
        self.dimension = dimension
        self.quantity = quantity
        self.allocations = allocations
        self.licenseARN = licenseARN
    }
}

/// A request to record up to 25 usage records of one product.
public struct BatchMeterUsageRequest: ConstrainedRequest {
    /// The product; absent when each record carries a licence.
    public var productCode: String?
    /// The records, in the order of the answer.
    public var usageRecords: [UsageRecord]?

    /// A request as sent.
    public init(productCode: String? = nil, usageRecords: [UsageRecord]?) {
        self.productCode = productCode
        self.usageRecords = usageRecords
    }
}

/// What became of one record.
public enum UsageRecordStatus: String, Sendable {
    case success = "Success"
    case customerNotSubscribed = "CustomerNotSubscribed"
    case duplicateRecord = "DuplicateRecord"
}

/// A record, echoed as it was sent, with what became of it.
public struct UsageRecordResult: Sendable, Hashable {
    /// The record with the members and the spelling that were sent.
    public var usageRecord: UsageRecord
    /// The id of the stored record; present with `success` only.
    public var meteringRecordID: MeteringRecordID?
    /// What became of it.
    public var status: UsageRecordStatus

    /// The result of one record.
    @inlinable
    public init(
        usageRecord: UsageRecord, meteringRecordID: MeteringRecordID?, status: UsageRecordStatus
    ) {
        self.usageRecord = usageRecord
        self.meteringRecordID = meteringRecordID
        self.status = status
    }
}

/// The answer to BatchMeterUsage: each record is in one of the two lists.
public struct BatchMeterUsageResult: Sendable, Hashable {
    /// What was decided, in the order of the request.
    public var results: [UsageRecordResult]
    /// What could not be stored this time and should be sent again as it is.
    public var unprocessedRecords: [UsageRecord]

    /// An answer.
    public init(results: [UsageRecordResult], unprocessedRecords: [UsageRecord] = []) {
        self.results = results
        self.unprocessedRecords = unprocessedRecords
    }
}

/// A request to record usage of the resource whose credentials signed it.
public struct MeterUsageRequest: ConstrainedRequest {
    /// The product.
    public var productCode: String?
    /// When the usage happened.
    public var timestamp: Timestamp?
    /// The product's dimension that was used.
    public var usageDimension: String?
    /// How much.
    public var quantity = SentQuantity()
    /// Whether to check everything and store nothing.
    public var dryRun: Bool?
    /// How the quantity splits by tags.
    public var allocations: [UsageAllocation]?
    /// The caller's name for this request, so that a retry is recognised.
    public var clientToken: String?

    /// A request with nothing set.
    public init() {}
}

/// The answer to MeterUsage.
public struct MeterUsageResult: Sendable, Hashable {
    /// The stored record's id, or `dryRunID`.
    public var meteringRecordID: String

    /// What stands in place of an id after a dry run that would have succeeded.
    public static let dryRunID = "DryRunOperation"

    /// An answer.
    public init(meteringRecordID: String) {
        self.meteringRecordID = meteringRecordID
    }
}

/// A container's request for proof that it may run.
public struct RegisterUsageRequest: ConstrainedRequest {
    /// The product.
    public var productCode: String?
    /// Which of the product's keys should sign.
    public var publicKeyVersion: Int64?
    /// What the caller wants to find in the signed answer.
    public var nonce: String?

    /// A request with nothing set.
    public init() {}
}

/// The answer to RegisterUsage.
public struct RegisterUsageResult: Sendable, Hashable {
    /// When the requested key version was superseded; nil while it is the newest.
    public var publicKeyRotationTimestamp: Timestamp?
    /// A JWT signed with PS256.
    public var signature: String

    /// An answer.
    public init(publicKeyRotationTimestamp: Timestamp?, signature: String) {
        self.publicKeyRotationTimestamp = publicKeyRotationTimestamp
        self.signature = signature
    }
}

/// A request to learn which buyer a registration token stands for.
public struct ResolveCustomerRequest: ConstrainedRequest {
    /// The opaque token that the buyer's browser posted.
    public var registrationToken: String?

    /// A request as sent.
    public init(registrationToken: String?) {
        self.registrationToken = registrationToken
    }
}

/// The answer to ResolveCustomer; what the contract does not know is absent.
public struct ResolveCustomerResult: Sendable, Hashable {
    /// The buyer's identifier for older integrations.
    public var customerIdentifier: String?
    /// The product that was bought.
    public var productCode: String
    /// The buyer's AWS account.
    public var customerAWSAccountID: String
    /// The agreement's licence.
    public var licenseARN: String?
    /// The agreement, sent as `Metadata.AgreementId`.
    public var agreementID: String?

    /// An answer.
    public init(
        customerIdentifier: String?, productCode: String, customerAWSAccountID: String,
        licenseARN: String?, agreementID: String?
    ) {
        self.customerIdentifier = customerIdentifier
        self.productCode = productCode
        self.customerAWSAccountID = customerAWSAccountID
        self.licenseARN = licenseARN
        self.agreementID = agreementID
    }
}
