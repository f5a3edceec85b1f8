import Marketplace
import Synchronization

/// Counts what a store does, also while its file is opened again.
final class StoreCounters: Sendable {
    private let state = Mutex(StoreActivity())

    /// What was counted.
    var activity: StoreActivity { state.withLock(\.self) }

    func countCommit(calls: Int, entries: Int, seconds: Double) {
        state.withLock { activity in
            activity.commits += 1
            activity.calls += calls
            activity.entries += entries
            activity.callsInCommit.add(Double(calls))
            activity.commitSeconds.add(seconds)
        }
    }

    /// An error, once it is counted.
    func counted(_ error: StoreError) -> StoreError {
        state.withLock { $0.errors[error.code, default: 0] += 1 }
        return error
    }
}
