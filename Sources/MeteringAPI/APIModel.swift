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
