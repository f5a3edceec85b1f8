import GRDB
import Marketplace
import MeteringAPI
import Synchronization

/// Joins the calls of many callers into few transactions, on the queue of GRDB's writer.
///
/// That serial dispatch queue is the writing connection's home: it has a thread of its own while
/// there is something to write and is never one of Swift's cooperative threads, which a sync to
/// disk would block. Whatever queues up during a commit becomes the next transaction (group
/// commit), so the more there is to do, the less a record costs.
final class CommitQueue: Sendable {
    private let pool: DatabasePool
    /// Nil when it is finished, because a connection closes only without statements.
    private let writer: Mutex<WritingConnection?>
    private let pages: PageGuard
    private let limits: SQLiteStore.Limits
    private let beforeEachGroup: (@Sendable () -> Void)?
    private let state = Mutex(CommitQueueState())

    init(
        _ pool: DatabasePool, _ writer: WritingConnection, _ pages: PageGuard,
        _ options: SQLiteStore.Options
    ) {
        self.pool = pool
        self.pages = pages
        self.writer = Mutex(writer)
        limits = options.limits
        beforeEachGroup = options.beforeEachGroup
    }

    var activity: StoreActivity { state.withLock(\.activity) }

    /// Whether it writes nothing any more, until the file is opened again.
    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// Waits its turn and says what became of the work.
    ///
    /// It waits to the end even where its task is cancelled: the work may be in the file by then,
    /// and only the answer says so.
    func perform(_ work: WriteCall.Work) async throws(StoreError) -> WriteCall.Outcome {
        let result: WriteCall.Answer = await withCheckedContinuation { continuation in
            let call = WriteCall(work: work, continuation: continuation)
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

    private func commit(_ calls: ArraySlice<WriteCall>, on database: Database) {
        if let failure = state.withLock(\.failure) { return answer(calls, with: failure) }
        guard let writer = writer.withLock({ $0 }) else {
            return answer(calls, with: CommitQueueState.closed)
        }
        let start = ContinuousClock.now
        do {
            let answers = try writer.transaction(on: database) { (tables) throws(SQLiteFailure) in
                var answers: [WriteCall.Answer] = []
                answers.reserveCapacity(calls.count)
                for call in calls {
                    answers.append(try tables.perform(call.work, guarding: pages))
                }
                return answers
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            state.withLock { $0.count(calls, seconds: seconds) }
            for (call, answer) in zip(calls, answers) {
                call.continuation.resume(returning: answer)
            }
        } catch {
            fail(calls, error, on: database)
        }
    }

    private func fail(
        _ calls: ArraySlice<WriteCall>, _ failure: TransactionFailure, on database: Database
    ) {
        if failure.isCertain, !failure.cause.isOfTheFile, calls.count > 1 {
            // One of them is to blame; the others must not suffer.
            for index in calls.indices { commit(calls[index...index], on: database) }
            return
        }
        if failure.cause.isLasting || !failure.isCertain {
            let cause = "the data file failed: \(failure.cause)"
            state.withLock { $0.failure = StoreError(.notStored, cause: cause) }
        }
        let code: StoreError.Code =
            !failure.isCertain ? .unknownOutcome : failure.cause.isDamage ? .damaged : .notStored
        answer(calls, with: StoreError(code, cause: pages.explain(failure.cause)))
    }

    private func answer(_ calls: ArraySlice<WriteCall>, with error: StoreError) {
        for call in calls { call.continuation.resume(returning: .failure(error)) }
    }
}

/// A call that waits to be written.
struct WriteCall: Sendable {
    typealias Answer = Result<Outcome, StoreError>

    enum Work: Sendable {
        /// Entries, and by their position the allocations of those that have some, as text:
        /// encoding takes longer than writing and is done before the writer's turn.
        case record(
            [UsageEntry], allocations: [Int: String], decidedOn: CatalogRevision?)
        case change(
            forgetting: Forgetting, [StoredChange], expecting: CatalogRevision?,
            ifUnused: Set<ExactText>)
        case claim(target: String, DeliveryClaim, at: Timestamp)
        case settle(Delivery, claimant: String)
    }

    struct Outcome: Sendable {
        /// What became of each entry.
        var entries: [RecordOutcome] = []
        /// What became of a change.
        var saved = SaveOutcome.stale
        /// The claim that holds after one was made.
        var claim: DeliveryClaim?
        /// Whether what became of a delivery was stored.
        var isSettled = false
    }

    let work: Work
    let continuation: CheckedContinuation<Answer, Never>

    let entries: Int
    /// How much room it takes in the queue: an allocation may be as large as an entry.
    let weight: Int

    init(work: Work, continuation: CheckedContinuation<Answer, Never>) {
        self.work = work
        self.continuation = continuation
        switch work {
        case .record(let entries, let allocations, _):
            self.entries = entries.count
            weight =
                entries.count
                + allocations.keys.reduce(0) { $0 + entries[$1].allocations.count }
        case .change, .claim, .settle:
            // They are rare beside usage.
            entries = 0
            weight = 1
        }
    }
}

extension DataTables {
    /// Does the work of a call; one that is refused, or that damage is in the way of, has written
    /// nothing.
    fileprivate mutating func perform(
        _ work: WriteCall.Work, guarding pages: PageGuard
    ) throws(SQLiteFailure) -> WriteCall.Answer {
        switch work {
        case .record(let entries, let allocations, let decided):
            guard admits(decided) else { return .failure(.outdated) }
            if let damage = try damage(inHoursOf: entries) {
                return .failure(StoreError(.damaged, cause: pages.explain(damage)))
            }
            var outcome = WriteCall.Outcome()
            outcome.entries.reserveCapacity(entries.count)
            for (position, entry) in entries.enumerated() {
                outcome.entries.append(try record(entry, allocations: allocations[position]))
            }
            return .success(outcome)
        case .change(let forgetting, let changes, let expected, let products):
            guard isCurrent(expected) else { return .success(WriteCall.Outcome(saved: .stale)) }
            let used = try used(of: products)
            guard used.isEmpty else {
                return .success(WriteCall.Outcome(saved: .used(products: used)))
            }
            try change(forgetting: forgetting, changes, affectsUsage: !products.isEmpty)
            return .success(WriteCall.Outcome(saved: .saved(catalogRevision)))
        case .claim(let target, let claim, let time):
            let held = try deliveries.claim(target, claim, at: time)
            return .success(WriteCall.Outcome(claim: held))
        case .settle(let delivery, let claimant):
            let isSettled = try deliveries.settle(delivery, by: claimant)
            return .success(WriteCall.Outcome(isSettled: isSettled))
        }
    }
}

/// What waits, and whether somebody is writing.
struct CommitQueueState {
    enum Action {
        /// Somebody is writing and will come to it.
        case wait
        /// Nobody is: the writer has to be started.
        case start
        case refuse(StoreError)
    }

    private var waiting: [WriteCall] = []
    private var isWriting = false
    private(set) var activity = StoreActivity()
    /// Nothing comes any more; what waits is still written.
    var isClosed = false
    /// Nothing is written any more, not even what waits.
    var failure: StoreError?

    static let closed = StoreError(.notStored, cause: "the store is closed")

    mutating func add(_ call: WriteCall, limit: Int) -> Action {
        if let failure { return .refuse(failure) }
        if isClosed { return .refuse(Self.closed) }
        guard activity.waiting + call.weight <= limit else {
            return .refuse(
                StoreError(.overloaded, cause: "\(activity.waiting) entries are waiting"))
        }
        waiting.append(call)
        activity.waiting += call.weight
        if isWriting { return .wait }
        isWriting = true
        return .start
    }

    /// The calls of the next transaction in their order, or nil where the writer may rest.
    mutating func next(limit: Int) -> ArraySlice<WriteCall>? {
        guard !waiting.isEmpty else {
            isWriting = false
            return nil
        }
        var weight = 0
        let end =
            waiting.firstIndex { call in
                weight += call.weight
                return weight > limit
            } ?? waiting.endIndex
        let group = waiting.prefix(max(end, 1))
        waiting.removeFirst(group.count)
        activity.waiting -= group.reduce(0) { $0 + $1.weight }
        return group
    }

    mutating func count(_ calls: ArraySlice<WriteCall>, seconds: Double) {
        activity.commits += 1
        activity.commitSeconds.add(seconds)
        activity.callsInCommit.add(Double(calls.count))
        activity.calls += calls.count
        activity.entries += calls.reduce(0) { $0 + $1.entries }
    }
}
