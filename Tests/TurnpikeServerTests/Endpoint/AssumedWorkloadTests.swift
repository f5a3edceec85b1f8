import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import StoreContract
import Testing
import TurnpikeServer
import WebServer

@Suite("Workloads that no credential stands for")
struct AssumedWorkloadTests {
    private static let body = #"{"ProductCode":"container","PublicKeyVersion":1}"#
    private static let limit = MarketplaceLimits.assumedWorkloads

    private static func task(_ name: String) -> RegisteredWorkload {
        var workload = RegisteredWorkload(
            productCode: "container", accountID: TestMarket.buyer, resourceID: name,
            region: "us-east-1")
        workload.isAssumed = true
        return workload
    }

    /// A marketplace that checks no signatures, where so many run already.
    private static func market(_ running: Int) async throws -> TestMarket {
        let market = try await TestMarket(authentication: .trusting)
        try await market.state.edit { edit in
            for number in 0..<running { edit.start(task("other-\(number)"), isFree: false) }
        }
        return market
    }

    private static func register(_ market: TestMarket, as key: String) async -> Answer {
        await market.send(.registerUsage, body) { request in
            request.headers[.authorization] =
                "AWS4-HMAC-SHA256 Credential=\(key)/20261123/us-east-1/aws-marketplace/"
                + "aws4_request, SignedHeaders=host, Signature=none"
        }
    }

    @Test("The one beyond the bound is throttled, with the way out; those that run go on")
    func bound() async throws {
        let market = try await Self.market(Self.limit - 1)
        #expect(await Self.register(market, as: "last").status == 200)
        let refused = await Self.register(market, as: "one-more")
        #expect(refused.error == "ThrottlingException")
        #expect(market.explanation?.rule == .workloads)
        let reason = try #require(market.explanation?.reason)
        #expect(reason.contains("1000 workloads without a credential run already"))
        #expect(reason.contains("POST /control/v1/workloads/{resourceId}/stop"))
        #expect(reason.contains("31 days without a call"))
        #expect(await Self.register(market, as: "last").status == 200)
        #expect(await market.send(.registerUsage, Self.body, as: .ecsTask).status == 200)
        #expect(try await market.state.store.assumedWorkloads() == Self.limit)
    }

    @Test("Of many at once, no more than the bound get in")
    func race() async throws {
        let market = try await Self.market(Self.limit - 3)
        let answers = await withTaskGroup(of: Int.self) { group in
            for number in 0..<12 {
                group.addTask { await Self.register(market, as: "racer-\(number)").status }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0 == 200 } == 3)
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.count == Self.limit)
    }

    @Test("One ends after 31 days without a call, makes room, and is recorded until then")
    func end() async throws {
        let market = try await Self.market(1)
        let days: Int64 = 86_400_000
        _ = try await market.state.editAndArrive { edit in
            try edit.changeClock(.advance(milliseconds: 20 * days))
        }
        // A call puts it off.
        #expect(await Self.register(market, as: "other-0").status == 200)
        _ = try await market.state.editAndArrive { edit in
            try edit.changeClock(.advance(milliseconds: 30 * days))
        }
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.count == 1)
        _ = try await market.state.editAndArrive { edit in
            try edit.changeClock(.advance(milliseconds: 30 * days))
        }
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.isEmpty)
        #expect(try await market.state.store.assumedWorkloads() == 0)
        let total = try await market.state.store.totals(
            of: UsageFilter(), by: [], after: nil, limit: 1
        ).items.first
        #expect(total?.quantity.description == "\(51 * 86_400)")
    }

    @Test("One that a credential stands for runs as long as it is not stopped")
    func credential() async throws {
        let market = try await TestMarket(authentication: .trusting)
        #expect(await market.send(.registerUsage, Self.body, as: .ecsTask).status == 200)
        _ = try await market.state.editAndArrive { edit in
            try edit.changeClock(.advance(milliseconds: 100 * 86_400_000))
        }
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.count == 1)
        #expect(try await market.state.store.assumedWorkloads() == 0)
    }
}
