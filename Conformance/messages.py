"""The texts that AWS documents for its exceptions, and the framework's."""

CUSTOMER_NOT_ENTITLED = (
    "CustomerNotEntitledException",
    "Exception thrown when the customer does not have a valid subscription for the product.",
)
DISABLED_API = ("DisabledApiException", "The API is disabled in the Region.")
DUPLICATE_REQUEST = (
    "DuplicateRequestException",
    "A metering record has already been emitted by the same EC2 instance, ECS task, or EKS pod "
    "for the given {usageDimension, timestamp} with a different usageQuantity. Quantities are "
    "compared by value, so a whole-number and a decimal quantity with the same value (for "
    "example, 17 and 17.00) are not different.",
)
EXPIRED_REGISTRATION_TOKEN = (
    "ExpiredTokenException",
    "The submitted registration token has expired. This can happen if the buyer's browser takes "
    "too long to redirect to your page, the buyer has resubmitted the registration token, or "
    "your application has held on to the registration token for too long. Your SaaS registration "
    "website should redeem this token as soon as it is submitted by the buyer's browser.",
)
IDEMPOTENCY_CONFLICT = (
    "IdempotencyConflictException",
    "The ClientToken is being used for multiple requests.",
)
INVALID_CUSTOMER_IDENTIFIER = (
    "InvalidCustomerIdentifierException",
    "You have metered usage for a CustomerIdentifier that does not exist.",
)
INVALID_ENDPOINT_REGION = (
    "InvalidEndpointRegionException",
    "The endpoint being called is in a Amazon Web Services Region different from your EC2 "
    "instance, ECS task, or EKS pod. The Region of the Metering Service endpoint and the Amazon "
    "Web Services Region of the resource must match.",
)
INVALID_LICENSE = (
    "InvalidLicenseException",
    "Ensure the LicenseArn is valid, matches the customer, and usage is within the license "
    "activation period.",
)
INVALID_PRODUCT_CODE = (
    "InvalidProductCodeException",
    "The product code passed does not match the product code used for publishing the product.",
)
INVALID_PUBLIC_KEY_VERSION = (
    "InvalidPublicKeyVersionException",
    "Public Key version is invalid.",
)
INVALID_REGION = (
    "InvalidRegionException",
    "RegisterUsage must be called in the same Amazon Web Services Region the ECS task was "
    "launched in. This prevents a container from hardcoding a Region (e.g. "
    "withRegion(\u201cus-east-1\u201d) when calling RegisterUsage.",
)
INVALID_TAG = (
    "InvalidTagException",
    "The tag is invalid, or the number of tags is greater than 5.",
)
INVALID_REGISTRATION_TOKEN = ("InvalidTokenException", "Registration token is invalid")
INVALID_USAGE_ALLOCATIONS = (
    "InvalidUsageAllocationsException",
    "Sum of allocated usage quantities is not equal to the usage quantity, or the allocations "
    "don't use the same type of quantity (whole number or decimal) as the usage quantity.",
)
INVALID_USAGE_DIMENSION = (
    "InvalidUsageDimensionException",
    "The usage dimension does not match one of the UsageDimensions associated with products.",
)
PLATFORM_NOT_SUPPORTED = (
    "PlatformNotSupportedException",
    "This operation can only be called from within an ECS task or an EKS pod",
)
TIMESTAMP_OUT_OF_BOUNDS = (
    "TimestampOutOfBoundsException",
    "The timestamp value passed in the UsageRecord is out of allowed range. For BatchMeterUsage, "
    "if any of the records are outside of the allowed range, the entire batch is not processed. "
    "You must remove invalid records and try again.",
)


def access_denied(credential, operation):
    """What a policy that does not allow the operation is answered with."""
    return (
        "AccessDeniedException",
        f"User: {credential['arn']} is not authorized to perform: aws-marketplace:{operation} "
        f"because no identity-based policy allows the aws-marketplace:{operation} action",
    )


def invalid(*violations):
    """What values that break the model's constraints are answered with."""
    count = "1 validation error" if len(violations) == 1 else f"{len(violations)} validation errors"
    return "ValidationException", f"{count} detected: " + "; ".join(violations)


def violation(path, constraint, value=None):
    """One broken constraint; a value of None is absent, and a list is not printed."""
    subject = "Value null" if value is None else f"Value '{value}'"
    if isinstance(value, list):
        subject = "Value"
    return f"{subject} at '{path}' failed to satisfy constraint: Member must {constraint}"
