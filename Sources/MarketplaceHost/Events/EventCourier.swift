package import Logging
import Marketplace
import MeteringAPI
import ServiceLifecycle
import Synchronization
import Waiting

/// Empties the outbox: a worker for each target tries what is due, in its order, one at a time.
///
/// What became of an attempt is stored after it, so an attempt is made again where the server
/// ended between the two: at least once.
package struct EventCourier: Service {
    let state: MarketplaceState
    let sender: EventSender
    let logger: Logger

    /// Deliveries that a worker reads at once.
    private static let batch = 16
    /// How long a worker sleeps at most, so that a real clock that is set is noticed.
    private static let longestSleep: Int64 = 60_000

    /// A courier that delivers until it is cancelled or the process is told to stop.
    package init(state: MarketplaceState, sender: EventSender, logger: Logger) {
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
        var failures: Int64 = 0
        while !Task.isCancelled, let target = state.catalog.eventTargets[id] {
            let rings = state.changes.rings
            do {
                let now = state.realNow
                let outbox = try await state.store.outbox(of: id, at: now, limit: Self.batch)
                if outbox.due.isEmpty {
                    let wait = outbox.next.map { $0.milliseconds(since: now) }
                    await state.changes.wait(
                        past: rings, milliseconds: min(wait ?? Self.longestSleep, Self.longestSleep)
                    )
                    continue
                }
                let isReached = try await deliver(outbox.due, to: target)
                failures = isReached ? 0 : failures + 1
            } catch {
                if Task.isCancelled { return }
                failures += 1
                logger.error("deliveries cannot be read or stored, and are tried again: \(error)")
            }
            if failures > 0 { await rest(afterFailures: failures, of: target) }
        }
    }

    /// Tries deliveries until the target cannot be reached; says whether it could.
    private func deliver(_ due: [Delivery], to target: EventTarget) async throws -> Bool {
        for delivery in due {
            guard !Task.isCancelled, isAsItWas(target) else { return true }
            guard
                let event = try await state.store.events(after: delivery.event - 1, limit: 1)
                    .first(where: { $0.number == delivery.event })
            else {
                var lost = delivery
                lost.state = .dropped
                lost.lastError = "its event is not there any more"
                try await state.store.save([.update(lost)])
                continue
            }
            guard let outcome = await attempt(event.event, to: target) else { return true }
            try await state.store.save([
                .update(delivery.tried(at: state.realNow, error: outcome.error))
            ])
            if case .unreachable = outcome { return false }
        }
        return true
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
        return current.url == target.url && current.kind == target.kind
            && current.accessKeyID.map(ExactText.init) == target.accessKeyID.map(ExactText.init)
            && current.secretAccessKey == target.secretAccessKey
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
