import MeteringAPI

/// Where events are delivered to, apart from the list that can be read.
package struct EventTarget: Sendable, Hashable, Codable {
    /// How a target takes events.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// An address that takes POST.
        case webhook
        /// A queue that speaks SQS.
        case sqs
    }

    /// A header with a value that is the same in every request, such as an API key.
    package struct Header: Sendable, Hashable, Codable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Which of the two forms of events a target takes.
    package enum Channels: String, Sendable, Codable, CaseIterable {
        case eventBridge, sns, both
    }

    package var id: String
    package var kind: Kind
    package var url: String
    package var channels: Channels
    /// Only events of this product; all when nil.
    package var productCode: String?
    /// What a queue's requests are signed with; a made-up key when nil.
    package var accessKeyID: String?
    /// A secret.
    package var secretAccessKey: String?
    /// What each request to a webhook carries beside what it says of itself.
    ///
    /// The values are secrets. Nil in what version 0.1 stored.
    package var headers: [Header]?
    /// What a webhook asks for: HTTP's basic credentials.
    package var username: String?
    /// A secret.
    package var password: String?
    package var disturbance: Disturbance?
    /// How many events the disturbance has decided about.
    package var disturbedEvents: Int64 = 0

    package init(
        id: String, kind: Kind, url: String, channels: Channels = .both,
        productCode: String? = nil, disturbance: Disturbance? = nil
    ) {
        self.id = id
        self.kind = kind
        self.url = url
        self.channels = channels
        self.productCode = productCode
        self.disturbance = disturbance
    }

    /// Whether it is asked in the same way as another, with the same secrets.
    package func isAsked(as other: EventTarget) -> Bool {
        var likeness = other
        likeness.channels = channels
        likeness.productCode = productCode
        likeness.disturbance = disturbance
        likeness.disturbedEvents = disturbedEvents
        return isSame(as: likeness)
    }

    /// Whether it is the same target in every member, and each text by its bytes.
    func isSame(as other: EventTarget) -> Bool {
        func texts(_ target: EventTarget) -> [ExactText?] {
            let headers = target.headers ?? []
            return [
                target.id, target.url, target.productCode, target.accessKeyID,
                target.secretAccessKey, target.username, target.password,
            ].map { $0.map(ExactText.init) }
                + headers.flatMap { [ExactText($0.name), ExactText($0.value)] }
        }
        return self == other && texts(self) == texts(other)
    }

    func wants(_ event: MarketplaceEvent) -> Bool {
        if let productCode, !productCode.hasSameBytes(as: event.product.code) { return false }
        switch channels {
        case .both: return true
        case .eventBridge: return event.kind.channel == .eventBridge
        case .sns: return event.kind.channel == .sns
        }
    }
}

/// What EventBridge may do to events, on demand: late, twice, out of order, or not at all.
///
/// Which events it hits is decided by the seed and their place among the target's events, so that
/// the same story goes wrong in the same way again.
package struct Disturbance: Sendable, Hashable, Codable {
    /// Every event is this late, in seconds of real time.
    package var delaySeconds: Int64
    /// Which share of the events it hits, in thousandths.
    package var duplicate: Int64
    package var reorder: Int64
    package var drop: Int64
    package var seed: Int64

    package init(
        delaySeconds: Int64 = 0, duplicate: Int64 = 0, reorder: Int64 = 0, drop: Int64 = 0,
        seed: Int64 = 0
    ) {
        self.delaySeconds = delaySeconds
        self.duplicate = duplicate
        self.reorder = reorder
        self.drop = drop
        self.seed = seed
    }

    /// For how long an event is held back so that later ones overtake it, in seconds.
    package static let holdSeconds: Int64 = 3
    /// All events, as a share.
    package static let wholeShare: Int64 = 1000

    /// What becomes of one event.
    package struct Decision: Sendable, Hashable {
        package var isDropped: Bool
        package var copies: Int
        package var delaySeconds: Int64

        package init(isDropped: Bool, copies: Int, delaySeconds: Int64) {
            self.isDropped = isDropped
            self.copies = copies
            self.delaySeconds = delaySeconds
        }
    }

    /// What becomes of the target's event of this number, from 0.
    package func decision(on event: Int64) -> Decision {
        Decision(
            isDropped: draw(event, 1) < drop, copies: draw(event, 2) < duplicate ? 2 : 1,
            delaySeconds: delaySeconds + (draw(event, 3) < reorder ? Self.holdSeconds : 0))
    }

    /// A number below `wholeShare` that depends on the seed, the event and what it is for.
    private func draw(_ event: Int64, _ purpose: UInt64) -> Int64 {
        var value = UInt64(bitPattern: seed) &* 0x9E37_79B9_7F4A_7C15
        // SplitMix64: neighbouring events and purposes must not be alike.
        for word in [UInt64(bitPattern: event), purpose] {
            value = (value ^ word) &+ 0x9E37_79B9_7F4A_7C15
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            value ^= value >> 31
        }
        return Int64(value % UInt64(Self.wholeShare))
    }
}
