package import Logging
import ServiceLifecycle
import Waiting

/// Lets happen what becomes due while nobody asks for anything.
package struct Timekeeper: Service, CustomStringConvertible {
    private let state: MarketplaceState
    private let logger: Logger

    /// Its name in logs; of a service without one, all that it holds is printed at the start.
    package var description: String { "the timekeeper" }

    package init(state: MarketplaceState, logger: Logger) {
        self.state = state
        self.logger = logger
    }

    package func run() async {
        await cancelWhenGracefulShutdown { await keepTime() }
    }

    private func keepTime() async {
        while !Task.isCancelled {
            let rings = state.changes.rings
            let wait = state.millisecondsUntilNext.map {
                min($0, HostLimits.timekeeperSleepMilliseconds)
            }
            if let wait, wait <= 0 {
                await settle()
                continue
            }
            await state.changes.wait(
                past: rings, milliseconds: wait ?? HostLimits.timekeeperSleepMilliseconds)
        }
    }

    private func settle() async {
        do {
            try await state.settle()
        } catch {
            logger.error("what became due could not be stored, and is tried again: \(error)")
            try? await Task.sleep(for: .milliseconds(HostLimits.timekeeperPauseMilliseconds))
        }
    }
}
