import InMemoryStore
import Marketplace
import MarketplaceHost
import MeteringAPI
import Synchronization
import Testing
import TurnpikeServer

@Suite("What becomes due in a running marketplace")
struct MarketplaceStateTests {
    /// A machine's clock that a test sets.
    private final class RealClock: Sendable {
        private let time = Mutex(TestMarket.now.hour.start)
        var now: Timestamp { time.withLock { $0 } }
        func pass(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
    }

    private static let task = RegisteredWorkload(
        productCode: "container", accountID: TestMarket.buyer, resourceID: "task-1",
        region: "us-east-1")

    /// A marketplace with a seller, a buyer and two products.
    private static func state(_ clock: RealClock) async throws -> MarketplaceState {
        let state = try await MarketplaceState(
            store: InMemoryStore(), contract: .newest, realClock: { clock.now })
        try await state.edit { edit in
            edit.put(.account(Account(id: TestMarket.seller, role: .seller, name: "Acme")))
            edit.put(.account(Account(id: TestMarket.buyer, role: .buyer, name: "Buyer")))
            for type in [ProductType.saas, .container] {
                edit.put(
                    .product(
                        Product(
                            code: type.rawValue, type: type, title: "A product",
                            sellerAccountID: TestMarket.seller, dimensions: [])))
            }
        }
        return state
    }

    @Test("An end that was moved wakes nobody up for longer than a moment")
    func movedEnd() async throws {
        let clock = RealClock()
        let state = try await Self.state(clock)
        let now = clock.now
        let agreement = try await state.edit { edit in
            var draft = CatalogEdit.AgreementDraft(
                productCode: "saas", buyerAccountID: TestMarket.buyer)
            draft.terms.endsAt = now.adding(seconds: 6)
            return try edit.addAgreement(draft, random: "a")
        }
        try await state.edit { edit in
            var terms = CatalogEdit.AgreementTerms()
            terms.endsAt = now.adding(seconds: 3600)
            _ = try edit.amendAgreement(agreement.id, terms)
        }
        clock.pass(seconds: 7)
        try await state.settle()
        #expect(state.millisecondsUntilNext == 3_593_000)
    }

    @Test("What a clock showed before it was moved counts for a moment, and real time never")
    func recentTimes() async throws {
        let clock = RealClock()
        let state = try await Self.state(clock)
        let start = clock.now
        func times() -> [ClosedRange<Timestamp>] {
            state.recentTimes(of: state.catalog, real: clock.now)
        }
        func only(_ seconds: Int64) -> ClosedRange<Timestamp> {
            start.adding(seconds: seconds)...start.adding(seconds: seconds)
        }
        #expect(times() == [])
        let day = Int64(86_400)
        try await state.edit { _ = try $0.changeClock(.frozen(at: start.adding(seconds: day))) }
        // Not what lies between.
        #expect(times().last == only(day))
        #expect(times().first?.upperBound == start)
        #expect(times().count == 2)
        clock.pass(seconds: 3)
        #expect(times() == [only(day)])
        try await state.edit { _ = try $0.changeClock(.advance(milliseconds: day * 1000)) }
        #expect(times() == [only(day), only(2 * day)])
        let running = MarketplaceClock.Change.running(from: nil, speedThousandths: 3_600_000)
        try await state.edit { _ = try $0.changeClock(running) }
        // What it showed before the move before this one does not count any more.
        #expect(times() == [only(2 * day), only(2 * day)])
        clock.pass(seconds: 10)
        let now = state.catalog.now(real: clock.now)
        #expect(times() == [now.adding(seconds: -7200)...now])
        try await state.forgetUsage()
        #expect(times() == [now.adding(seconds: -7200)...now, clock.now...clock.now])
    }

    @Test("A container that is stopped late still has no more seconds in an hour than it has")
    func lateStop() async throws {
        let clock = RealClock()
        let state = try await Self.state(clock)
        try await state.edit { $0.start(Self.task, isFree: false) }
        // Nobody looked at the time, as in a machine that slept.
        clock.pass(seconds: 2 * 3600 + 1800)
        _ = try await state.edit { try $0.stopWorkloads(ofResource: "task-1") }
        clock.pass(seconds: 3600)
        try await state.settle()
        let usage = try await state.store.usage(UsageFilter(), after: nil, limit: 100).items
        #expect(
            usage.map { $0.quantity.description }.sorted() == ["1800", "3600", "3600"])
        #expect(Set(usage.map(\.timestamp)).count == 3)
    }
}
