package import Marketplace
import MeteringAPI

/// A buyer who has an agreement and, where the product is set up on a web site, a token for it.
package struct Visit: Sendable {
    package let product: Product
    package let agreement: Agreement
    /// Whether the agreement was made now.
    package let isNew: Bool
    /// Nil for products that no browser is sent to.
    package let registration: Registration?

    /// A new registration token, and the form that brings it to the seller.
    package struct Registration: Sendable {
        /// The token itself, which is kept nowhere.
        package let text: String
        package let token: RegistrationToken
        package let form: FulfillmentForm
    }
}

extension MarketplaceState {
    /// Lets a buyer subscribe, or come back to an agreement, and makes a token.
    package func visit(
        _ subscription: CatalogEdit.Subscription, agreementID: String? = nil
    ) async throws -> Visit {
        var generator = SystemRandomNumberGenerator()
        let text = TokenText.make(using: &generator)
        return try await edit(lookingUp: { CatalogEdit.lookUpsForToken(at: $1) }) { edit in
            let (agreement, isNew) =
                if let agreementID {
                    (try edit.agreement(agreementID, of: subscription), false)
                } else {
                    try edit.subscribe(subscription, random: RandomTexts.agreement)
                }
            guard let product = edit.catalog.products[agreement.productCode] else {
                throw Contradiction(.notFound, "productCode", "there is no such product")
            }
            var registration: Visit.Registration?
            if product.type == .saas {
                let token = try edit.addRegistrationToken(
                    for: .agreement(agreement.id), expiresIn: nil,
                    digest: TokenText.digest(of: text))
                registration = Visit.Registration(
                    text: text, token: token,
                    form: FulfillmentForm(
                        token: text, isFreeTrial: agreement.isInFreeTrial(at: edit.now)))
            }
            return Visit(
                product: product, agreement: agreement, isNew: isNew, registration: registration)
        }
    }
}

extension CatalogEdit {
    /// The agreement of this id, which must be of these parties.
    fileprivate func agreement(
        _ id: String, of parties: Subscription
    ) throws(Contradiction) -> Agreement {
        guard let agreement = catalog.agreements[id],
            agreement.productCode.hasSameBytes(as: parties.productCode),
            agreement.buyerAccountID.hasSameBytes(as: parties.buyerAccountID)
        else {
            throw Contradiction(
                .notFound, "agreementId", "the buyer has no such agreement for this product")
        }
        return agreement
    }
}
