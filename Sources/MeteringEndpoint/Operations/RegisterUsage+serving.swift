import AWSWire
package import Marketplace
import MarketplaceHost
package import MeteringAPI

extension RegisterUsage: ServedOperation {
    package static func perform(
        _ request: RegisterUsageRequest, _ context: RuleContext, with means: OperationMeans
    ) async throws(Refusal) -> EndpointAnswer {
        var context = context
        let queries = RegisterUsageRules.lookUps(for: request, in: context)
        do throws(StoreError) {
            context.catalog = try await means.state.looking(up: queries, in: context.catalog)
        } catch {
            throw Refusal(error)
        }
        let decided = context
        let decision = try RegisterUsageRules.decide(request, in: decided)
        do {
            let key = try await means.forge.ready(decision.key)
            let signature = try await means.forge.sign(
                RegistrationClaims(
                    productCode: key.productCode, publicKeyVersion: key.version,
                    nonce: request.nonce, issuedAt: context.now),
                with: key)
            if decision.firstCall != nil {
                try await means.state.edit(lookingUp: { _, _ in queries }) {
                    try $0.register(request, in: decided)
                }
            }
            let result = RegisterUsageResult(
                publicKeyRotationTimestamp: key.supersededAt, signature: signature)
            return EndpointAnswer(
                result,
                Explanation(
                    rule: .subscription,
                    reason: decision.reason))
        } catch let error as StoreError {
            throw Refusal(error)
        } catch let refusal as Refusal {
            throw refusal
        } catch is MarketplaceState.Overtaken {
            throw .outdated
        } catch {
            throw Refusal(.internalServiceError, .store, "the answer could not be signed")
        }
    }
}

extension CatalogEdit {
    /// Lets a workload run whose first call was decided on an earlier catalog, if the call may
    /// succeed on this one.
    fileprivate mutating func register(
        _ request: RegisterUsageRequest, in earlier: RuleContext
    ) throws(Refusal) {
        guard !catalog.revision.hasForgotten(since: earlier.catalog.revision) else {
            throw .outdated
        }
        var context = earlier
        context.catalog = catalog
        context.now = now
        guard let call = try RegisterUsageRules.decide(request, in: context).firstCall
        else { return }
        start(call.workload, isFree: call.isFree)
    }
}
