/// An exception of the service's model, with the text that AWS documents for it.
///
/// The texts are those of AWS's newest model without their mark-up, except the two that public
/// recordings of the real service show (`invalidToken`, `platformNotSupported`).
public enum MeteringException: String, Error, Sendable, CaseIterable {
    case customerNotEntitled = "CustomerNotEntitledException"
    case disabledAPI = "DisabledApiException"
    case duplicateRequest = "DuplicateRequestException"
    case expiredToken = "ExpiredTokenException"
    case idempotencyConflict = "IdempotencyConflictException"
    case internalServiceError = "InternalServiceErrorException"
    case invalidCustomerIdentifier = "InvalidCustomerIdentifierException"
    case invalidEndpointRegion = "InvalidEndpointRegionException"
    case invalidLicense = "InvalidLicenseException"
    case invalidProductCode = "InvalidProductCodeException"
    case invalidParameter = "InvalidParameterException"
    case invalidPublicKeyVersion = "InvalidPublicKeyVersionException"
    case invalidRegion = "InvalidRegionException"
    case invalidTag = "InvalidTagException"
    case invalidToken = "InvalidTokenException"
    case invalidUsageAllocations = "InvalidUsageAllocationsException"
    case invalidUsageDimension = "InvalidUsageDimensionException"
    case platformNotSupported = "PlatformNotSupportedException"
    case throttling = "ThrottlingException"
    case timestampOutOfBounds = "TimestampOutOfBoundsException"

    /// The name on the wire, the value of `__type`.
    public var name: String { rawValue }

    /// The HTTP status; all but the service's own failure are the caller's, throttling included.
    public var status: Int { self == .internalServiceError ? 500 : 400 }

    /// The text that goes on the wire, and nothing else: hints belong into the explanation.
    public var message: String {
        switch self {
        case .customerNotEntitled:
            "Exception thrown when the customer does not have a valid subscription for the product."
        case .disabledAPI:
            "The API is disabled in the Region."
        case .duplicateRequest:
            "A metering record has already been emitted by the same EC2 instance, ECS task, or "
                + "EKS pod for the given {usageDimension, timestamp} with a different "
                + "usageQuantity. Quantities are compared by value, so a whole-number and a "
                + "decimal quantity with the same value (for example, 17 and 17.00) are not "
                + "different."
        case .expiredToken:
            "The submitted registration token has expired. This can happen if the buyer's "
                + "browser takes too long to redirect to your page, the buyer has resubmitted "
                + "the registration token, or your application has held on to the registration "
                + "token for too long. Your SaaS registration website should redeem this token "
                + "as soon as it is submitted by the buyer's browser."
        case .idempotencyConflict:
            "The ClientToken is being used for multiple requests."
        case .internalServiceError:
            "An internal error has occurred. Retry your request. If the problem persists, post a "
                + "message with details on the Amazon Web Services forums."
        case .invalidCustomerIdentifier:
            "You have metered usage for a CustomerIdentifier that does not exist."
        case .invalidEndpointRegion:
            "The endpoint being called is in a Amazon Web Services Region different from your "
                + "EC2 instance, ECS task, or EKS pod. The Region of the Metering Service "
                + "endpoint and the Amazon Web Services Region of the resource must match."
        case .invalidLicense:
            "Ensure the LicenseArn is valid, matches the customer, and usage is within the "
                + "license activation period."
        case .invalidProductCode:
            "The product code passed does not match the product code used for publishing the "
                + "product."
        case .invalidParameter:
            "One or more parameters in your request was invalid."
        case .invalidPublicKeyVersion:
            "Public Key version is invalid."
        case .invalidRegion:
            "RegisterUsage must be called in the same Amazon Web Services Region the ECS task "
                + "was launched in. This prevents a container from hardcoding a Region (e.g. "
                + "withRegion(\u{201C}us-east-1\u{201D}) when calling RegisterUsage."
        case .invalidTag:
            "The tag is invalid, or the number of tags is greater than 5."
        case .invalidToken:
            "Registration token is invalid"
        case .invalidUsageAllocations:
            "Sum of allocated usage quantities is not equal to the usage quantity, or the "
                + "allocations don't use the same type of quantity (whole number or decimal) as "
                + "the usage quantity."
        case .invalidUsageDimension:
            "The usage dimension does not match one of the UsageDimensions associated with "
                + "products."
        case .platformNotSupported:
            "This operation can only be called from within an ECS task or an EKS pod"
        case .throttling:
            "The calls to the API are throttled."
        case .timestampOutOfBounds:
            "The timestamp value passed in the UsageRecord is out of allowed range. For "
                + "BatchMeterUsage, if any of the records are outside of the allowed range, the "
                + "entire batch is not processed. You must remove invalid records and try again."
        }
    }
}
