package import Marketplace
import MeteringAPI

/// Which events are asked for.
package struct EventFilter: Sendable {
    private let agreementID: String?
    private let productCode: String?
    private let channel: MarketplaceEvent.Channel?

    /// Those of an agreement, of a product and of a channel; of all where there is none.
    package init(
        agreementID: String?, productCode: String? = nil, channel: MarketplaceEvent.Channel?
    ) {
        self.productCode = productCode
        self.agreementID = agreementID
        self.channel = channel
    }

    package func includes(_ event: MarketplaceEvent) -> Bool {
        (agreementID.map { $0.hasSameBytes(as: event.agreement.id) } ?? true)
            && (productCode.map { $0.hasSameBytes(as: event.product.code) } ?? true)
            && (channel.map { $0 == event.kind.channel } ?? true)
    }
}
