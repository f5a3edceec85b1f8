import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import Testing
import TurnpikeServer

@Suite("What contradicts the marketplace in the control API")
struct AtomicityTests {
    @Test("A store that cannot save leaves the marketplace as it was")
    func failingStore() async throws {
        let store = FailingStore(.notStored)
        let market = try await ControlMarket.furnished(store: store)
        let before = market.snapshot
        store.failsToSave = true
        let requests: [(HTTPRequest.Method, String, String)] = [
            (.put, "accounts/333344445555", #"{"role":"buyer","name":"C"}"#),
            (.put, "accounts/\(ControlMarket.buyer)", #"{"role":"buyer","name":"C"}"#),
            (.put, "products/new", ControlMarket.product("container")),
            (.put, "products/saas", ControlMarket.product("ami")),
            (.post, "products/container/public-keys", ""),
            (
                .post, "credentials",
                #"{"principal":{"kind":"account","accountId":"111122223333"}}"#
            ),
            (.post, "agreements", #"{"productCode":"saas","buyerAccountId":"222233334444"}"#),
            (.post, "agreements/agmt-saas/cancel", ""),
            (.post, "registration-tokens", #"{"agreementId":"agmt-saas"}"#),
            (.put, "clock", #"{"advance":60}"#),
            (.post, "reset", ""), (.post, "reset", #"{"everything":true}"#),
        ]
        for (method, path, body) in requests {
            let answer = await market.send(method, path, body)
            #expect(answer.status == 500, "\(method) \(path)")
            #expect(answer["detail"] == "nothing was stored: the disk is full")
            #expect(market.snapshot == before, "\(method) \(path)")
        }
        store.failsToSave = false
        let answer = await market.send(
            .put, "accounts/333344445555", #"{"role":"buyer","name":"C"}"#)
        #expect(answer.status == 201)
    }

    @Test(
        "Once usage exists a product keeps its type, seller and dimensions",
        arguments: [
            (ControlMarket.product("ami"), "type"),
            (
                ControlMarket.product("saas").replacing(
                    ControlMarket.seller, with: "444455556666"), "sellerAccountId"
            ),
            (
                ControlMarket.product("saas").replacing(#"{"name":"users"},"#, with: ""),
                "dimensions"
            ),
            (ControlMarket.product("saas").replacing("seats", with: "Users"), "dimensions"),
        ])
    func usedProduct(body: String, field: String) async throws {
        let market = try await ControlMarket.metering()
        _ = await market.send(
            .put, "accounts/444455556666", #"{"role":"seller","name":"Other"}"#)
        #expect(await market.meter(ControlMarket.record(1)).status == 200)
        let before = market.snapshot
        let answer = await market.send(.put, "products/saas", body)
        #expect(answer.status == 409)
        #expect(answer["errors.0.field"] == field)
        #expect(market.snapshot == before)
        _ = await market.send(.post, "reset")
        #expect(await market.send(.put, "products/saas", body).status == 200)
    }

    @Test("Usage does not keep a product from getting another title and more dimensions")
    func usedProductMayGrow() async throws {
        let market = try await ControlMarket.metering()
        #expect(await market.meter(ControlMarket.record(1)).status == 200)
        let body = ControlMarket.product("saas")
            .replacing("A product", with: "Another")
            .replacing(#"{"name":"users"}"#, with: #"{"name":"more"},{"name":"users"}"#)
        #expect(await market.send(.put, "products/saas", body).status == 200)
    }

    @Test("A buyer has one current agreement for a product of the integration customerIdentifier")
    func oneCurrentAgreement() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .put, "products/mail",
            ControlMarket.product("saas", #""integration":"customerIdentifier","#))
        let body = #"{"productCode":"mail","buyerAccountId":"222233334444"}"#
        let first = await market.send(.post, "agreements", body)
        #expect(first.status == 201)
        let second = await market.send(.post, "agreements", body)
        #expect(second.status == 409)
        #expect(second["errors.0.field"] == "buyerAccountId")
        let id = try #require(first["agreementId"])
        _ = await market.send(.post, "agreements/\(id)/cancel")
        // The buyer comes back in the hour for final records.
        #expect(await market.send(.post, "agreements", body).status == 201)
        #expect(await market.send(.post, "agreements", body).status == 409)
    }

    @Test("A renewal of a customerIdentifier product begins where the agreement before it ends")
    func renewal() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .put, "products/mail",
            ControlMarket.product("saas", #""integration":"customerIdentifier","#))
        func body(_ start: String, _ end: String) -> String {
            """
            {"productCode":"mail","buyerAccountId":"222233334444",\
            "startsAt":"\(start)-01T00:00:00Z","endsAt":"\(end)-01T00:00:00Z"}
            """
        }
        for (start, end, status) in [
            ("2026-11", "2026-12", 201), ("2026-12", "2027-01", 201), ("2026-12", "2027-02", 409),
            ("2027-01", "2027-02", 201), ("2026-10", "2027-03", 409), ("2026-10", "2026-11", 201),
        ] {
            let answer = await market.send(.post, "agreements", body(start, end))
            #expect(answer.status == status, "\(start)")
        }
    }

    @Test("A product whose buyers hold several agreements cannot become a customerIdentifier one")
    func integrationChange() async throws {
        let market = try await ControlMarket.furnished()
        let body = ControlMarket.product("saas", #""integration":"customerIdentifier","#)
        #expect(await market.send(.put, "products/saas", body).status == 200)
        _ = await market.send(.put, "products/saas", ControlMarket.product("saas"))
        _ = await market.send(
            .post, "agreements", #"{"productCode":"saas","buyerAccountId":"222233334444"}"#)
        let answer = await market.send(.put, "products/saas", body)
        #expect(answer.status == 409)
        #expect(answer["errors.0.field"] == "integration")
    }

    @Test("An access key id is given once")
    func accessKeyOnce() async throws {
        let market = try await ControlMarket.furnished()
        let body = """
            {"principal":{"kind":"account","accountId":"111122223333"},\
            "accessKeyId":"AKIA0123456789ABCDEF"}
            """
        #expect(await market.send(.post, "credentials", body).status == 201)
        let again = await market.send(.post, "credentials", body)
        #expect(again.status == 409)
        #expect(again["errors.0.field"] == "accessKeyId")
    }

    @Test("Customer identifiers are compared byte by byte")
    func exactIdentifiers() async throws {
        let market = try await ControlMarket()
        for (id, identifier) in [("333344445555", "caf\u{E9}"), ("444455556666", "cafe\u{301}")] {
            let made = await market.send(
                .put, "accounts/\(id)",
                #"{"role":"buyer","name":"C","customerIdentifier":"\#(identifier)"}"#)
            #expect(made.status == 201)
        }
        let catalog = market.application.state.catalog
        #expect(catalog.buyer(customerIdentifier: "caf\u{E9}")?.id == "333344445555")
        #expect(catalog.buyer(customerIdentifier: "cafe\u{301}")?.id == "444455556666")
    }

    @Test("Requests at the same moment are applied one after the other")
    func concurrentEdits() async throws {
        let market = try await ControlMarket.furnished()
        let body = """
            {"productCode":"saas","buyerAccountId":"222233334444","agreementId":"one"}
            """
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { await market.send(.post, "agreements", body).status }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [201] + Array(repeating: 409, count: 19))
    }
}
