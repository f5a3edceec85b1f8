import Dispatch
import GRDB
import Synchronization

/// A SQLite file that is locked and open, whose pages carry checksums, that acknowledges what is on
/// the disk, and that is opened again after the disk has failed.
///
/// One connection writes, on a queue of its own that commits what has queued up in one
/// transaction and syncs it before anyone is answered. Others read, each in a snapshot of its own,
/// and hold nobody up.
package final class DurableFile<Tables: FileTables>: Sendable {
    /// Prepares the tables on a connection that is to write them.
    package typealias TableMaker =
        @Sendable (OpaquePointer) throws(SQLiteFailure) -> Tables

    /// The connections, and who writes.
    struct Connections: Sendable {
        let pool: DatabasePool
        let queue: CommitQueue<Tables>
        let pages: PageGuard
    }

    private struct State {
        var current: Connections
        /// Who waits while the file is being opened again; nil where it is not.
        var waiting: [CheckedContinuation<Void, Never>]?
        var isClosed = false
    }

    /// The real path.
    package let path: String
    private let kind: FileKind
    private let lock: FileLock
    private let options: FileOptions
    private let makeTables: TableMaker
    /// What was found to be damaged, whichever connections found it.
    private let notes = DamageNotes()
    private let state: Mutex<State>
    /// Who makes and reads a copy.
    let copies = CopyTurns()
    /// The log that the connections have open; nil while there is none.
    private let log: Mutex<FileIdentity?>

    private var logPath: String { path + "-wal" }

    /// Opens a file of a kind, or makes a new one that only its owner may read.
    ///
    /// It blocks while it reads and migrates, so it belongs to the start of a program.
    package init(
        path: String, of kind: FileKind, _ options: FileOptions = FileOptions(),
        makeTables: @escaping TableMaker
    ) throws(OpenError) {
        let path = try prepareFile(at: path)
        self.path = path
        self.kind = kind
        self.options = options
        self.makeTables = makeTables
        let lock = try FileLock(forFileAt: path)
        self.lock = lock
        state = Mutex(
            State(
                current: try Self.connect(
                    path, lockedBy: lock, notes, of: kind, options, makeTables)))
        log = Mutex(FileIdentity(ofFileAt: path + "-wal"))
        removeCopies(ofFileAt: path)
    }

    var current: Connections { state.withLock(\.current) }

    /// The weight of what waits to be written.
    package var waiting: Int { current.queue.waiting }

    /// Sentences about all damage that was met since it was opened; none where all that was read is
    /// sound.
    package var findings: [String] { current.pages.findings }

    /// Has work done in a transaction, and answers once it is on the disk.
    package func perform(_ work: Tables.Work) async throws(WriteError) -> Tables.Answer {
        try await opened().queue.perform(work)
    }

    /// Reads in one snapshot, on a connection that cannot write and a queue of its own.
    ///
    /// The subject is what is read, for the sentence that says it cannot be.
    package func read<Result: Sendable>(
        _ subject: String, _ work: @escaping @Sendable (OpaquePointer) throws -> Result
    ) async throws(WriteError) -> Result {
        let connections = await opened()
        do {
            return try await connections.pool.read { try work($0.pointer) }
        } catch {
            // Also an error of another kind is about what was read.
            throw WriteError(SQLiteFailure(error).about(subject), guardedBy: connections.pages)
        }
    }

    /// Whether the writing connection waits for the disk at every commit, as it says now.
    func waitsForDisk() async throws -> Bool {
        try await current.pool.writeWithoutTransaction(isFullySynchronous)
    }

    /// The connections, after an attempt to open the file again where it had failed.
    ///
    /// One caller makes the attempt, the others wait for it. Where it fails too, the next call is
    /// the next attempt, so a server goes on when its disk does.
    func opened() async -> Connections {
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
        return try Self.connect(path, lockedBy: lock, notes, of: kind, options, makeTables)
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
    package func close() async {
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

extension DurableFile {
    private static func connect(
        _ path: String, lockedBy lock: FileLock, _ notes: DamageNotes, of kind: FileKind,
        _ options: FileOptions, _ makeTables: TableMaker
    ) throws(OpenError) -> Connections {
        let pages = PageGuard(damage: notes)
        let pool = try openPool(at: path, of: kind, lockedBy: lock, guardedBy: pages, options)
        do {
            let writer = try pool.writeWithoutTransaction { database in
                try WritingConnection(
                    database, watch: FileWatch(ofFileAt: path, lockedBy: lock, guardedBy: pages),
                    makeTables)
            }
            return Connections(
                pool: pool, queue: CommitQueue(pool, writer, pages, options), pages: pages)
        } catch {
            throw OpenError(error, at: path)
        }
    }
}
