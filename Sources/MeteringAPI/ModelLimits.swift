/// The limits of the model, each with its unit; AWS's service model is the source of all.
package enum ModelLimits {
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
    package static let quantity: Int64 = 2_147_483_647
    /// Violations that one ValidationException names.
    package static let reportedViolations = 10
    /// Bytes of an access key id.
    package static let accessKeyID = 128
    /// Entitlements in a page of GetEntitlements.
    package static let entitlementsInPage: Int64 = 25
}
