package import AWSWire
package import Marketplace
import MarketplaceHost
package import MeteringAPI

extension ResolveCustomer: ServedOperation {
    package static var onlyReads: Bool { true }

    package static func product(in body: JSONValue, _ catalog: Catalog) -> Product? {
        guard let text = body["RegistrationToken"]?.text,
            let token = catalog.registrationTokens[TokenText.digest(of: text)]
        else { return nil }
        return catalog.agreements[token.agreementID].flatMap { catalog.products[$0.productCode] }
    }

    /// The token, which leads to the product.
    package static var lookUps: (@Sendable (JSONValue) -> [FactQuery])? {
        { body in
            guard let text = body["RegistrationToken"]?.text else { return [] }
            return [.key(CatalogFact.Key(.registrationToken, TokenText.digest(of: text)))]
        }
    }

    package static func perform(
        _ request: ResolveCustomerRequest, _ context: RuleContext, with means: OperationMeans
    ) async throws(Refusal) -> EndpointAnswer {
        let finding: ResolveCustomerRules.Finding
        do throws(StoreError) {
            finding = try await TokenText.find(
                request.registrationToken ?? "", in: means.state.store)
        } catch {
            throw Refusal(error)
        }
        let result = try ResolveCustomerRules.decide(finding, in: context)
        return EndpointAnswer(
            result,
            Explanation(
                rule: .registrationToken,
                reason: finding.reason(for: result.customerAWSAccountID)))
    }
}

extension ResolveCustomerRules.Finding {
    /// Why a token was resolved; its id tells which one it was, and its text stays unsaid.
    fileprivate func reason(for account: String) -> String {
        guard case .known(let token) = self else { return "the token stands for \(account)" }
        return "the token stands for the agreement \(token.agreementID) of account \(account), "
            + "tokenId \(token.digest)"
    }
}
