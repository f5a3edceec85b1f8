package import CoreMetrics
package import Logging
import Marketplace
import MeteringAPI
import ServiceLifecycle
import Synchronization
import Waiting

/// Empties the outbox: a worker for each target tries what is due, in its order, one at a time.
///
/// What became of an attempt is stored after it, so an attempt is made again where the server
/// ended between the two: at least once. Couriers of several servers share a store: a worker claims
/// its target before it delivers.
package struct EventCourier: Service, CustomStringConvertible {
    /// By which the claims of this server are known; the same after a restart, so that a server
    /// which was killed need not wait until its own claims have ended.
    let name: String
    let state: MarketplaceState
    let sender: EventSender
    let logger: Logger
    private let attempts: CourierMetrics

    /// How much of a claim must be left for an attempt: twice as long as an attempt takes, so that
    /// what became of it is stored before the claim ends.
    private static let claimLeft: Int64 = 2000 * TargetLimits.seconds

    /// Its name in logs; of a service without one, all that it holds is printed at the start.
    package var description: String { "the event courier" }

    /// A courier that delivers until it is cancelled or the process is told to stop.
    package init(
        name: String = "server", state: MarketplaceState, sender: EventSender, logger: Logger,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        attempts = CourierMetrics(metrics)
        self.name = name
        self.state = state
        self.sender = sender
        self.logger = logger
    }

    package func run() async {
        await cancelWhenGracefulShutdown { await employ() }
    }

    /// Keeps a worker for each target.
    private func employ() async {
        let atWork = Names()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let rings = state.changes.rings
                for id in state.catalog.eventTargets.keys
                where atWork.add(id) {
                    group.addTask {
                        await work(for: id)
                        atWork.remove(id)
                        // The target may be there again by now.
                        state.changes.announce()
                    }
                }
                await state.changes.wait(past: rings)
            }
        }
    }

    private func work(for id: String) async {
        await deliver(to: id)
        await giveBack(id)
    }

    /// Ends a claim early, so that another server with something to deliver need not wait; where
    /// this fails, it does.
    private func giveBack(_ target: String) async {
        let now = state.realNow
        _ = try? await state.store.claim(target, for: name, at: now, until: now)
    }

    private func deliver(to id: String) async {
        var failures: Int64 = 0
        var claim: DeliveryClaim?
        while !Task.isCancelled, let target = state.catalog.eventTargets[id] {
            let rings = state.changes.rings
            do {
                let now = state.realNow
                let outbox = try await state.store.outbox(
                    of: id, at: now, limit: HostLimits.deliveriesAtOnce)
                if outbox.due.isEmpty {
                    if claim != nil { await giveBack(id) }
                    claim = nil
                    let wait = outbox.next.map { $0.milliseconds(since: now) }
                    await state.changes.wait(
                        past: rings,
                        milliseconds: min(
                            wait ?? HostLimits.courierSleepMilliseconds,
                            HostLimits.courierSleepMilliseconds)
                    )
                    continue
                }
                guard let own = claim, isLongEnough(own, at: now) else {
                    claim = try await claimed(id, at: now, rings)
                    // What is due is read again: another server may have delivered it by now.
                    continue
                }
                let end = try await deliver(outbox.due, to: target, under: own)
                if end == .claimLost { claim = nil }
                failures = end == .unreachable ? failures + 1 : 0
            } catch {
                if Task.isCancelled { return }
                failures += 1
                logger.error("deliveries cannot be read or stored, and are tried again: \(error)")
            }
            if failures > 0 { await rest(afterFailures: failures, of: target) }
        }
    }

    /// Claims a target; where another server has it, waits for a while.
    private func claimed(
        _ target: String, at now: Timestamp, _ rings: Int
    ) async throws -> DeliveryClaim? {
        let end = Timestamp(milliseconds: now.milliseconds + HostLimits.claimMilliseconds)
        let claim = try await state.store.claim(target, for: name, at: now, until: end)
        guard !claim.claimant.hasSameBytes(as: name) else { return claim }
        let left = max(1, claim.until.milliseconds(since: now))
        await state.changes.wait(
            past: rings, milliseconds: min(left, HostLimits.claimPauseMilliseconds))
        return nil
    }

    /// Whether a claim holds for as long as an attempt may take.
    private func isLongEnough(_ claim: DeliveryClaim, at time: Timestamp) -> Bool {
        claim.until.milliseconds(since: time) > Self.claimLeft
    }

    /// Why a worker stops trying what it has read.
    private enum End {
        /// All was tried, or the target is not as it was.
        case done
        case unreachable
        /// Another server has the target, or what was due is gone.
        case claimLost
    }

    /// Tries deliveries until the target cannot be reached or the claim is about to end.
    private func deliver(
        _ due: [Delivery], to target: EventTarget, under claim: DeliveryClaim
    ) async throws -> End {
        for delivery in due {
            guard !Task.isCancelled, isAsItWas(target), isLongEnough(claim, at: state.realNow)
            else { return .done }
            guard
                let event = try await state.store.events(after: delivery.event - 1, limit: 1)
                    .first(where: { $0.number == delivery.event })
            else {
                var lost = delivery
                lost.state = .dropped
                lost.lastError = "its event is not there any more"
                guard try await state.store.settle(lost, by: name) else { return .claimLost }
                continue
            }
            guard let outcome = await attempt(event.event, to: target) else { return .done }
            attempts.count(outcome)
            let tried = delivery.tried(at: state.realNow, error: outcome.error)
            guard try await state.store.settle(tried, by: name) else { return .claimLost }
            if case .unreachable = outcome { return .unreachable }
        }
        return .done
    }

    /// Sends an event; nil where the attempt was broken off, which says nothing of the target: the
    /// target was changed or deleted, or the server stops.
    private func attempt(
        _ event: MarketplaceEvent, to target: EventTarget
    ) async -> EventSender.Outcome? {
        await withTaskGroup(of: EventSender.Outcome?.self) { group in
            group.addTask {
                let outcome = await sender.send(event, to: target, at: state.realNow)
                return Task.isCancelled && outcome != .delivered ? nil : outcome
            }
            group.addTask {
                while !Task.isCancelled {
                    let rings = state.changes.rings
                    guard isAsItWas(target) else { break }
                    await state.changes.wait(past: rings)
                }
                return nil
            }
            var outcome: EventSender.Outcome?
            for await result in group {
                // The first ends the other; what has arrived by then counts.
                group.cancelAll()
                outcome = outcome ?? result
            }
            return outcome
        }
    }

    /// Whether a target is where it was, and is asked in the same way.
    private func isAsItWas(_ target: EventTarget) -> Bool {
        guard let current = state.catalog.eventTargets[target.id] else { return false }
        return current.isAsked(as: target)
    }

    /// Leaves a target alone for a while, unless it is changed.
    private func rest(afterFailures failures: Int64, of target: EventTarget) async {
        let end = ContinuousClock.now + .milliseconds(Delivery.pause(afterFailures: failures))
        while !Task.isCancelled {
            let rings = state.changes.rings
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            guard left > 0, isAsItWas(target) else { return }
            await state.changes.wait(past: rings, milliseconds: Int64(left) + 1)
        }
    }
}

/// The targets that have a worker.
private final class Names: Sendable {
    private let names = Mutex<Set<ExactText>>([])

    /// Whether it was not there before.
    func add(_ name: String) -> Bool {
        names.withLock { $0.insert(ExactText(name)).inserted }
    }

    func remove(_ name: String) {
        _ = names.withLock { $0.remove(ExactText(name)) }
    }
}
