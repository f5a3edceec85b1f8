import GRDB
import Synchronization

/// Joins the calls of many callers into few transactions, on the queue of GRDB's writer.
///
/// That serial dispatch queue is the writing connection's home: it has a thread of its own while
/// there is something to write and is never one of Swift's cooperative threads, which a sync to
/// disk would block. Whatever queues up during a commit becomes the next transaction (group
/// commit), so the more there is to do, the less a record costs.
final class CommitQueue<Tables: FileTables>: Sendable {
    private typealias Call = WriteCall<Tables.Work, Tables.Answer>

    private let pool: DatabasePool
    /// Nil when it is finished, because a connection closes only without statements.
    private let writer: Mutex<WritingConnection<Tables>?>
    private let pages: PageGuard
    private let limits: QueueLimits
    private let beforeEachGroup: (@Sendable () -> Void)?
    private let state = Mutex(CommitQueueState<Tables.Work, Tables.Answer>())

    init(
        _ pool: DatabasePool, _ writer: WritingConnection<Tables>, _ pages: PageGuard,
        _ options: FileOptions
    ) {
        self.pool = pool
        self.pages = pages
        self.writer = Mutex(writer)
        limits = options.limits
        beforeEachGroup = options.beforeEachGroup
    }

    /// The weight of what waits.
    var waiting: Int { state.withLock(\.weight) }

    /// Whether it writes nothing any more, until the file is opened again.
    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// Waits its turn and says what became of the work.
    ///
    /// It waits to the end even where its task is cancelled: the work may be in the file by then,
    /// and only the answer says so.
    func perform(_ work: Tables.Work) async throws(WriteError) -> Tables.Answer {
        let result: Call.Result = await withCheckedContinuation { continuation in
            let call = Call(work: work, weight: work.weight, continuation: continuation)
            switch state.withLock({ $0.add(call, limit: limits.waiting) }) {
            case .wait: break
            case .start: start()
            case .refuse(let error): continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Refuses what comes from now on, waits for what came before, lets go of the connection, and
    /// then calls.
    func finish(_ then: @escaping @Sendable () -> Void) {
        state.withLock { $0.isClosed = true }
        pool.asyncWriteWithoutTransaction { [self] _ in
            writer.withLock { $0 = nil }
            then()
        }
    }

    private func start() {
        pool.asyncWriteWithoutTransaction { [self] database in
            beforeEachGroup?()
            while let group = state.withLock({ $0.next(limit: limits.inTransaction) }) {
                commit(group, on: database)
                beforeEachGroup?()
            }
        }
    }

    private func commit(_ calls: ArraySlice<Call>, on database: Database) {
        if let failure = state.withLock(\.failure) { return answer(calls, with: failure) }
        guard let writer = writer.withLock({ $0 }) else { return answer(calls, with: .closed) }
        do {
            let answers = try writer.transaction(on: database, calls: calls.count) {
                (tables) throws(SQLiteFailure) in
                var answers: [Tables.Answer] = []
                answers.reserveCapacity(calls.count)
                for call in calls {
                    answers.append(try tables.perform(call.work, guarding: pages))
                }
                return answers
            }
            for (call, answer) in zip(calls, answers) {
                call.continuation.resume(returning: .success(answer))
            }
        } catch {
            fail(calls, error, on: database)
        }
    }

    private func fail(
        _ calls: ArraySlice<Call>, _ failure: TransactionFailure, on database: Database
    ) {
        if failure.isCertain, !failure.cause.isOfTheFile, calls.count > 1 {
            // One of them is to blame; the others must not suffer.
            for index in calls.indices { commit(calls[index...index], on: database) }
            return
        }
        if failure.cause.isLasting || !failure.isCertain {
            let cause = "the data file failed: \(failure.cause)"
            state.withLock { $0.failure = WriteError(.notStored, cause: cause) }
        }
        let error =
            failure.isCertain
            ? WriteError(failure.cause, guardedBy: pages)
            : WriteError(.unknownOutcome, cause: pages.explain(failure.cause))
        answer(calls, with: error)
    }

    private func answer(_ calls: ArraySlice<Call>, with error: WriteError) {
        for call in calls { call.continuation.resume(returning: .failure(error)) }
    }
}

/// A call that waits to be written.
private struct WriteCall<Work: Sendable, Answer: Sendable>: Sendable {
    typealias Result = Swift.Result<Answer, WriteError>

    let work: Work
    let weight: Int
    let continuation: CheckedContinuation<Result, Never>
}

/// What waits, and whether somebody is writing.
private struct CommitQueueState<Work: Sendable, Answer: Sendable>: Sendable {
    typealias Call = WriteCall<Work, Answer>

    enum Action {
        /// Somebody is writing and will come to it.
        case wait
        /// Nobody is: the writer has to be started.
        case start
        case refuse(WriteError)
    }

    private var calls: [Call] = []
    private var isWriting = false
    /// The weight of the calls that wait.
    private(set) var weight = 0
    /// Nothing comes any more; what waits is still written.
    var isClosed = false
    /// Nothing is written any more, not even what waits.
    var failure: WriteError?

    mutating func add(_ call: Call, limit: Int) -> Action {
        if let failure { return .refuse(failure) }
        if isClosed { return .refuse(.closed) }
        guard weight + call.weight <= limit else {
            return .refuse(WriteError(.overloaded, cause: "\(weight) entries are waiting"))
        }
        calls.append(call)
        weight += call.weight
        if isWriting { return .wait }
        isWriting = true
        return .start
    }

    /// The calls of the next transaction in their order, or nil where the writer may rest.
    mutating func next(limit: Int) -> ArraySlice<Call>? {
        guard !calls.isEmpty else {
            isWriting = false
            return nil
        }
        var weight = 0
        let end =
            calls.firstIndex { call in
                weight += call.weight
                return weight > limit
            } ?? calls.endIndex
        let group = calls.prefix(max(end, 1))
        calls.removeFirst(group.count)
        self.weight -= group.reduce(0) { $0 + $1.weight }
        return group
    }
}
