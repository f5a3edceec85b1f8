import Dispatch
import GRDB
import Marketplace
import Synchronization

/// A data file that is locked and open, and is opened again after the disk has failed.
final class DataFile: Sendable {
    /// The connections, and who writes.
    struct Connections: Sendable {
        let pool: DatabasePool
        let queue: CommitQueue
    }

    private struct State {
        var current: Connections
        /// Who waits while the file is being opened again; nil where it is not.
        var waiting: [CheckedContinuation<Void, Never>]?
        var isClosed = false
    }

    private let path: String
    private let lock: FileLock
    private let options: SQLiteStore.Options
    private let state: Mutex<State>

    init(path: String, _ options: SQLiteStore.Options) throws(OpenError) {
        self.path = try prepareFile(at: path)
        self.options = options
        lock = try FileLock(forFileAt: self.path)
        state = Mutex(State(current: try Connections(at: self.path, options)))
    }

    var current: Connections { state.withLock(\.current) }

    /// The connections, after an attempt to open the file again where it had failed.
    ///
    /// One caller makes the attempt, the others wait for it. Where it fails too, the next call is
    /// the next attempt, so a server goes on when its disk does.
    func opened() async throws(StoreError) -> Connections {
        let connections = current
        guard connections.queue.hasFailed else { return connections }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let failed = state.withLock { state -> Connections? in
                guard !state.isClosed, state.current.queue.hasFailed else {
                    continuation.resume()
                    return nil
                }
                let isFirst = state.waiting == nil
                state.waiting = (state.waiting ?? []) + [continuation]
                return isFirst ? state.current : nil
            }
            if let failed { reopen(failed) }
        }
        return current
    }

    /// Lets go of failed connections and makes new ones.
    private func reopen(_ failed: Connections) {
        failed.queue.finish { [self] in
            // Opening blocks: not on a cooperative thread, nor on that of the old connection.
            DispatchQueue.global().async { [self] in
                let connections = try? renewed(failed)
                let waiting = state.withLock { state in
                    if let connections { state.current = connections }
                    defer { state.waiting = nil }
                    return state.waiting ?? []
                }
                for continuation in waiting { continuation.resume() }
            }
        }
    }

    private func renewed(_ failed: Connections) throws -> Connections {
        // Before the old connections are closed, because the last of them folds the log back.
        try rewriteLog(ofFileAt: path)
        try? failed.pool.close()
        return try Connections(at: path, options)
    }

    /// Finishes what is under way, and lets go of the file and the lock.
    func close() async {
        let connections = state.withLock { state in
            state.isClosed = true
            return state.current
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            connections.queue.finish { continuation.resume() }
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // Closing waits for readers and may checkpoint: not on a cooperative thread.
            DispatchQueue.global().async {
                // Readers first, so that the writer is the last to close and clears the log.
                connections.pool.releaseMemory()
                _ = try? connections.pool.close()
                continuation.resume()
            }
        }
        lock.release()
    }
}

extension DataFile.Connections {
    fileprivate init(at path: String, _ options: SQLiteStore.Options) throws(OpenError) {
        pool = try openPool(at: path, readers: options.limits.readers)
        do {
            let writer = try pool.writeWithoutTransaction { database in
                try LedgerWriter(database, limits: options.limits)
            }
            queue = CommitQueue(pool, writer, options)
        } catch {
            throw OpenError.unreadable(path, cause: "\(error)")
        }
    }
}
