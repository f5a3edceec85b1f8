package import MeteringAPI

/// A request that is answered with an error, and why.
///
/// The answer is AWS's; rule and reason are for the explanation and never go into AWS's text.
package struct Refusal: Error, Sendable, Hashable {
    /// What is answered in place of a result.
    package enum Answer: Sendable, Hashable {
        case exception(MeteringException)
        /// Values that break the model's constraints.
        case validation([Violation])
        /// The caller's policy does not allow the operation.
        case accessDenied(Principal, OperationName)
    }

    package let answer: Answer
    package let rule: Rule
    /// A sentence that names the value and the way out.
    package let reason: String
    /// The record that is to blame, from 0.
    package let recordIndex: Int?

    package init(_ answer: Answer, rule: Rule, reason: String, recordIndex: Int? = nil) {
        self.answer = answer
        self.rule = rule
        self.reason = reason
        self.recordIndex = recordIndex
    }

    package init(
        _ exception: MeteringException, _ rule: Rule, _ reason: String, at recordIndex: Int? = nil
    ) {
        self.init(.exception(exception), rule: rule, reason: reason, recordIndex: recordIndex)
    }
}

/// What decided a request, by the name that explanations use.
package enum Rule: String, Sendable, CaseIterable {
    /// The form of the HTTP request.
    case wireProtocol = "protocol"
    case authentication
    /// JSON types.
    case types
    /// The constraints of the service's model.
    case constraints
    /// The caller's policy.
    case permission
    /// Where AWS offers the operation.
    case regionAvailability = "region-availability"
    /// The endpoint's region against the resource's.
    case resourceRegion = "resource-region"
    /// Which members may come together.
    case identifiers
    case product
    case license
    case dimension
    case reportingWindow = "reporting-window"
    case agreementPeriod = "agreement-period"
    case tags
    case allocations
    case customerIdentifier = "customer-identifier"
    case subscription
    case dryRun = "dry-run"
    case clientToken = "client-token"
    case firstWriteWins = "first-write-wins"
    case platform
    case keyVersion = "key-version"
    case registrationToken = "registration-token"
    /// How many workloads run without a credential.
    case workloads
    /// The store failed or is full.
    case store
    /// A fault that was asked for.
    case fault
}
