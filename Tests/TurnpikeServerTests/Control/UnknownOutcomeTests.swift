import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import SQLiteStore
import Testing
import TurnpikeServer

@Suite("After an edit of which nobody knows whether it was stored")
struct UnknownOutcomeTests {
    struct Edit: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let path: String
        let body: String

        init(_ method: HTTPRequest.Method, _ path: String, _ body: String = "") {
            self.method = method
            self.path = path
            self.body = body
        }

        var testDescription: String { "\(method) \(path) \(body)" }
    }

    private static let edits = [
        Edit(.put, "accounts/333344445555", #"{"role":"buyer","name":"C"}"#),
        Edit(.post, "accounts/\(ControlMarket.buyer)/suspend"),
        Edit(.put, "products/new", ControlMarket.product("container")),
        Edit(.put, "products/saas", ControlMarket.product("ami")),
        Edit(.post, "products/container/public-keys"),
        Edit(
            .post, "credentials", #"{"principal":{"kind":"account","accountId":"111122223333"}}"#),
        Edit(
            .post, "agreements",
            #"{"productCode":"saas","buyerAccountId":"222233334444","agreementId":"a-1"}"#),
        Edit(.post, "agreements/agmt-saas/cancel"),
        Edit(.post, "agreements/a-0/renew", #"{"endsAt":"2028-01-01T00:00:00Z"}"#),
        Edit(.post, "registration-tokens", #"{"agreementId":"agmt-saas"}"#),
        Edit(.put, "event-targets/t", #"{"kind":"webhook","url":"http://127.0.0.1:1/"}"#),
        Edit(.put, "clock", #"{"advance":864000}"#),
        Edit(.post, "reset"), Edit(.post, "reset", #"{"everything":true}"#),
    ]

    @Test(
        "memory and store agree, and no event is told a second time", arguments: edits,
        InterruptedStore.LostSave.allCases)
    func agree(edit: Edit, lost: InterruptedStore.LostSave) async throws {
        try await agree(InterruptedStore(), edit, lost)
        let file = try DataFile()
        defer { file.remove() }
        let store = InterruptedStore(try SQLiteStore(path: file.path))
        try await agree(store, edit, lost)
        await store.close()
    }

    private func agree(
        _ store: InterruptedStore, _ edit: Edit, _ lost: InterruptedStore.LostSave
    ) async throws {
        let market = try await ControlMarket.furnished(store: store)
        // It starts, and ends, while the clock moves on.
        let made = await market.send(
            .post, "agreements",
            """
            {"productCode":"saas","buyerAccountId":"222233334444","agreementId":"a-0",\
            "startsAt":"2026-11-24T00:00:00Z","endsAt":"2026-11-26T00:00:00Z"}
            """)
        #expect(made.status == 201)
        #expect(await market.send(.put, "clock", #"{"advance":60}"#).status == 200)
        let before = try await known(market, store)
        store.loseSave(lost)
        #expect(await market.send(edit.method, edit.path, edit.body).status == 500)
        try await expectAgreement(market, store)
        #expect(try await (known(market, store) == before) == (lost == .notStored))
        let next = await market.send(
            .put, "accounts/777788889999", #"{"role":"buyer","name":"D"}"#)
        #expect(next.status == 201)
        try await expectAgreement(market, store)
        // Sent again it is told truly: it contradicts what is there, or it is done.
        let again = await market.send(edit.method, edit.path, edit.body)
        #expect(again.status < 500)
        _ = await market.send(.put, "clock", #"{"advance":864000}"#)
        try await expectAgreement(market, store)
    }

    @Test("a store that cannot be read refuses edits until it can, and then agrees")
    func unreadable() async throws {
        let store = InterruptedStore()
        let market = try await ControlMarket.furnished(store: store)
        store.loseSave(.stored, failingLoads: 2)
        let body = #"{"role":"buyer","name":"C"}"#
        #expect(await market.send(.put, "accounts/333344445555", body).status == 500)
        #expect(await market.send(.get, "accounts/333344445555").status == 404)
        #expect(await market.send(.put, "accounts/777788889999", body).status == 500)
        #expect(await market.send(.put, "accounts/777788889999", body).status == 201)
        #expect(await market.send(.get, "accounts/333344445555").status == 200)
        try await expectAgreement(market, store)
    }

    @Test("containers' hours are recorded once")
    func containers() async throws {
        let store = InterruptedStore()
        let market = try await ControlMarket.furnished(store: store)
        let task = RegisteredWorkload(
            productCode: "container", accountID: ControlMarket.buyer, resourceID: "task-1",
            region: "us-east-1")
        try await market.application.state.edit { $0.start(task, isFree: false) }
        for lost in InterruptedStore.LostSave.allCases {
            store.loseSave(lost)
            #expect(await market.send(.put, "clock", #"{"advance":7200}"#).status == 500)
        }
        #expect(await market.send(.put, "clock", #"{"advance":7200}"#).status == 200)
        try await expectAgreement(market, store)
        let items = try await store.usage(UsageFilter(), after: nil, limit: 100).items
        #expect(items.count == 4)
        #expect(Set(items.map(\.timestamp.hour)).count == 4)
    }

    /// What the server has in memory, and what it looks up.
    private func known(
        _ market: ControlMarket, _ store: InterruptedStore
    ) async throws -> [String] {
        var facts = market.snapshot
        for kind in CatalogFact.Kind.allCases where kind.isLookedUp {
            facts += try await store.facts(.all(kind)).map { "\($0)" }
        }
        return facts
    }

    /// Compares the catalog in memory with that of a server which starts from the store, and looks
    /// for an event that was told twice.
    private func expectAgreement(
        _ market: ControlMarket, _ store: InterruptedStore
    ) async throws {
        #expect(market.snapshot == (try await store.loadCatalog()).facts)
        let events = try await store.events(after: 0, limit: 1000).map(\.event)
        #expect(Set(events.map(\.id)).count == events.count)
        let told = events.map { "\($0.kind) \($0.agreement.id) \($0.time)" }
        #expect(Set(told).count == told.count, "\(told)")
    }
}
