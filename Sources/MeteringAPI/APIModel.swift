/// What the service's model says at one date: which members exist, and which must be there.
///
/// AWS changes the model in place under one API version, so clients of every age differ in what
/// they may send. A member that the model does not know is dropped silently, as AWS does.
public struct APIModel: Sendable, Hashable {
    /// `UsageRecord.CustomerAWSAccountId`.
    public var hasCustomerAWSAccountID = true
    /// `MeterUsage.ClientToken`.
    public var hasClientToken = true
    /// `UsageRecord.LicenseArn`.
    public var hasLicenseARN = true
    /// The three `…AsDecimal` members.
    public var hasDecimals = true
    /// Whether a usage record must carry `CustomerIdentifier`.
    public var requiresCustomerIdentifier = false
    /// Whether BatchMeterUsage must carry `ProductCode`.
    public var requiresBatchProductCode = false
    /// The least length of a product code.
    public var productCodeMinimumLength = 0

    /// The newest model.
    public init() {}
}

/// The limits of the model, each with its unit; AWS's service model is the source of all.
package enum ModelLimit {
    /// Records in a BatchMeterUsage request.
    package static let usageRecords = 25
    /// Allocations in a usage record.
    package static let usageAllocations = 2500
    /// Tags in an allocation.
    package static let tags = 5
    /// Characters of a product code, customer identifier, account id, dimension or nonce.
    package static let text = 255
    /// Characters of a client token.
    package static let clientToken = 64
    /// Characters of a tag's key.
    package static let tagKey = 100
    /// Characters of a tag's value.
    package static let tagValue = 256
    /// Characters of a decimal quantity.
    package static let decimal = 17
    /// The greatest whole quantity.
    package static let quantity = Int64(Int32.max)
    /// Violations that one ValidationException names.
    package static let reportedViolations = 10
}
