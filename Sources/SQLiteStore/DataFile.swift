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
        let pages: PageGuard
    }

    private struct State {
        var current: Connections
        /// Who waits while the file is being opened again; nil where it is not.
        var waiting: [CheckedContinuation<Void, Never>]?
        var isClosed = false
    }

    /// The real path.
    let path: String
    private let lock: FileLock
    private let options: SQLiteStore.Options
    /// What was found to be damaged, whichever connections found it.
    private let notes = DamageNotes()
    private let state: Mutex<State>
    /// The log that the connections have open; nil while there is none.
    private let log: Mutex<FileIdentity?>

    private var logPath: String { path + "-wal" }

    init(path: String, _ options: SQLiteStore.Options) throws(OpenError) {
        self.path = try prepareFile(at: path)
        self.options = options
        lock = try FileLock(forFileAt: self.path)
        state = Mutex(
            State(current: try Connections(at: self.path, lockedBy: lock, notes, options)))
        log = Mutex(FileIdentity(ofFileAt: self.path + "-wal"))
        removeCopies(ofFileAt: self.path)
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
                let connections: Connections?
                do {
                    connections = try renewed(failed)
                } catch {
                    connections = nil
                    options.notify("The data file could not be opened again: \(error)")
                }
                let waiting = state.withLock { state in
                    // Whoever closes the file waits for this, and closes what it finds then.
                    if let connections { state.current = connections }
                    defer { state.waiting = nil }
                    return state.waiting ?? []
                }
                for continuation in waiting { continuation.resume() }
            }
        }
    }

    private func renewed(_ failed: Connections) throws -> Connections {
        guard lock.isInPlace else { throw OpenError.replaced(path) }
        // Without its log the file is older than what was acknowledged. The connections that are
        // open still have the log, and fold it back when the server stops.
        guard FileIdentity(ofFileAt: logPath) == log.withLock({ $0 }) else {
            throw OpenError.replaced(logPath)
        }
        // Whatever fails from here on, the log may be another one.
        defer { log.withLock { $0 = FileIdentity(ofFileAt: logPath) } }
        // Before the old connections are closed, because the last of them folds the log back.
        try rewriteLog(ofFileAt: path)
        failed.pool.releaseMemory()
        try? failed.pool.close()
        return try Connections(at: path, lockedBy: lock, notes, options)
    }

    /// Sees to it that the file is not opened again, and waits where that is just being done.
    private func reopened() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            state.withLock { state in
                state.isClosed = true
                if state.waiting == nil {
                    continuation.resume()
                } else {
                    state.waiting?.append(continuation)
                }
            }
        }
    }

    /// Sees to it that closing does not fold back a log that may not be on the disk as it is in
    /// memory, as after a failed sync.
    ///
    /// Where no copy of it can be written, the data file stays as it is, and the next start reads
    /// the log. A log that somebody deleted or replaced is still open, and folded back.
    private func secureLog(of connections: Connections) {
        guard FileIdentity(ofFileAt: logPath) == log.withLock({ $0 }),
            (try? rewriteLog(ofFileAt: path)) == nil
        else { return }
        connections.pages.freezeFile()
    }

    /// Finishes what is under way, and lets go of the file and the lock.
    func close() async {
        await reopened()
        let connections = current
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            connections.queue.finish { continuation.resume() }
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // Closing waits for readers and may checkpoint: not on a cooperative thread.
            DispatchQueue.global().async {
                if connections.queue.hasFailed { self.secureLog(of: connections) }
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
    fileprivate init(
        at path: String, lockedBy lock: FileLock, _ notes: DamageNotes,
        _ options: SQLiteStore.Options
    ) throws(OpenError) {
        let pages = PageGuard(damage: notes)
        self.pages = pages
        pool = try openPool(at: path, lockedBy: lock, guardedBy: pages, options)
        do {
            let writer = try pool.writeWithoutTransaction { database in
                try WritingConnection(
                    database, limits: options.limits,
                    watch: FileWatch(ofFileAt: path, lockedBy: lock, guardedBy: pages))
            }
            queue = CommitQueue(pool, writer, pages, options)
        } catch {
            throw OpenError(error, at: path)
        }
    }
}
