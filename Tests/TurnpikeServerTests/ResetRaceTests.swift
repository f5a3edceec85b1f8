import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import SQLiteStore
import StoreContract
import Synchronization
import Testing
import TurnpikeServer

@Suite("What had begun before the marketplace was changed or reset", .timeLimit(.minutes(20)))
struct ResetRaceTests {
    enum Reset: String, Sendable, CaseIterable {
        case usage, everything

        func perform(on state: MarketplaceState) async throws {
            switch self {
            case .usage: try await state.forgetUsage()
            case .everything: try await state.forgetEverything()
            }
        }
    }

    private static let registration =
        #"{"ProductCode":"container","PublicKeyVersion":1,"Nonce":"n-1"}"#

    /// A market whose container has a key that is ready, so that the first save of a registration
    /// is its own.
    private static func market(_ store: InterruptedStore) async throws -> TestMarket {
        let market = try await TestMarket(store: store)
        let key = try #require(
            try await market.state.store.wholeCatalog().signingKey(of: "container", version: 1))
        _ = try await RegistrationKeyForge(state: market.state).ready(key)
        return market
    }

    /// Lets the one wait, when it is under way, until the other is queued behind it.
    private static func run<Late: Sendable>(
        _ change: @escaping @Sendable () async throws -> Void,
        on state: MarketplaceState,
        heldBy hold: (@escaping InterruptedStore.Interruption) -> Void,
        before late: @Sendable () async throws -> Late
    ) async throws -> Late {
        let (underWay, signal) = AsyncStream<Void>.makeStream()
        hold {
            signal.finish()
            while state.editsThatWait == 0, !Task.isCancelled { await Task.yield() }
        }
        async let changed: Void = change()
        for await _ in underWay {}
        let answer = try await late()
        try await changed
        return answer
    }

    @Test("A container registers for what its product is when it is registered")
    func changeFirst() async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        let refused = try await Self.run(
            {
                var product = try #require(market.state.catalog.products["container"])
                product.type = .saas
                _ = try await market.state.put(product)
            }, on: market.state, heldBy: store.beforeSave
        ) { await market.send(.registerUsage, Self.registration, as: .eksPod) }
        #expect(refused.error == "InvalidProductCodeException", "\(refused.text)")
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.isEmpty)
    }

    @Test("A container that is metered keeps its product what it is, until it was stopped")
    func registrationFirst() async throws {
        let market = try await Self.market(InterruptedStore())
        let answer = await market.send(.registerUsage, Self.registration, as: .eksPod)
        #expect(answer.status == 200)
        var product = try #require(market.state.catalog.products["container"])
        product.type = .saas
        let changed = product
        let refusal = await #expect(throws: Contradiction.self) {
            try await market.state.put(changed)
        }
        #expect(refusal?.kind == .conflict)
        #expect(refusal?.objections.first?.reason.contains("are being metered") == true)
        #expect(market.state.catalog.products["container"]?.type == .container)
        try await market.state.forgetUsage()
        _ = try await market.state.put(changed)
        #expect(market.state.catalog.products["container"]?.type == .saas)
    }

    @Test("A container does not register over a reset", arguments: Reset.allCases)
    func registration(reset: Reset) async throws {
        let store = InterruptedStore()
        let market = try await Self.market(store)
        let refused = try await Self.run(
            { try await reset.perform(on: market.state) }, on: market.state,
            heldBy: store.beforeForgetting
        ) { await market.send(.registerUsage, Self.registration, as: .eksPod) }
        #expect(refused.error == "InternalServiceErrorException", "\(refused.text)")
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.isEmpty)
    }

    @Test("A change that waits for a reset of everything is refused, and the time goes on")
    func waitingEdit() async throws {
        let store = InterruptedStore()
        let market = try await ControlMarket.furnished(store: store)
        let state = market.application.state
        let answer = try await Self.run(
            { try await state.forgetEverything() }, on: state, heldBy: store.beforeForgetting
        ) {
            await market.send(.put, "accounts/333344445555", #"{"role":"buyer","name":"C"}"#)
        }
        #expect(answer.status == 409)
        #expect(state.catalog.accounts.isEmpty)
        try await Self.run(
            { try await state.forgetEverything() }, on: state, heldBy: store.beforeForgetting
        ) { try await state.settle() }
    }

    @Test(
        "A change that waits for a reset whose outcome is unknown is refused where it happened",
        arguments: InterruptedStore.LostSave.allCases)
    func waitingEditOverLostReset(lost: InterruptedStore.LostSave) async throws {
        let store = InterruptedStore()
        let market = try await ControlMarket.furnished(store: store)
        let state = market.application.state
        store.loseSave(lost)
        let answer = try await Self.run(
            {
                await #expect(throws: StoreError.self) { try await state.forgetEverything() }
            }, on: state, heldBy: store.beforeForgetting
        ) {
            await market.send(.put, "accounts/333344445555", #"{"role":"buyer","name":"C"}"#)
        }
        #expect(answer.status == (lost == .stored ? 409 : 201))
        #expect(state.catalog.accounts.isEmpty == (lost == .stored))
    }

    @Test("A change that waits for a reset of usage is made after it")
    func waitingEditOverUsage() async throws {
        let store = InterruptedStore()
        let market = try await ControlMarket.furnished(store: store)
        let state = market.application.state
        let answer = try await Self.run(
            { try await state.forgetUsage() }, on: state, heldBy: store.beforeForgetting
        ) {
            await market.send(.put, "accounts/333344445555", #"{"role":"buyer","name":"C"}"#)
        }
        #expect(answer.status == 201)
    }

    @Test("A request that a fault delays is not recorded over a reset", arguments: Reset.allCases)
    func delayedRequest(reset: Reset) async throws {
        let state = Mutex<MarketplaceState?>(nil)
        let market = try await TestMarket(
            faults: FaultInjector(sleep: { _ in
                if let state = state.withLock({ $0 }) { try? await reset.perform(on: state) }
            }))
        state.withLock { $0 = market.state }
        market.state.faults.set(
            FaultPlan(rules: [
                FaultRule(
                    match: FaultRule.Match(), frequency: .next(1), effect: .latency(milliseconds: 1)
                )
            ]))
        let answer = await market.send(
            .meterUsage,
            #"{"ProductCode":"ami","Timestamp":\#(TestMarket.now.seconds),"#
                + #""UsageDimension":"users","UsageQuantity":1}"#, as: .ec2Instance)
        #expect(answer.error == "InternalServiceErrorException", "\(answer.text)")
        let usage = try await market.state.store.usage(UsageFilter(), after: nil, limit: 9)
        #expect(usage.items.isEmpty)
    }

    @Test("A repeated report has one id, also after the clock was moved on and reset")
    func tokenAfterReset() async throws {
        let file = try DataFile()
        defer { file.remove() }
        let store = try SQLiteStore(path: file.path)
        let market = try await TestMarket(store: store)
        func report(_ token: String) async -> Answer {
            let now = market.state.catalog.clock.now(real: TestMarket.now).seconds
            return await market.send(
                .meterUsage,
                #"{"ProductCode":"agentCore","Timestamp":\#(now),"UsageDimension":"users","#
                    + #""UsageQuantity":1,"ClientToken":"\#(token)"}"#, as: .agentCoreRuntime)
        }
        _ = try await market.state.edit {
            try $0.changeClock(.advance(milliseconds: 48 * 3_600_000))
        }
        #expect(await report("before-the-reset").status == 200)
        try await market.state.forgetUsage()
        let first = await report("after-the-reset")
        let again = await report("after-the-reset")
        #expect(first.status == 200, "\(first.text)")
        #expect(first["MeteringRecordId"] != nil)
        #expect(first["MeteringRecordId"] == again["MeteringRecordId"])
        #expect(try await store.usage(UsageFilter(), after: nil, limit: 9).items.count == 1)
        await store.close()
    }
}
