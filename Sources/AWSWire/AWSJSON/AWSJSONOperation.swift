package import MeteringAPI

/// An operation that AWS JSON 1.1 can carry, in both directions.
package protocol AWSJSONOperation: MeteringOperation
where Request: AWSJSONRequest, Result: AWSJSONResult {}

extension BatchMeterUsage: AWSJSONOperation {}
extension MeterUsage: AWSJSONOperation {}
extension RegisterUsage: AWSJSONOperation {}
extension ResolveCustomer: AWSJSONOperation {}
extension GetEntitlements: AWSJSONOperation {}

extension AWSJSONOperation {
    /// The exception of this operation's model that an error is; nil for every other error.
    ///
    /// The framework has an ExpiredTokenException of its own, for credentials that have expired;
    /// its namespace tells it apart from the registration token's.
    package static func exception(_ error: ErrorEnvelope) -> MeteringException? {
        guard !error.type.hasPrefix(ErrorEnvelope.frameworkNamespace),
            let exception = MeteringException(rawValue: error.name)
        else { return nil }
        return exceptions.contains(exception) ? exception : nil
    }
}
