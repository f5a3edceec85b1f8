package import MeteringAPI

/// An event on its way to a target: a row of the outbox.
package struct Delivery: Sendable, Hashable {
    /// What has become of a delivery.
    package enum State: String, Sendable, CaseIterable {
        /// It is tried until it succeeds.
        case waiting
        case delivered
        /// The target's disturbance has kept it back for ever.
        case dropped
    }

    /// From 1, ascending; there may be gaps.
    package var number: Int64
    /// The number of the event.
    package var event: Int64
    /// The target's id.
    package var target: String
    package var state: State
    package var attempts: Int64
    /// On the real clock: when it is tried next or, once it is settled, when that was.
    package var time: Timestamp
    /// Why the last attempt failed.
    package var lastError: String?

    package init(
        number: Int64, event: Int64, target: String, state: State = .waiting, attempts: Int64 = 0,
        time: Timestamp, lastError: String? = nil
    ) {
        self.number = number
        self.event = event
        self.target = target
        self.state = state
        self.attempts = attempts
        self.time = time
        self.lastError = lastError
    }

    /// How long to wait after so many failures in a row, in milliseconds: 1 second, then twice as
    /// long each time, at most some two minutes.
    package static func pause(afterFailures failures: Int64) -> Int64 {
        1000 << min(max(failures - 1, 0), 7)
    }

    /// The delivery after an attempt that ended at this time.
    package func tried(at time: Timestamp, error: String?) -> Delivery {
        var delivery = self
        delivery.attempts += 1
        delivery.lastError = error
        delivery.state = error == nil ? .delivered : .waiting
        delivery.time =
            error == nil
            ? time
            : Timestamp(
                milliseconds: time.milliseconds + Self.pause(afterFailures: delivery.attempts))
        return delivery
    }
}

/// A delivery that comes into being with its event.
package struct PlannedDelivery: Sendable, Hashable {
    package var target: String
    /// When it is tried first, on the real clock.
    package var time: Timestamp
    package var isDropped: Bool

    package init(target: String, time: Timestamp, isDropped: Bool = false) {
        self.target = target
        self.time = time
        self.isDropped = isDropped
    }

    /// The row that it becomes.
    package func delivery(number: Int64, event: Int64) -> Delivery {
        Delivery(
            number: number, event: event, target: target, state: isDropped ? .dropped : .waiting,
            time: time)
    }
}

/// Who alone delivers to a target, and until when.
///
/// Servers that share a store deliver in the order of the events and never the same at a time,
/// because each claims a target before it delivers to it.
package struct DeliveryClaim: Sendable, Hashable {
    /// The name of the server.
    package var claimant: String
    /// On the real clock; from then on another server may claim the target.
    package var until: Timestamp

    package init(claimant: String, until: Timestamp) {
        self.claimant = claimant
        self.until = until
    }

    /// Whether a server may claim the target at a time.
    package func admits(_ claimant: String, at time: Timestamp) -> Bool {
        until <= time || self.claimant.hasSameBytes(as: claimant)
    }
}

/// Which deliveries are asked for.
package struct DeliveryFilter: Sendable, Hashable {
    package var target: String?
    package var state: Delivery.State?

    package init(target: String? = nil, state: Delivery.State? = nil) {
        self.target = target
        self.state = state
    }

    package func includes(_ delivery: Delivery) -> Bool {
        (target.map { $0.hasSameBytes(as: delivery.target) } ?? true)
            && (state.map { $0 == delivery.state } ?? true)
    }
}

/// What waits to be delivered to a target.
package struct Outbox: Sendable, Hashable {
    /// What is due, in the order of its events.
    package var due: [Delivery]
    /// When the first of all that waits is or was due.
    package var next: Timestamp?

    package init(due: [Delivery], next: Timestamp?) {
        self.due = due
        self.next = next
    }
}
