package import Marketplace
import MeteringAPI

/// Which events are asked for.
package struct EventFilter: Sendable {
    private let agreementID: String?
    private let channel: MarketplaceEvent.Channel?

    /// The filter that the parameters of a query describe.
    package init(_ query: [String: String]) throws(Contradiction) {
        agreementID = query["agreementId"]
        guard let text = query["channel"] else {
            channel = nil
            return
        }
        guard let channel = MarketplaceEvent.Channel(rawValue: text) else {
            throw Contradiction(.invalid, "channel", "'\(text)' is none of eventBridge, sns")
        }
        self.channel = channel
    }

    package func includes(_ event: MarketplaceEvent) -> Bool {
        (agreementID.map { $0.hasSameBytes(as: event.agreement.id) } ?? true)
            && (channel.map { $0 == event.kind.channel } ?? true)
    }
}
