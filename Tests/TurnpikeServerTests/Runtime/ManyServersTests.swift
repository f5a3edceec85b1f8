import InMemoryStore
import Logging
import Marketplace
import MeteringAPI
import SQLiteStore
import StoreContract
import TestProcesses
import Testing
import TurnpikeServer
import WebServer

@testable import MarketplaceHost

/// Servers that share a store, each with a catalog of its own in memory.
@Suite("Two servers on one store", .timeLimit(.minutes(20)))
struct ManyServersTests {
    private static let noon = TestMarket.now.hour.start

    /// The stores that are tried.
    enum Kind: CaseIterable, Sendable {
        case memory, sqlite
    }

    /// Runs two servers' marketplaces on one store, with a seller, a buyer and two products.
    private static func share(
        _ kind: Kind,
        _ body: (MarketplaceState, MarketplaceState) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store: any MarketplaceStore =
            switch kind {
            case .memory: InMemoryStore()
            case .sqlite: try SQLiteStore(path: folder.path("turnpike.db"))
            }
        let first = try await open(store)
        try await first.edit { edit in
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
        try await body(first, open(store))
        await store.close()
    }

    private static func open(_ store: any MarketplaceStore) async throws -> MarketplaceState {
        try await MarketplaceState(store: store, contract: .newest, realClock: { noon })
    }

    private static func account(_ number: Int) -> Account {
        Account(id: String(300_000_000_000 + number), role: .buyer, name: "Buyer \(number)")
    }

    @Test("lose no edit of either, and end with one catalog", arguments: Kind.allCases)
    func edits(kind: Kind) async throws {
        try await Self.share(kind) { first, second in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    let state = number % 2 == 0 ? first : second
                    group.addTask {
                        try await state.edit { $0.put(.account(Self.account(number))) }
                    }
                }
                try await group.waitForAll()
            }
            for state in [first, second] {
                let catalog = try await state.settledCatalog()
                #expect(catalog.accounts.count == 102)
                #expect(catalog.revision == (try await state.store.loadCatalog().revision))
            }
        }
    }

    @Test("let pass each moment once, and record each hour once", arguments: Kind.allCases)
    func moments(kind: Kind) async throws {
        try await Self.share(kind) { first, second in
            try await first.edit { edit in
                _ = try edit.changeClock(.frozen(at: Self.noon))
                edit.start(
                    RegisteredWorkload(
                        productCode: "container", accountID: TestMarket.buyer,
                        resourceID: "task-1", region: "us-east-1"), isFree: false)
                for number in 0..<20 {
                    var draft = CatalogEdit.AgreementDraft(
                        productCode: "saas", buyerAccountID: TestMarket.buyer)
                    draft.startsAt = Self.noon.adding(hours: Int64(number) + 1)
                    draft.terms.endsAt = Self.noon.adding(hours: Int64(number) + 30)
                    _ = try edit.addAgreement(draft, random: "agreement\(number)")
                }
            }
            try await first.edit { edit in
                _ = try edit.changeClock(.advance(milliseconds: 48 * 3_600_000))
            }
            // Each finds out that the other was first, and what is left.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for state in [first, second, first, second] {
                    group.addTask { _ = try await state.settledCatalog() }
                    group.addTask { try await state.settle() }
                }
                try await group.waitForAll()
            }
            let events = try await first.store.events(after: 0, limit: 10_000)
            let told = events.map { "\($0.event.kind) \($0.event.agreement.id)" }
            #expect(told.count > 40)
            #expect(Set(told).count == told.count)
            let hours = try await first.store.totals(
                of: UsageFilter(), by: [.hour], after: nil, limit: 1000)
            #expect(hours.items.map(\.records) == Array(repeating: 1, count: 48))
            #expect(try await second.settledCatalog().nextMoment == first.catalog.nextMoment)
        }
    }

    @Test("record nothing that was decided before the other forgot everything")
    func reset() async throws {
        try await Self.share(.memory) { first, second in
            let decided = second.catalog.revision
            try await first.forgetEverything()
            await #expect(throws: StoreError.outdated) {
                _ = try await second.store.record([], decidedOn: decided)
            }
            // An edit that has begun in the marketplace that is gone must not go on in the new one.
            await #expect(throws: MarketplaceState.Overtaken.self) {
                try await second.edit { $0.put(.account(Self.account(1))) }
            }
            #expect(second.catalog.accounts.isEmpty)
            try await second.edit { $0.put(.account(Self.account(1))) }
            #expect(try await first.settledCatalog().accounts.count == 1)
        }
    }

    @Test("deliver each event once and in order, and one goes on where the other stops")
    func couriers() async throws {
        try await withReceiver { receiver in
            try await Self.share(.memory) { first, second in
                let target = EventTarget(
                    id: "site", kind: .webhook, url: "http://127.0.0.1:\(receiver.port)/")
                try await first.edit { $0.put(.eventTarget(target)) }
                _ = try await second.settledCatalog()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (number, state) in [first, second].enumerated() {
                        group.addTask {
                            let courier = EventCourier(
                                name: "server-\(number)", state: state,
                                sender: EventSender(reach: TargetReach()),
                                logger: Logger(
                                    label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
                            await courier.run()
                        }
                    }
                    for number in 0..<40 {
                        let state = number % 2 == 0 ? first : second
                        try await state.edit { edit in
                            var draft = CatalogEdit.AgreementDraft(
                                productCode: "saas", buyerAccountID: TestMarket.buyer)
                            draft.terms.endsAt = Self.noon.adding(hours: 1000)
                            _ = try edit.addAgreement(draft, random: "agreement\(number)")
                        }
                    }
                    let events = try await first.store.events(after: 0, limit: 10_000)
                    let arrived = await receiver.requests(count: events.count)
                    let texts = arrived.map { String(decoding: $0.body, as: UTF8.self) }
                    #expect(texts.count == events.count)
                    #expect(
                        zip(texts, events).allSatisfy { $0.contains($1.event.id) },
                        "in the order of the events, each once")
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }
    }
}
