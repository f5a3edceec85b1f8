import Marketplace
import MeteringAPI

/// The times that the marketplace's clock showed within the last moment.
///
/// They are what it ran through before it was moved last, and what it has run through since, but
/// not what lies between; on the way of a long move also where it stood after a step.
struct ShownTimes: Sendable {
    private struct Stretch {
        let times: ClosedRange<Timestamp>
        /// When the clock was moved on from there, in real time.
        let end: Timestamp
    }

    private var stretches: [Stretch] = []

    /// On the way of a long move, times are kept so far apart, in milliseconds of real time: as
    /// often do programs ask that follow the clock.
    private static let stepMilliseconds: Int64 = 100

    /// Takes down what the clock has shown until it was moved, which is now.
    mutating func add(_ catalog: Catalog, until real: Timestamp) {
        let stretch = Stretch(times: range(of: catalog, real: real), end: real)
        guard catalog.heldAt != nil, let last = stretches.last else {
            stretches = [stretch]
            return
        }
        // A step of a long move.
        if real < last.end.adding(milliseconds: Self.stepMilliseconds) { return }
        stretches.append(stretch)
        if stretches.count > HostLimits.shownTimes { stretches.removeFirst() }
    }

    /// The times, those of the clock as it is now included; none where they are the real time.
    func times(of catalog: Catalog, real: Timestamp) -> [ClosedRange<Timestamp>] {
        let isMoved = stretches.last.map { $0.end >= Self.start(real) } ?? false
        if !isMoved, catalog.clock.mode == .real, catalog.heldAt == nil { return [] }
        return stretches.filter { $0.end >= Self.start(real) }.map(\.times)
            + [range(of: catalog, real: real)]
    }

    private func range(of catalog: Catalog, real: Timestamp) -> ClosedRange<Timestamp> {
        let start = max(Self.start(real), stretches.last?.end ?? Self.start(real))
        let (now, then) = (catalog.now(real: real), catalog.now(real: min(start, real)))
        return min(then, now)...max(then, now)
    }

    private static func start(_ real: Timestamp) -> Timestamp {
        real.adding(seconds: -HostLimits.shownTimeSeconds)
    }
}
