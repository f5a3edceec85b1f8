package import Marketplace
package import MeteringAPI
import Synchronization

extension MarketplaceState {

    /// Lets happen what has become due, in its order, a step of it at most.
    package func settle() async throws {
        // Where the store never waits, one step after the other would keep their thread.
        await Task.yield()
        try await edit(outlastsReset: true) { _ in }
    }

    /// Runs an edit, and returns once the marketplace's time is where the edit has moved the clock.
    ///
    /// On the way there each step is an edit of its own, and others come in between. Should a step
    /// fail, or the caller be cancelled, the timekeeper goes on.
    /// All workloads are looked up, because a move of the clock has a bound of the hours that they
    /// will have run.
    package func editAndArrive<Value: Sendable>(
        lookingUp queries: @escaping LookUps = { _, _ in [] },
        _ body: @Sendable (inout CatalogEdit) throws -> Value
    ) async throws -> Value {
        // A step is too much for an event loop that has other connections.
        try await withTaskExecutorPreference(globalConcurrentExecutor) {
            let (value, goal) = try await edit(
                lookingUp: { queries($0, $1) + [.all(.registeredWorkload)] }
            ) { edit in
                let before = edit.catalog.clock
                let value = try body(&edit)
                var clock = edit.catalog.clock
                clock.reached = before.reached
                return (value, clock == before ? nil : clock.now(real: edit.realNow))
            }
            while let goal, let heldAt = catalog.heldAt, heldAt <= goal {
                try Task.checkCancellation()
                try await settle()
            }
            return value
        }
    }

    /// How long until something becomes due, in milliseconds of real time; nil while nothing will.
    package var millisecondsUntilNext: Int64? {
        let catalog = catalog
        return catalog.nextMoment.flatMap {
            catalog.clock.realMilliseconds(until: $0, real: realNow)
        }
    }

    /// What the marketplace's clock showed within the last moment, for programs that follow it and
    /// sign with its time; nothing where that was the real time.
    package func recentTimes(of catalog: Catalog, real: Timestamp) -> [ClosedRange<Timestamp>] {
        shownTimes.withLock { $0.times(of: catalog, real: real) }
    }
}
