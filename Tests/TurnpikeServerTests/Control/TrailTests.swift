import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

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
        let (calls, next) = log.trail(from: 0, limit: 2000)
        #expect(next == 1100)
        #expect(calls.map(\.requestID) == (1068..<1100).map(String.init))
        #expect(log.requests(limit: 2000) { _ in true }.count == 1000)
    }
}
