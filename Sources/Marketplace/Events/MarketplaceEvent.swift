package import MeteringAPI

/// Something that happened to an agreement, as the seller is told of it.
///
/// It holds what was known then, so that it reads the same whenever it is delivered.
package struct MarketplaceEvent: Sendable, Hashable {
    package var id: String
    package var kind: Kind
    /// On the marketplace's clock.
    package var time: Timestamp
    package var agreement: Agreement
    /// Without its dimensions, of which no event tells: a product may have hundreds.
    package var product: Product
    /// Who accepted the agreement.
    package var buyer: Account
    /// The name of who published the product.
    package var sellerName: String?

    package init(
        id: String, kind: Kind, time: Timestamp, agreement: Agreement, product: Product,
        buyer: Account, sellerName: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.time = time
        self.agreement = agreement
        self.product = product
        self.product.dimensions = []
        self.buyer = buyer
        self.sellerName = sellerName
    }

    /// The request that it came of, a UUID of its own.
    package var requestID: String { MadeUpID.request(ofEvent: id) }

    /// How the seller hears of it.
    package enum Channel: String, Sendable, CaseIterable {
        case eventBridge
        /// What products of the older generation are told by.
        case sns
    }

    /// What happened: EventBridge's detail-type, or the action of a message of SNS.
    ///
    /// Every product's seller is also its proposer here, and such a seller gets only the Proposer
    /// variant of an agreement's events; those of licences and advisories have no such variant.
    /// Nothing here causes those of cancellation requests and billing adjustments, so they are
    /// published by hand.
    package enum Kind: String, Sendable, CaseIterable {
        case agreementCreated = "Purchase Agreement Created - Proposer"
        case agreementAmended = "Purchase Agreement Amended - Proposer"
        case agreementEnding = "Purchase Agreement Ending - Proposer"
        case agreementEnded = "Purchase Agreement Ended - Proposer"
        case renewalUpcoming = "Purchase Agreement Renewal Upcoming - Proposer"
        case renewalTermsFinalized = "Purchase Agreement Renewal Terms Finalized - Proposer"
        case advisoryIssued = "Purchase Agreement Advisory Issued - Manufacturer"
        case advisoryResolved = "Purchase Agreement Advisory Resolved - Manufacturer"
        case licenseUpdated = "License Updated - Manufacturer"
        case licenseDeprovisioned = "License Deprovisioned - Manufacturer"
        case cancellationPending = "Agreement Cancellation Request Pending Approval - Proposer"
        case cancellationApproved = "Agreement Cancellation Request Approved - Proposer"
        case cancellationRejected = "Agreement Cancellation Request Rejected - Proposer"
        case cancellationCancelled = "Agreement Cancellation Request Cancelled - Proposer"
        case cancellationInvalid = "Agreement Cancellation Request Validation Failed - Proposer"
        case adjustmentCompleted = "Purchase Agreement Billing Adjustment Completed - Proposer"
        case adjustmentFailed = "Purchase Agreement Billing Adjustment Failed - Proposer"

        case subscribeSuccess = "subscribe-success"
        case subscribeFail = "subscribe-fail"
        case unsubscribePending = "unsubscribe-pending"
        case unsubscribeSuccess = "unsubscribe-success"
        case entitlementUpdated = "entitlement-updated"

        package var channel: Channel {
            switch self {
            case .subscribeSuccess, .subscribeFail, .unsubscribePending, .unsubscribeSuccess,
                .entitlementUpdated:
                .sns
            default: .eventBridge
            }
        }
    }
}

/// An event with its place in the list of all.
package struct NumberedEvent: Sendable, Hashable {
    /// From 1, ascending; there may be gaps.
    package var number: Int64
    package var event: MarketplaceEvent

    package init(number: Int64, event: MarketplaceEvent) {
        self.number = number
        self.event = event
    }
}

extension MarketplaceEvent {
    /// The bytes that a list of events holds for it, about: its product and agreement are in it.
    package var byteCount: Int {
        let dimensions = product.dimensions.reduce(0) { sum, dimension in
            let texts = [dimension.name, dimension.unit, dimension.price]
            return sum + 96 + texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        }
        let entitlements = agreement.entitlements.reduce(0) { sum, entitlement in
            let text: String? = if case .string(let text) = entitlement.value { text } else { nil }
            return sum + 64 + entitlement.dimension.utf8.count + (text?.utf8.count ?? 0)
        }
        return 2048 + product.title.utf8.count + dimensions + entitlements
    }
}
