import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI
import MeteringEndpoint
import TestProcesses
import Testing
import WebServer

@testable import MarketplaceHost
@testable import TurnpikeServer
@testable import Waiting

@Suite("Stalled requests whose client has gone", .timeLimit(.minutes(20)))
struct StalledRequestTests {
    @Test("A stalled request ends with its client, a delayed one is done all the same")
    func departure() async throws {
        let endless = FaultInjector(sleep: { _ in await Bell().wait(past: 0) })
        let market = try await TestMarket(faults: endless)
        market.state.faults.set(
            FaultPlan(rules: [FaultRule(match: .init(), frequency: .next(1), effect: .stall)]))
        let departure = Bell()
        var request = TestMarket.request(.batchMeterUsage, "{}")
        request.departure = departure
        async let response = market.endpoint.respond(to: request)
        departure.announce()
        #expect(await response.isCut)
        #expect(market.explanation?.rule == .fault)

        let delayed = try await TestMarket(faults: FaultInjector(sleep: { _ in }))
        delayed.state.faults.set(
            FaultPlan(rules: [
                FaultRule(
                    match: .init(), frequency: .next(1), effect: .latency(milliseconds: 1))
            ]))
        #expect(await delayed.endpoint.respond(to: request).isCut == false)
    }

    @Test("A client that closes its connection is noticed", arguments: [false, true])
    func live(pipelines: Bool) async throws {
        try await withServer { port, application in
            let plan = FaultPlan(rules: [
                FaultRule(match: .init(), frequency: .always, effect: .stall)
            ])
            application.state.faults.set(plan)
            let client = SigningClient(
                port: port, accessKeyID: Demo.seller.accessKeyID,
                secretAccessKey: Demo.seller.secretAccessKey)
            let text = client.text(of: .resolveCustomer, #"{"RegistrationToken":"unknown"}"#)
            let connection = try await RawConnection.open(port: port)
            try await connection.sendAndLeave(pipelines ? text + text : text)
            while application.log.count == 0, !Task.isCancelled { await Task.yield() }
            let logged = application.log.requests(limit: 1) { _ in true }
            #expect(logged.first?.request.explanation.rule == .fault)
        }
    }
}
