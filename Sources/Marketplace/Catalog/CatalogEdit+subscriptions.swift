extension CatalogEdit {
    /// What a buyer asks for who comes to a product's page.
    package struct Subscription: Sendable {
        package var productCode: String
        package var buyerAccountID: String
        package var isFreeTrial: Bool
        /// Whether another agreement is wanted beside those that there are.
        package var isAnother: Bool

        package init(
            productCode: String, buyerAccountID: String, isFreeTrial: Bool = false,
            isAnother: Bool = false
        ) {
            self.productCode = productCode
            self.buyerAccountID = buyerAccountID
            self.isFreeTrial = isFreeTrial
            self.isAnother = isAnother
        }
    }

    /// The buyer's newest agreement for the product, made where there is none that goes on.
    ///
    /// Who asks for a free trial gets one, also beside an agreement that is paid for.
    package mutating func subscribe(
        _ subscription: Subscription, random: @autoclosure () -> String
    ) throws(Contradiction) -> (agreement: Agreement, isNew: Bool) {
        if !subscription.isAnother, let agreement = reusable(subscription) {
            return (agreement, false)
        }
        var draft = AgreementDraft(
            productCode: subscription.productCode, buyerAccountID: subscription.buyerAccountID)
        draft.isFreeTrial = subscription.isFreeTrial
        return (try addAgreement(draft, random: random()), true)
    }

    private func reusable(_ subscription: Subscription) -> Agreement? {
        catalog.agreements(
            buyer: subscription.buyerAccountID, product: subscription.productCode
        ).last { agreement in
            let state = agreement.state(at: now)
            return (state == .active || state == .pending)
                && (!subscription.isFreeTrial || agreement.isInFreeTrial(at: now))
        }
    }
}
