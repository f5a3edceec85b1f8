import Logging
import ServiceLifecycle

/// Lets happen what becomes due while nobody asks for anything.
struct Timekeeper: Service {
    let state: MarketplaceState
    let logger: Logger

    /// How long it sleeps at most, so that a real clock that is set is noticed.
    private static let longestSleep: Int64 = 60_000
    /// How long it waits after a failure of the store.
    private static let pause: Int64 = 1000

    func run() async {
        await cancelWhenGracefulShutdown { await keepTime() }
    }

    private func keepTime() async {
        let changes = state.changes.listen()
        while !Task.isCancelled {
            let wait = state.millisecondsUntilNext.map { min($0, Self.longestSleep) }
            if let wait, wait <= 0 {
                await settle()
                continue
            }
            await sleep(milliseconds: wait ?? Self.longestSleep, unless: changes)
        }
    }

    private func settle() async {
        do {
            try await state.settle()
        } catch {
            logger.error("what became due could not be stored, and is tried again: \(error)")
            try? await Task.sleep(for: .milliseconds(Self.pause))
        }
    }

    private func sleep(milliseconds: Int64, unless changes: AsyncStream<Void>) async {
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(for: .milliseconds(milliseconds)) }
            group.addTask { for await _ in changes { return } }
            await group.next()
            group.cancelAll()
        }
    }
}
