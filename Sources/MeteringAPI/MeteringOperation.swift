/// The operations, by their name on the wire: the metering service's four, and the entitlement
/// service's one.
public enum OperationName: String, Sendable, Codable, CaseIterable {
    case batchMeterUsage = "BatchMeterUsage"
    case meterUsage = "MeterUsage"
    case registerUsage = "RegisterUsage"
    case resolveCustomer = "ResolveCustomer"
    case getEntitlements = "GetEntitlements"

    /// What precedes the operation's name and a dot in `X-Amz-Target`.
    private var targetPrefix: String {
        self == .getEntitlements ? "AWSMPEntitlementService" : "AWSMPMeteringService"
    }

    /// The value of `X-Amz-Target`: `AWSMPMeteringService.MeterUsage`.
    public var target: String { "\(targetPrefix).\(rawValue)" }

    /// The metering service's.
    public static let metering = allCases.filter { $0 != .getEntitlements }
}

/// A request whose members are bounded by the model's constraints.
public protocol ConstrainedRequest: Sendable, Hashable {
    /// What in this request breaks the model's constraints; empty when nothing does.
    func violations(of model: APIModel) -> [Violation]
}

/// An operation, for both ends: what it is called, asked with and answered with, and how it fails.
///
/// The exceptions are those of AWS's model (botocore 1.44.5). What every operation can fail with
/// besides, such as a ValidationException or a signature that does not match, no model lists.
public protocol MeteringOperation: Sendable {
    /// What it is asked with.
    associatedtype Request: ConstrainedRequest
    /// What it is answered with.
    associatedtype Result: Sendable, Hashable
    /// Its name on the wire.
    static var name: OperationName { get }
    /// What the model says that it can fail with.
    static var exceptions: Set<MeteringException> { get }
}

/// Records up to 25 usage records of one product.
public enum BatchMeterUsage: MeteringOperation {
    /// Usage records.
    public typealias Request = BatchMeterUsageRequest
    /// What became of each.
    public typealias Result = BatchMeterUsageResult
    /// `BatchMeterUsage`.
    public static let name = OperationName.batchMeterUsage
    /// What it can fail with, in AWS's model.
    public static let exceptions: Set<MeteringException> = [
        .internalServiceError, .invalidProductCode, .invalidUsageDimension, .invalidTag,
        .invalidUsageAllocations, .invalidCustomerIdentifier, .timestampOutOfBounds, .throttling,
        .disabledAPI, .invalidLicense,
    ]
}

/// Records usage of the resource whose credentials sign the request.
public enum MeterUsage: MeteringOperation {
    /// What was used, and when.
    public typealias Request = MeterUsageRequest
    /// The id of the stored record.
    public typealias Result = MeterUsageResult
    /// `MeterUsage`.
    public static let name = OperationName.meterUsage
    /// What it can fail with, in AWS's model.
    public static let exceptions: Set<MeteringException> = [
        .internalServiceError, .invalidProductCode, .invalidUsageDimension, .invalidTag,
        .invalidUsageAllocations, .invalidEndpointRegion, .timestampOutOfBounds, .duplicateRequest,
        .idempotencyConflict, .throttling, .customerNotEntitled,
    ]
}

/// Proves to a container that it may run.
public enum RegisterUsage: MeteringOperation {
    /// The product, and the key that should sign.
    public typealias Request = RegisterUsageRequest
    /// A signed answer.
    public typealias Result = RegisterUsageResult
    /// `RegisterUsage`.
    public static let name = OperationName.registerUsage
    /// What it can fail with, in AWS's model.
    public static let exceptions: Set<MeteringException> = [
        .invalidProductCode, .invalidRegion, .invalidPublicKeyVersion, .platformNotSupported,
        .customerNotEntitled, .throttling, .internalServiceError, .disabledAPI,
    ]
}

/// Tells which buyer a registration token stands for.
public enum ResolveCustomer: MeteringOperation {
    /// A registration token.
    public typealias Request = ResolveCustomerRequest
    /// The buyer and the product.
    public typealias Result = ResolveCustomerResult
    /// `ResolveCustomer`.
    public static let name = OperationName.resolveCustomer
    /// What it can fail with, in AWS's model.
    public static let exceptions: Set<MeteringException> = [
        .invalidToken, .expiredToken, .throttling, .internalServiceError, .disabledAPI,
    ]
}

/// Tells what buyers bought in advance.
public enum GetEntitlements: MeteringOperation {
    /// A product, and which buyers.
    public typealias Request = GetEntitlementsRequest
    /// A page of what they bought.
    public typealias Result = GetEntitlementsResult
    /// `GetEntitlements`.
    public static let name = OperationName.getEntitlements
    /// What it can fail with, in AWS's model.
    public static let exceptions: Set<MeteringException> = [
        .invalidParameter, .throttling, .internalServiceError,
    ]
}
