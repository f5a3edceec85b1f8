import AWSWire
import Marketplace
import MeteringAPI

// What the seller gets: EventBridge's events and the messages of SNS, as AWS prints them.

extension MarketplaceEvent {
    /// The JSON text that is delivered.
    var body: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        switch kind.channel {
        case .eventBridge: writer.object { $0.eventBridge(self) }
        case .sns: writer.object { $0.message(self) }
        }
        return writer.bytes
    }

    /// How many days before its end an agreement is, in an event that says so.
    fileprivate var daysBeforeEnd: Int64? {
        guard kind == .agreementEnding, let endsAt = agreement.endsAt else { return nil }
        return endsAt.milliseconds(since: time) / 86_400_000
    }
}

extension Agreement {
    fileprivate var arn: String { "arn:aws:aws-marketplace::aws:agreement:\(id)" }

    /// What the buyer accepted; events name it, and nothing else here does.
    fileprivate var offerID: String {
        "offer-" + id.utf8.drop { $0 != UInt8(ascii: "-") }.dropFirst().prefix(13).text
    }

    /// The status that AWS's agreement API would show.
    fileprivate func status(in kind: MarketplaceEvent.Kind) -> String {
        kind == .agreementEnded ? (end ?? .expired).rawValue : "ACTIVE"
    }
}

extension Product {
    /// AWS's other name of a product; made from its code.
    fileprivate var id: String { "prod-" + code.lowercased().utf8.prefix(13).text }
}

extension Sequence<UInt8> {
    fileprivate var text: String { String(decoding: Array(self), as: UTF8.self) }
}

extension JSONWriter {
    fileprivate mutating func eventBridge(_ event: MarketplaceEvent) {
        member("version", "0")
        member("id", event.id)
        member("detail-type", event.kind.rawValue)
        member("source", "aws.agreement-marketplace")
        member("account", event.product.sellerAccountID)
        time("time", event.time)
        member("region", "us-east-1")
        name("resources")
        list([event.agreement.arn]) { $0.string($1) }
        name("detail")
        object { $0.detail(event) }
    }

    private mutating func detail(_ event: MarketplaceEvent) {
        member("requestId", event.id)
        member("catalog", "AWSMarketplace")
        name("agreement")
        object { $0.agreement(event) }
        switch event.kind {
        case .licenseUpdated, .licenseDeprovisioned:
            name("product")
            object { writer in
                writer.member("code", event.product.code)
                writer.member("id", event.product.id)
            }
            name("license")
            object { $0.member("arn", event.agreement.licenseARN) }
            parties(event)
        case .advisoryIssued, .advisoryResolved:
            name("product")
            object { $0.member("id", event.product.id) }
            name("advisory")
            object { writer in
                if event.kind == .advisoryIssued {
                    writer.time("issuedAt", event.time)
                } else {
                    writer.time("resolvedAt", event.time)
                }
            }
        default:
            if event.kind != .agreementEnded {
                name("product")
                object { writer in
                    writer.member("id", event.product.id)
                    writer.member("title", event.product.title)
                }
            }
            name("resaleAuthorization")
            literal("null")
            parties(event)
        }
    }

    private mutating func agreement(_ event: MarketplaceEvent) {
        let agreement = event.agreement
        member("id", agreement.id)
        switch event.kind {
        case .licenseUpdated, .licenseDeprovisioned, .advisoryIssued, .advisoryResolved: return
        case .agreementEnded: member("status", agreement.status(in: event.kind))
        default:
            member("intent", agreement.intent.rawValue)
            member("status", agreement.status(in: event.kind))
            time("acceptanceTime", agreement.acceptedAt)
            time("startTime", agreement.startsAt)
            time("endTime", agreement.endsAt)
            member("previousAgreementId", agreement.previousID)
            member("daysBeforeEndTime", event.daysBeforeEnd)
            if event.kind == .agreementAmended {
                boolean("autoRenewalEnabled", agreement.renewsAutomatically)
            }
        }
    }

    private mutating func parties(_ event: MarketplaceEvent) {
        name("acceptor")
        object { $0.member("accountId", event.buyer.id) }
        name("proposer")
        object { $0.member("accountId", event.product.sellerAccountID) }
        name("offer")
        object { $0.member("id", event.agreement.offerID) }
    }

    /// A message of SNS, without its envelope; the boolean is a text, as AWS prints it.
    fileprivate mutating func message(_ event: MarketplaceEvent) {
        member("action", event.kind.rawValue)
        member("customer-identifier", event.buyer.customerIdentifier)
        member("product-code", event.product.code)
        switch event.kind {
        case .subscribeSuccess, .subscribeFail:
            member("offer-identifier", event.agreement.offerID)
        default: break
        }
        if event.kind == .subscribeSuccess {
            member(
                "isFreeTrialTermPresent",
                event.agreement.isInFreeTrial(at: event.time) ? "true" : "false")
        }
    }

    /// An event in the control API's list.
    mutating func event(_ numbered: NumberedEvent) {
        let event = numbered.event
        member("number", numbered.number)
        member("eventId", event.id)
        time("at", event.time)
        member("channel", event.kind.channel.rawValue)
        member("type", event.kind.rawValue)
        member("agreementId", event.agreement.id)
        member("productCode", event.product.code)
        name("body")
        literal(String(decoding: event.body, as: UTF8.self))
    }
}
