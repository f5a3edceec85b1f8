import AWSWire
import Marketplace
import MeteringAPI

// EventBridge's events, member by member as the seller's guide prints them and as a recording of
// August 2026 has them: which ones an event has differs from kind to kind. Moments in the detail
// have milliseconds, unless they are of a whole second.

extension JSONWriter {
    mutating func eventBridge(_ event: MarketplaceEvent) {
        member("version", "0")
        member("id", event.id)
        member("detail-type", event.kind.rawValue)
        member("source", "aws.agreement-marketplace")
        member("account", event.product.sellerAccountID)
        time("time", event.time.wholeSecond)
        member("region", event.product.partition.homeRegion)
        name("resources")
        let partition = event.product.partition.name
        list(event.kind.isAboutRequest ? [] : [event.agreement.arn(in: partition)]) {
            $0.string($1)
        }
        name("detail")
        object { writer in
            writer.member("requestId", event.requestID)
            writer.member("catalog", "AWSMarketplace")
            writer.detail(event)
        }
    }

    private mutating func detail(_ event: MarketplaceEvent) {
        switch event.kind {
        case .licenseUpdated, .licenseDeprovisioned: license(event)
        case .advisoryIssued, .advisoryResolved: advisory(event)
        case .agreementEnding, .renewalUpcoming, .renewalTermsFinalized: renewal(event)
        case .adjustmentCompleted, .adjustmentFailed: adjustment(event)
        default:
            if let status = event.kind.cancellationStatus {
                cancellation(event, status: status)
            } else {
                lifecycle(event)
            }
        }
    }

    /// Created, amended, ended.
    private mutating func lifecycle(_ event: MarketplaceEvent) {
        let agreement = event.agreement
        let isRenewal = event.kind == .agreementCreated && agreement.intent == .renew
        let isAmendment = event.kind == .agreementAmended
        name("agreement")
        object { writer in
            writer.member("id", agreement.id)
            if event.kind == .agreementEnded {
                writer.member("status", (agreement.end ?? .expired).rawValue)
                return
            }
            writer.member("intent", agreement.intent.rawValue)
            writer.member("status", "ACTIVE")
            writer.time("acceptanceTime", agreement.acceptedAt)
            writer.term(agreement)
            writer.member("previousAgreementId", agreement.previousID)
            if isAmendment {
                writer.boolean("autoRenewalEnabled", agreement.renewsAutomatically)
            }
        }
        if isAmendment { renewalSummary(of: agreement) }
        if isAmendment || isRenewal { product(event) }
        if !isRenewal {
            // No channel partner takes part here.
            name("resaleAuthorization")
            object { $0.null("id") }
        }
        parties(event, sellerName: isRenewal ? event.sellerName : nil)
        if event.kind != .agreementEnded { offer(event) }
    }

    /// What comes before an agreement's end.
    private mutating func renewal(_ event: MarketplaceEvent) {
        let agreement = event.agreement
        let isEnding = event.kind == .agreementEnding
        name("agreement")
        object { writer in
            writer.member("id", agreement.id)
            writer.term(agreement)
            if isEnding {
                writer.member("status", "ACTIVE")
                writer.member("daysBeforeEndTime", event.daysBeforeEnd)
                writer.boolean("autoRenewalEnabled", agreement.renewsAutomatically)
            }
        }
        if isEnding {
            renewalSummary(of: agreement)
        } else {
            name("renewalSummary")
            object { $0.terms(event) }
        }
        product(event)
        parties(event, sellerName: event.sellerName)
        if isEnding { offer(event) }
    }

    /// What the buyer will pay; there are no prices here, so the sum is made up.
    private mutating func terms(_ event: MarketplaceEvent) {
        boolean("lockoutReached", event.kind == .renewalUpcoming)
        member("tcv", "105000.00")
        member("currency", "USD")
        guard event.kind == .renewalTermsFinalized else { return }
        time("termsFinalizedTime", event.time)
        lockout(of: event.agreement)
    }

    private mutating func renewalSummary(of agreement: Agreement) {
        name("renewalSummary")
        object { writer in
            writer.lockout(of: agreement)
            writer.null("disabledBy")
        }
    }

    /// Null where the agreement does not renew itself.
    private mutating func lockout(of agreement: Agreement) {
        if let start = agreement.lockoutStartsAt {
            time("lockoutStartTime", start)
        } else {
            null("lockoutStartTime")
        }
    }

