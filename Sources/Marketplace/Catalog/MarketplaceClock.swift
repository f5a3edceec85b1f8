package import MeteringAPI

/// What time it is on the marketplace: real, running at its own pace, or frozen.
///
/// The rules run on it; signatures and the expiry of credentials stay on the real clock.
package struct MarketplaceClock: Sendable, Hashable, Codable {
    /// How the marketplace's time goes: with real time, at a speed of its own, or not at all.
    package enum Mode: String, Sendable, Codable, CaseIterable {
        case real, running, frozen
    }

    package private(set) var mode = Mode.real
    /// The marketplace's time at `anchoredAt`, unless it is real.
    private var anchor = Timestamp(milliseconds: 0)
    /// The real time at which the anchor was set.
    private var anchoredAt = Timestamp(milliseconds: 0)
    /// Thousandths of a marketplace second that pass in a real second.
    package private(set) var speedThousandths: Int64 = Self.realSpeed

    /// Where the marketplace's time stood when this was stored, on its way to the clock's; nil
    /// where it had arrived.
    package var reached: Timestamp?

    package static let realSpeed: Int64 = 1000

    /// The last millisecond of the year 9999, where dates of four digits end and time stands still.
    private static let end = Int128(Timestamp.endOfCalendar.milliseconds)

    /// The real clock.
    package init() {}

    package func now(real: Timestamp) -> Timestamp {
        switch mode {
        case .real: return real
        case .frozen: return anchor
        case .running:
            // A machine whose clock is set back does not take the marketplace with it.
            let elapsed = max(0, real.milliseconds(since: anchoredAt))
            let passed = Int128(elapsed) * Int128(speedThousandths)
            let now = Int128(anchor.milliseconds) + passed / 1000
            return Timestamp(
                milliseconds: Int64(clamping: max(Int128(anchor.milliseconds), min(now, Self.end))))
        }
    }

    /// How long it takes until a moment of the marketplace, in milliseconds of real time, rounded
    /// up; 0 where it has passed, nil where it never comes.
    package func realMilliseconds(until moment: Timestamp, real: Timestamp) -> Int64? {
        let left = max(0, moment.milliseconds(since: now(real: real)))
        switch mode {
        case .real: return left
        case .frozen: return left == 0 ? 0 : nil
        case .running:
            if left == 0 { return 0 }
            guard speedThousandths > 0 else { return nil }
            let thousandths = Int128(left) * 1000 + Int128(speedThousandths) - 1
            return Int64(clamping: thousandths / Int128(speedThousandths))
        }
    }

    /// What can be asked of the clock.
    package enum Change: Sendable, Hashable {
        case real
        case frozen(at: Timestamp?)
        case running(from: Timestamp?, speedThousandths: Int64)
        /// Moves the marketplace's time on; its pace stays.
        case advance(milliseconds: Int64)
    }

    /// The clock after a change; throws when it would move the marketplace's time back, because
    /// the ledger already holds what was recorded then.
    ///
    /// That time may be earlier than the clock's, where it is on its way there: the clock then
    /// stops, or goes on, from where it has come to, but moves on from where it leads.
    package func changed(
        by change: Change, real: Timestamp, from shown: Timestamp? = nil
    ) throws(ClockContradiction) -> MarketplaceClock {
        let end = now(real: real)
        let now = shown ?? end
        var clock = self
        let target: Timestamp
        switch change {
        case .real:
            guard real >= now else { throw ClockContradiction(now: now, asked: real) }
            return MarketplaceClock()
        case .frozen(let at):
            clock.mode = .frozen
            clock.speedThousandths = Self.realSpeed
            target = at ?? now
        case .running(let from, let speed):
            clock.mode = .running
            clock.speedThousandths = min(max(0, speed), MarketplaceLimits.clockSpeedThousandths)
            target = from ?? now
        case .advance(let milliseconds):
            if clock.mode == .real { clock.mode = .running }
            target = Timestamp(
                milliseconds: Int64(clamping: Int128(end.milliseconds) + Int128(milliseconds)))
        }
        guard target >= now else { throw ClockContradiction(now: now, asked: target) }
        clock.anchor = target
        clock.anchoredAt = real
        return clock
    }
}

/// A change that would move the marketplace's time back.
package struct ClockContradiction: Error, Sendable, Hashable {
    package let now: Timestamp
    package let asked: Timestamp
}
