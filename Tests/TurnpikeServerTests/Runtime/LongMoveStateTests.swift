import InMemoryStore
import Marketplace
import MarketplaceHost
import MeteringAPI
import StoreContract
import Synchronization
import Testing
import TurnpikeServer

@Suite("A long move of a running marketplace's clock", .timeLimit(.minutes(20)))
struct LongMoveStateTests {
    /// 12:00:00 UTC.
    private static let noon = TestMarket.now.hour.start
    private static let year: Int64 = 365 * 24

    private static func task(_ name: String) -> RegisteredWorkload {
        RegisteredWorkload(
            productCode: "container", accountID: TestMarket.buyer, resourceID: name,
            region: "us-east-1")
    }

    /// A marketplace whose clock stands at noon, with a container that runs.
    private static func state(_ store: any MarketplaceStore) async throws -> MarketplaceState {
        let state = try await open(store)
        try await state.edit { edit in
            edit.put(.account(Account(id: TestMarket.seller, role: .seller, name: "Acme")))
            edit.put(.account(Account(id: TestMarket.buyer, role: .buyer, name: "Buyer")))
            edit.put(
                .product(
                    Product(
                        code: "container", type: .container, title: "A product",
                        sellerAccountID: TestMarket.seller, dimensions: [])))
            _ = try edit.changeClock(.frozen(at: noon))
            edit.start(task("task-1"), isFree: false)
        }
        return state
    }

    private static func open(_ store: any MarketplaceStore) async throws -> MarketplaceState {
        try await MarketplaceState(store: store, contract: .newest, realClock: { noon })
    }

    private static func advance(_ state: MarketplaceState, hours: Int64) async throws {
        _ = try await state.editAndArrive { edit in
            try edit.changeClock(.advance(milliseconds: hours * 3_600_000))
        }
    }

    private static func recordedHours(_ store: any MarketplaceStore) async throws -> [Int] {
        let total = try await store.totals(
            of: UsageFilter(), by: [.hour], after: nil, limit: .max)
        return total.items.map(\.records)
    }

    @Test("arrives before it is answered, in steps that each are small")
    func steps() async throws {
        let store = WatchedStore()
        let state = try await Self.state(store)
        try await Self.advance(state, hours: Self.year)
        #expect(state.catalog.heldAt == nil)
        #expect(state.catalog.now(real: Self.noon) == Self.noon.adding(hours: Self.year))
        let hours = Int(Self.year)
        #expect(try await Self.recordedHours(store) == Array(repeating: 1, count: hours))
        #expect(store.largest.entries <= 2 * HostLimits.momentsInEdit)
        #expect(store.largest.changes <= 20)
    }

    @Test("that cannot be stored bills nothing", arguments: [3, Self.year])
    func refused(hours: Int64) async throws {
        let store = WatchedStore()
        let state = try await Self.state(store)
        store.fail(.save, after: 0)
        await #expect(throws: StoreError.self) { try await Self.advance(state, hours: hours) }
        #expect(try await Self.recordedHours(store) == [])
        #expect(state.catalog.now(real: Self.noon) == Self.noon)
    }

    @Test("does not take the marketplace's time back with a restart, however old what is due is")
    func backdated() async throws {
        let store = InMemoryStore()
        let state = try await Self.state(store)
        try await state.edit { edit in
            edit.put(
                .product(
                    Product(
                        code: "saas", type: .saas, title: "A service",
                        sellerAccountID: TestMarket.seller, dimensions: [])))
            var draft = CatalogEdit.AgreementDraft(
                productCode: "saas", buyerAccountID: TestMarket.buyer)
            let start = Self.noon.adding(hours: -5000)
            draft.startsAt = start
            draft.terms.endsAt = start.adding(hours: 1)
            for number in 0..<HostLimits.momentsInEdit {
                _ = try edit.addAgreement(draft, random: "agreement\(number)")
            }
        }
        #expect(state.catalog.heldAt == Self.noon)
        let next = try await Self.open(store)
        #expect(next.catalog.now(real: Self.noon) == Self.noon)
        while next.catalog.heldAt != nil { try await next.settle() }
        #expect(next.catalog.now(real: Self.noon) == Self.noon)
        #expect(next.catalog.clock.reached == nil)
    }

