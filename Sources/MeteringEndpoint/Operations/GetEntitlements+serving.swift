import AWSWire
package import Marketplace
import MarketplaceHost
package import MeteringAPI

extension GetEntitlements: ServedOperation {
    package static var onlyReads: Bool { true }

    package static func perform(
        _ request: GetEntitlementsRequest, _ context: RuleContext, with means: OperationMeans
    ) async throws(Refusal) -> EndpointAnswer {
        let result = try GetEntitlementsRules.decide(request, in: context)
        return EndpointAnswer(
            result,
            Explanation(
                rule: .product,
                reason: "\(result.entitlements.count) entitlements of agreements that are active"))
    }
}
