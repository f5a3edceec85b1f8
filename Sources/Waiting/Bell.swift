import Synchronization

/// Wakes everybody who waits for something to change.
package final class Bell: Sendable {
    private struct State {
        var rings = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())
    private let names = Atomic<Int>(0)

    package init() {}

    /// How often it has rung; to be asked before looking at what may change.
    package var rings: Int { state.withLock(\.rings) }

    /// Waits until it has rung more often than that, or the task is cancelled.
    package func wait(past rings: Int) async {
        let name = names.add(1, ordering: .relaxed).newValue
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.rings == rings, !Task.isCancelled else { return false }
                    state.waiting[name] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: name) }?.resume()
        }
    }

    /// Waits until it has rung more often than that, at most so long.
    package func wait(past rings: Int, milliseconds: Int64) async {
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(for: .milliseconds(milliseconds)) }
            group.addTask { await self.wait(past: rings) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Wakes whoever waits.
    package func announce() {
        let waiting = state.withLock { state in
            state.rings += 1
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }
}
