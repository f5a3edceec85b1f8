import AWSWire
package import Marketplace

// What the seller gets: messages of SNS here, and EventBridge's events in the file beside.

extension MarketplaceEvent {
    /// The JSON text that is delivered.
    package var body: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        switch kind.channel {
        case .eventBridge: writer.object { $0.eventBridge(self) }
        case .sns: writer.object { $0.message(self) }
        }
        return writer.bytes
    }
}

extension JSONWriter {
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
}
