/// What the operator of a marketplace chooses for all of it.
package struct MarketplaceSettings: Sendable, Hashable, Codable {
    /// For agreements that are made from now on.
    package var eventDelays: EventDelays

    package init(eventDelays: EventDelays = .none) {
        self.eventDelays = eventDelays
    }
}
