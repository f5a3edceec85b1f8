package import MeteringAPI

/// ResolveCustomer: a seller asks whom a registration token stands for.
///
/// It can be asked as often as one likes until the token expires.
package enum ResolveCustomerRules {
    /// What was found for the token's text.
    package enum Finding: Sendable {
        case known(RegistrationToken)
        /// The text is no token, but becomes one when percent-encoding is undone.
        case knownAfterDecoding(RegistrationToken)
        /// The text is no token, but becomes one when spaces are put back to plus signs.
        case knownWithPlusSigns(RegistrationToken)
        case unknown
    }

    /// Decides on a request that meets the model's constraints.
    package static func decide(
        _ finding: Finding, in context: RuleContext
    ) throws(Refusal) -> ResolveCustomerResult {
        try context.permit(.resolveCustomer)
        try context.requireOffer(of: .resolveCustomer)
        let account = context.caller.principal.accountID
        guard let token = finding.token,
            let agreement = context.catalog.agreements[token.agreementID],
            let product = context.catalog.products[agreement.productCode],
            product.sellerAccountID.hasSameBytes(as: account)
        else {
            // Whether it is another seller's is nobody else's affair.
            throw Refusal(
                .invalidToken, .registrationToken,
                "no token reads like this that was issued for a product of account \(account); "
                    + "only the account that published the product may resolve it")
        }
        if let hint = finding.hint {
            throw Refusal(.invalidToken, .registrationToken, hint)
        }
        guard context.now < token.expiresAt else {
            throw Refusal(
                .expiredToken, .registrationToken,
                "the token expired at \(token.expiresAt.iso8601); the marketplace's clock says "
                    + context.now.iso8601)
        }
        let contract = context.contract
        let knowsIdentifier =
            product.integration == .customerIdentifier
            || contract.concurrentAgreementsKnowCustomerIdentifier
        return ResolveCustomerResult(
            customerIdentifier: knowsIdentifier
                ? context.catalog.accounts[agreement.buyerAccountID]?.customerIdentifier : nil,
            productCode: product.code, customerAWSAccountID: agreement.buyerAccountID,
            licenseARN: contract.resolvesLicense ? agreement.licenseARN : nil,
            agreementID: contract.resolvesAgreement ? agreement.id : nil)
    }
}

extension ResolveCustomerRules.Finding {
    fileprivate var token: RegistrationToken? {
        switch self {
        case .known(let token), .knownAfterDecoding(let token), .knownWithPlusSigns(let token):
            token
        case .unknown: nil
        }
    }

    /// How the text that was sent differs from the token's.
    fileprivate var hint: String? {
        switch self {
        case .known, .unknown: nil
        case .knownAfterDecoding:
            "the token matches after URL-decoding: decode the form's body before you pass the "
                + "token on"
        case .knownWithPlusSigns:
            "the token matches with plus signs for its spaces: it was URL-decoded once too often"
        }
    }
}
