package import Marketplace
import MeteringAPI

/// Which events are asked for.
package struct EventFilter: Sendable {
    private let agreementID: String?
    private let channel: MarketplaceEvent.Channel?

    /// Those of an agreement and of a channel; of all where there is none.
    package init(agreementID: String?, channel: MarketplaceEvent.Channel?) {
        self.agreementID = agreementID
        self.channel = channel
    }

    package func includes(_ event: MarketplaceEvent) -> Bool {
        (agreementID.map { $0.hasSameBytes(as: event.agreement.id) } ?? true)
            && (channel.map { $0 == event.kind.channel } ?? true)
    }
}