    private mutating func license(_ event: MarketplaceEvent) {
        name("agreement")
        object { $0.member("id", event.agreement.id) }
        name("product")
        object { writer in
            writer.member("code", event.product.code)
            writer.member("id", event.product.id)
        }
        name("license")
        object { $0.member("arn", event.agreement.licenseARN) }
        parties(event)
        offer(event)
    }

    private mutating func advisory(_ event: MarketplaceEvent) {
        name("agreement")
        object { $0.member("id", event.agreement.id) }
        name("product")
        object { $0.member("id", event.product.id) }
        parties(event)
        offer(event)
        name("advisory")
        let member: StaticString = event.kind == .advisoryIssued ? "issuedAt" : "resolvedAt"
        object { $0.time(member, event.time) }
    }

    /// A request of the seller's to cancel the agreement, of which there is one per agreement.
    private mutating func cancellation(_ event: MarketplaceEvent, status: String) {
        name("agreement")
        object { writer in
            writer.member("id", event.agreement.id)
            writer.member("acceptorId", event.buyer.id)
            writer.member("productId", event.product.id)
            writer.member("offerId", event.agreement.offerID)
        }
        name("agreementCancellationRequest")
        object { writer in
            writer.member("id", "acr-" + event.agreement.requestID)
            writer.member("reasonCode", "OTHER")
            writer.member("reasonMessage", "")
            writer.member("statusCode", status)
            writer.member("statusMessage", "")
            writer.time("createdAt", event.time)
            writer.time("updatedAt", event.time)
        }
    }

    /// A refund of an invoice; both are made up.
    private mutating func adjustment(_ event: MarketplaceEvent) {
        name("agreement")
        object { $0.member("id", event.agreement.id) }
        name("billingAdjustmentRequest")
        object { writer in
            writer.member("id", "ba-" + event.agreement.requestID)
            writer.member("adjustmentAmount", "-100.00")
            writer.member("currencyCode", "USD")
            writer.member("adjustmentReasonCode", "OTHER")
        }
        name("invoice")
        object { $0.member("originalInvoiceId", "2028746221") }
    }

    private mutating func term(_ agreement: Agreement) {
        time("startTime", agreement.startsAt)
        time("endTime", agreement.endsAt ?? .withoutEnd)
    }

    private mutating func product(_ event: MarketplaceEvent) {
        name("product")
        object { writer in
            writer.member("id", event.product.id)
            writer.member("title", event.product.title)
        }
    }

    private mutating func parties(_ event: MarketplaceEvent, sellerName: String? = nil) {
        name("acceptor")
        object { $0.member("accountId", event.buyer.id) }
        name("proposer")
        object { writer in
            if let sellerName { writer.member("name", sellerName) }
            writer.member("accountId", event.product.sellerAccountID)
        }
    }

    private mutating func null(_ name: StaticString) {
        self.name(name)
        literal("null")
    }

    private mutating func offer(_ event: MarketplaceEvent) {
        name("offer")
        object { $0.member("id", event.agreement.offerID) }
    }
}

extension MarketplaceEvent {
    /// How many days before its end the agreement is.
    fileprivate var daysBeforeEnd: Int64? {
        agreement.endsAt.map { $0.milliseconds(since: time) / 86_400_000 }
    }
}

extension MarketplaceEvent.Kind {
    /// The status of the cancellation request that it tells of.
    fileprivate var cancellationStatus: String? {
        switch self {
        case .cancellationPending: "PENDING_APPROVAL"
        case .cancellationApproved: "APPROVED"
        case .cancellationRejected: "REJECTED"
        case .cancellationCancelled: "CANCELLED"
        case .cancellationInvalid: "VALIDATION_FAILED"
        default: nil
        }
    }

    /// Whether it tells of a request of the seller's, and so names no resource.
    fileprivate var isAboutRequest: Bool {
        cancellationStatus != nil || self == .adjustmentCompleted || self == .adjustmentFailed
    }
}

extension Agreement {
    fileprivate func arn(in partition: String) -> String {
        "arn:\(partition):aws-marketplace::aws:agreement:\(id)"
    }

    /// From when on the renewal cannot be stopped any more, which is when it is announced.
    fileprivate var lockoutStartsAt: Timestamp? {
        renewsAutomatically ? endsAt?.adding(seconds: -30 * 86_400) : nil
    }

    /// The id of what belongs to it: its own, without the prefix.
    fileprivate var requestID: Substring { id.drop { $0 != "-" }.dropFirst() }
}

extension Timestamp {
    /// The time of an event itself has no smaller unit.
    fileprivate var wholeSecond: Timestamp { Timestamp(seconds: seconds) }
}
