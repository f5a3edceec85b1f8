import HTTPTypes
import Marketplace
import MeteringAPI
import Testing

@testable import MarketplaceHost
@testable import TurnpikeServer

@Suite("The audit trail")
struct TrailTests {
    @Test("A call is recorded as CloudTrail does")
    func success() async throws {
        let market = try await ControlMarket.metering()
        let metered = await market.meter(ControlMarket.record(5))
        let id = try #require(metered["Results.0.MeteringRecordId"])
        let trail = await market.send(.get, "trail")
        let record = #"""
            {"timestamp":"Nov 23, 2026 11:04:56 AM","customerAWSAccountID":"222233334444",\#
            "dimension":"users","quantity":5}
            """#
        #expect(
            trail.text.contains(
                #"""
                "requestParameters":{"productCode":"saas","usageRecords":[\#(record)]},\#
                "responseElements":{"results":[{"usageRecord":
                """#), "\(trail.text)")
        #expect(trail["items.0.responseElements.results.0.meteringRecordId"] == id)
        #expect(trail["items.0.responseElements.results.0.status"] == "Success")
        for (member, value) in [
            ("eventVersion", "1.05"), ("eventName", "BatchMeterUsage"),
            ("eventSource", "metering-marketplace.amazonaws.com"), ("awsRegion", "us-east-1"),
            ("eventTime", "2026-11-23T12:34:56Z"), ("eventType", "AwsApiCall"),
            ("recipientAccountId", "111122223333"), ("userIdentity.accountId", "111122223333"),
            ("userIdentity.type", "IAMUser"), ("readOnly", "false"),
        ] {
            #expect(trail["items.0.\(member)"] == value)
        }
    }

    @Test("A refused call has its error, and no response")
    func refusal() async throws {
        let market = try await ControlMarket.metering()
        await market.meter(ControlMarket.record(5, hoursAgo: 100))
        let trail = await market.send(.get, "trail")
        #expect(trail["items.0.errorCode"] == "TimestampOutOfBoundsException")
        #expect(trail["items.0.errorMessage"]?.contains("out of allowed range") == true)
        #expect(trail.text.contains(#""responseElements":null"#))
    }

    @Test("The list goes on where it was left, also after a reset")
    func cursor() async throws {
        let market = try await ControlMarket.metering()
        #expect(await market.send(.get, "trail")["nextCursor"] == "0")
        for quantity in 1...3 { await market.meter(ControlMarket.record(quantity)) }
        let first = await market.send(.get, "trail?limit=2")
        #expect(first["items.1.eventName"] == "BatchMeterUsage")
        let cursor = try #require(first["nextCursor"])
        let rest = await market.send(.get, "trail?cursor=\(cursor)")
        #expect(rest["items.0.requestParameters.usageRecords.0.quantity"] == "3")
        #expect(rest["items.1.eventName"] == nil)
        _ = await market.send(.post, "reset")
        #expect(await market.send(.get, "trail?cursor=3")["nextCursor"] == "0")
        #expect(await market.send(.get, "trail?cursor=x").status == 400)
    }

    private static func entry(
        _ number: Int, agent: String = "", notes: [String] = [], trailed: Bool = true
    ) -> LoggedRequest {
        let call = TrailedCall(
            principal: Principal(kind: .account, accountID: "111122223333"),
            region: "us-east-1", userAgent: agent, request: [], answer: [])
        return LoggedRequest(
            requestID: "\(number)", at: ControlMarket.now, operation: .batchMeterUsage,
            accessKeyID: nil, caller: nil, status: 200, error: nil, durationMicroseconds: 1,
            explanation: Explanation(rule: .wireProtocol, notes: notes),
            trailed: trailed ? call : nil)
    }

    @Test("All that is kept of a call counts: 60 KB of User-Agent, too")
    func everythingCounts() {
        let log = RequestLog()
        let agent = String(repeating: "a", count: 60_000)
        for number in 0..<1000 { log.append(Self.entry(number, agent: agent)) }
        let kept = log.trail(from: 0, limit: 2000).calls.count
        #expect((540..<580).contains(kept), "\(kept)")
        #expect(log.requests(limit: 2000) { _ in true }.count == 1000)
    }

    @Test("Requests that are long without the trail go as well, the oldest first")
    func longRequests() {
        let log = RequestLog()
        let note = String(repeating: "n", count: 1_048_576)
        for number in 0..<100 {
            log.append(Self.entry(number, notes: [note], trailed: false))
        }
        let kept = log.requests(limit: 2000) { _ in true }.map(\.request.requestID)
        #expect(kept == (68..<100).reversed().map(String.init))
        #expect(log.request(id: "67") == nil)
        #expect(log.request(id: "68") != nil)
        #expect(log.count == 100)
    }

    @Test("Who writes while somebody reads copies nothing")
    func readersHoldNothing() {
        let log = RequestLog()
        for number in 0..<HostLimits.loggedRequests { log.append(Self.entry(number)) }
        let address = log.ringAddress
        let found = log.requests(limit: 2000) { _ in
            log.append(Self.entry(5000))
            return true
        }
        #expect(log.ringAddress == address)
        #expect(found.count < HostLimits.loggedRequests)
        #expect(log.count == HostLimits.loggedRequests + found.count)
    }

    @Test("What is remembered is bounded by its bytes: the older calls go")
    func bound() throws {
        let log = RequestLog()
        let call = TrailedCall(
            principal: Principal(kind: .account, accountID: "111122223333"),
            region: "us-east-1", userAgent: nil,
            request: [UInt8](repeating: 0x20, count: 1_048_576), answer: [])
        for number in 0..<1100 {
            log.append(
                LoggedRequest(
                    requestID: "\(number)", at: ControlMarket.now, operation: .batchMeterUsage,
                    accessKeyID: nil, caller: nil, status: 200, error: nil,
                    durationMicroseconds: 1, explanation: Explanation(rule: .wireProtocol),
                    trailed: call))
        }
        let trail = log.trail(from: 0, limit: 2000)
        #expect(trail.next == 1100)
        #expect(trail.calls.map(\.requestID) == (1068..<1100).map(String.init))
        #expect(log.requests(limit: 2000) { _ in true }.count == 1000)
    }
}