    @Test("lets other edits come in between, and is seen on its way")
    func between() async throws {
        let store = WatchedStore()
        let state = try await Self.state(store)
        let signal = Signal()
        store.afterRecords(2) { signal.give() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Self.advance(state, hours: 5 * Self.year) }
            group.addTask {
                await signal.wait()
                let (seen, held) = try await state.edit { edit in
                    edit.start(Self.task("task-2"), isFree: true)
                    return (edit.now, edit.catalog.heldAt)
                }
                #expect(held == seen)
                #expect(seen > Self.noon)
                #expect(seen < Self.noon.adding(hours: 5 * Self.year))
            }
            try await group.waitForAll()
        }
        let other = try await store.wholeCatalog().registeredWorkload(Self.task("task-2").name)
        let started = try #require(other?.runningSince)
        #expect(started < Self.noon.adding(hours: 5 * Self.year))
        #expect(state.catalog.heldAt == nil)
    }

    @Test(
        "is made up for after a crash, wherever it came",
        arguments: [1, 2, 3, 5, 7, 8], [WatchedStore.Call.record, .save])
    func crash(calls: Int, call: WatchedStore.Call) async throws {
        let store = WatchedStore()
        let before = try await Self.state(store)
        store.fail(call, after: calls)
        await #expect(throws: StoreError.self) { try await Self.advance(before, hours: Self.year) }
        store.fail(call, after: .max)
        // What is in the store is all that is left.
        let state = try await Self.open(store)
        let start = state.catalog.now(real: Self.noon)
        let isOnItsWay = state.catalog.heldAt != nil
        #expect(isOnItsWay == (state.catalog.clock.now(real: Self.noon) != Self.noon))
        while state.catalog.heldAt != nil { try await state.settle() }
        if !isOnItsWay { try await Self.advance(state, hours: Self.year) }
        #expect(start <= Self.noon.adding(hours: Self.year))
        #expect(state.catalog.now(real: Self.noon) == Self.noon.adding(hours: Self.year))
        #expect(try await Self.recordedHours(store) == Array(repeating: 1, count: Int(Self.year)))
    }

    @Test("is left off by a reset")
    func reset() async throws {
        let state = try await Self.state(InMemoryStore())
        try await state.edit { edit in
            _ = try edit.changeClock(.advance(milliseconds: Self.year * 3_600_000))
        }
        #expect(state.catalog.heldAt != nil)
        try await state.forgetUsage()
        #expect(state.catalog.heldAt == nil)
        #expect(state.catalog.now(real: Self.noon) == Self.noon)
    }

    @Test("A signature may carry each time that was shown on the way, and none between")
    func shownTimes() async throws {
        let state = try await Self.state(InMemoryStore())
        try await state.edit { edit in
            _ = try edit.changeClock(.advance(milliseconds: Self.year * 3_600_000))
        }
        let held = try #require(state.catalog.heldAt)
        let times = state.recentTimes(of: state.catalog, real: Self.noon)
        #expect(times.contains { $0.contains(Self.noon) })
        #expect(times.contains { $0.contains(held) })
        #expect(!times.contains { $0.contains(held.adding(hours: -1)) })
        #expect(!times.contains { $0.contains(Self.noon.adding(hours: Self.year)) })
    }
}

extension Timestamp {
    fileprivate func adding(hours: Int64) -> Timestamp { adding(seconds: hours * 3600) }
}

/// Something that one task waits for, and another gives once.
private final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func give() { continuation.finish() }

    func wait() async {
        for await _ in stream {}
    }
}

/// A store in memory that counts, fails where it is told to, and tells how far it is.
final class WatchedStore: ForwardingStore {
    enum Call: Sendable { case record, save }

    private struct State {
        var records = 0
        var failing: (call: Call, left: Int)?
        var watcher: (at: Int, tell: @Sendable () -> Void)?
        var largest = (entries: 0, changes: 0)
    }

    let store: any MarketplaceStore = InMemoryStore()
    private let state = Mutex(State())

    /// The most entries, and changes, that came in one call.
    var largest: (entries: Int, changes: Int) { state.withLock(\.largest) }

    func fail(_ call: Call, after calls: Int) { state.withLock { $0.failing = (call, calls) } }

    func afterRecords(_ calls: Int, _ tell: @escaping @Sendable () -> Void) {
        state.withLock { $0.watcher = ($0.records + calls, tell) }
    }

    func record(
        _ entries: [UsageEntry], decidedOn revision: CatalogRevision?
    ) async throws(StoreError) -> [RecordOutcome] {
        try count(.record)
        let tell = state.withLock { state in
            state.largest.entries = max(state.largest.entries, entries.count)
            state.records += 1
            return state.watcher.flatMap { $0.at == state.records ? $0.tell : nil }
        }
        tell?()
        return try await store.record(entries, decidedOn: revision)
    }

    func save(
        _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        try count(.save)
        state.withLock { $0.largest.changes = max($0.largest.changes, changes.count) }
        return try await store.save(changes, expecting: revision, ifUnused: products)
    }

    private func count(_ call: Call) throws(StoreError) {
        let fails = state.withLock { state in
            guard let failing = state.failing, failing.call == call else { return false }
            state.failing?.left -= failing.left == .max ? 0 : 1
            return failing.left <= 0
        }
        if fails { throw StoreError(.notStored, cause: "the disk is full") }
    }
}
