import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

/// Each race is run in the order that hurts: a store lets the one go on while the other waits.
@Suite("Usage that is being recorded while the marketplace changes", .timeLimit(.minutes(20)))
struct CatalogRaceTests {
    private static let otherSeller = "444455556666"

    private static func market(
        _ store: InterruptedStore = InterruptedStore()
    ) async throws -> ControlMarket {
        let market = try await ControlMarket.metering(store: store)
        _ = await market.send(
            .put, "accounts/\(otherSeller)", #"{"role":"seller","name":"Other"}"#)
        return market
    }

    /// The product "saas" with something taken away that its usage hangs on.
    private static let narrowed = [
        ControlMarket.product("ami"),
        ControlMarket.product("saas").replacing(ControlMarket.seller, with: otherSeller),
        ControlMarket.product("saas").replacing(#"{"name":"users"},"#, with: ""),
        ControlMarket.product("saas").replacing(
            #"{"name":"users"}"#, with: #"{"name":"users","type":"entitled"}"#),
    ]

    @Test(
        "What the change takes away is asked for again, and nothing is recorded",
        arguments: narrowed)
    func changeFirst(body: String) async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        store.beforeRecord {
            #expect(await market.send(.put, "products/saas", body).status == 200)
        }
        let answer = await market.meter(ControlMarket.record(1))
        #expect(answer.status == 400, "\(answer.text)")
        #expect(try await market.records() == 0)
    }

    @Test("What usage hangs on stays, where the usage comes first", arguments: narrowed)
    func usageFirst(body: String) async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        let before = market.snapshot
        store.beforeSave {
            let answer = await market.meter(ControlMarket.record(1))
            #expect(answer["Results.0.Status"] == "Success", "\(answer.text)")
        }
        let answer = await market.send(.put, "products/saas", body)
        #expect(answer.status == 409)
        #expect(market.snapshot == before)
        #expect(try await market.records() == 1)
    }

    @Test("A seed file keeps what usage hangs on, and names its line")
    func seedFile() async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        let before = market.snapshot
        store.beforeSave { await market.meter(ControlMarket.record(1)) }
        let text = """
            products:
              - productCode: saas
                type: saas
                title: A product
                sellerAccountId: 111122223333
                dimensions:
                  - {name: seats, type: entitled}
            """
        let failure = await #expect(throws: StartFailure.self) {
            try await SeedFile.read(text, name: "seed.yaml").apply(to: market.application.state)
        }
        #expect(failure?.description.contains("seed.yaml:6: products[0].dimensions") == true)
        #expect(market.snapshot == before)
    }

    @Test("A request whose product got more dimensions meanwhile is recorded")
    func growth() async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        let body = ControlMarket.product("saas")
            .replacing(#"{"name":"users"}"#, with: #"{"name":"more"},{"name":"users"}"#)
        store.beforeRecord {
            #expect(await market.send(.put, "products/saas", body).status == 200)
        }
        let answer = await market.meter(ControlMarket.record(1))
        #expect(answer["Results.0.Status"] == "Success")
    }

    @Test("A request whose product lost another dimension meanwhile is recorded")
    func otherDimension() async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        let body = ControlMarket.product("saas")
            .replacing(#",{"name":"seats","type":"entitled"}"#, with: "")
        store.beforeRecord {
            #expect(await market.send(.put, "products/saas", body).status == 200)
        }
        let answer = await market.meter(ControlMarket.record(1))
        #expect(answer["Results.0.Status"] == "Success")
        #expect(try await market.records() == 1)
    }

    @Test(
        "A reset leaves nothing of a request that had begun before, whatever is built anew",
        arguments: ["", #"{"everything":true}"#])
    func reset(body: String) async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        store.beforeRecord {
            #expect(await market.send(.post, "reset", body).status == 200)
            if !body.isEmpty { try? await market.furnishForMetering() }
        }
        let answer = await market.meter(ControlMarket.record(1))
        #expect(answer.error == "InternalServiceErrorException", "\(answer.text)")
        #expect(try await market.records() == 0)
        // It is told to send it again.
        let again = await market.meter(ControlMarket.record(2))
        #expect(again["Results.0.Status"] == "Success")
    }

    @Test("Of a thousand races none ends with usage that its product does not have")
    func manyRaces() async throws {
        let market = try await Self.market()
        let narrow = ControlMarket.product("saas").replacing(#"{"name":"users"},"#, with: "")
        for number in 0..<1000 {
            async let change = market.send(.put, "products/saas", narrow)
            async let usage = market.meter(ControlMarket.record(1))
            let (status, answer) = (await change.status, await usage)
            let isRecorded = answer["Results.0.Status"] == "Success"
            #expect(status == (isRecorded ? 409 : 200), "\(number): \(answer.text)")
            #expect(try await market.records() == (isRecorded ? 1 : 0), "\(number)")
            _ = await market.send(.post, "reset")
            _ = await market.send(.put, "products/saas", ControlMarket.product("saas"))
        }
    }
}

extension ControlMarket {
    /// How many records there are.
    fileprivate func records() async throws -> Int {
        try await store.usage(UsageFilter(), after: nil, limit: 10_000).items.count
    }
}
