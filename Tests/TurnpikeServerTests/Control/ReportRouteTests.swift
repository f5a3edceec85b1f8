import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

@testable import MarketplaceHost

@Suite("Reports of the control API")
struct ReportRouteTests {
    @Test("Usage is listed as it was recorded, with its allocations")
    func usage() async throws {
        let market = try await ControlMarket.metering()
        let metered = await market.meter(
            ControlMarket.record(
                5,
                """
                ,"UsageAllocations":[{"AllocatedUsageQuantity":2,"Tags":[\
                {"Key":"team","Value":"a"},{"Key":"cost","Value":"b"}]},\
                {"AllocatedUsageQuantity":3}]
                """))
        let id = try #require(metered["Results.0.MeteringRecordId"])
        let usage = await market.send(.get, "usage")
        #expect(usage.status == 200)
        #expect(
            usage.text == """
                {"items":[{"meteringRecordId":"\(id)","operation":"BatchMeterUsage",\
                "productCode":"saas","buyerAccountId":"222233334444","dimension":"users",\
                "timestamp":"2026-11-23T11:04:56Z","hour":"2026-11-23T11:00:00Z",\
                "quantity":"5","allocations":[\
                {"quantity":"2","tags":{"cost":"b","team":"a"}},{"quantity":"3","tags":{}}],\
                "region":"us-east-1","recordedAt":"2026-11-23T12:34:56.789Z"}],\
                "nextCursor":null}
                """)
    }

    @Test(
        "Usage is found by each of its members",
        arguments: [
            ("", 3), ("?productCode=saas", 3), ("?productCode=ami", 0),
            ("?buyerAccountId=222233334444", 3), ("?buyerAccountId=1", 0),
            ("?dimension=users", 3), ("?dimension=Users", 0), ("?licenseArn=x", 0),
            ("?resourceId=x", 0), ("?region=us-east-1", 3), ("?region=us-west-2", 0),
            ("?from=2026-11-23T10:04:56Z", 2), ("?from=2026-11-23T10:04:56.001Z", 1),
            ("?to=2026-11-23T10:04:56Z", 1), ("?from=2026-11-23T10:00:00Z&to=2026-11-23T11:00Z", 1),
            ("?from=2026-11-23T12%3A04%3A56%2B02:00", 2),
        ])
    func filters(query: String, count: Int) async throws {
        let market = try await Self.threeHours()
        #expect(try await market.items("usage\(query)", limit: 100).count == count)
        let totals = await market.send(.get, "usage/totals\(query)")
        #expect(totals["items.0.records"] ?? "0" == String(count))
    }

    /// A market with 1, 2 and 4 users metered in three hours, newest first.
    private static func threeHours() async throws -> ControlMarket {
        let market = try await ControlMarket.metering()
        for (index, quantity) in [1, 2, 4].enumerated() {
            await market.meter(ControlMarket.record(quantity, hoursAgo: Int64(index)))
        }
        return market
    }

    @Test(
        "Totals are grouped as asked",
        arguments: [
            ("", #"{"quantity":"7","records":3}"#),
            ("productCode", #"{"productCode":"saas","quantity":"7","records":3}"#),
            ("month", #"{"month":"2026-11","quantity":"7","records":3}"#),
            ("day", #"{"day":"2026-11-23","quantity":"7","records":3}"#),
            ("licenseArn", #"{"quantity":"7","records":3}"#),
            (
                "dimension,buyerAccountId,region",
                """
                {"dimension":"users","buyerAccountId":"222233334444","region":"us-east-1",\
                "quantity":"7","records":3}
                """
            ),
            (
                "hour",
                """
                {"hour":"2026-11-23T09:00:00Z","quantity":"4","records":1},\
                {"hour":"2026-11-23T10:00:00Z","quantity":"2","records":1},\
                {"hour":"2026-11-23T11:00:00Z","quantity":"1","records":1}
                """
            ),
        ])
    func totals(grouping: String, items: String) async throws {
        let market = try await Self.threeHours()
        let answer = await market.send(.get, "usage/totals?groupBy=\(grouping)")
        #expect(answer.status == 200)
        #expect(answer.text == #"{"items":[\#(items)],"nextCursor":null}"#)
    }

    @Test("Usage that is reported by code and by licence is marked as billed twice")
    func billedTwice() async throws {
        let market = try await ControlMarket.metering()
        await market.meter(ControlMarket.record(1))
        let licensed = ControlMarket.record(1).replacing(
            #""CustomerAWSAccountId":"222233334444""#,
            with: """
                "CustomerAWSAccountId":"222233334444",\
                "LicenseArn":"\(ControlMarket.license("saas"))"
                """)
        let answer = await market.meter(licensed, product: nil)
        #expect(answer["Results.0.Status"] == "Success", "\(answer.text)")
        let usage = await market.send(.get, "usage")
        #expect(usage.text.split(separator: #""billedTwice":true"#).count == 2)
        let totals = await market.send(.get, "usage/totals")
        #expect(totals["items.0.records"] == "2")
        #expect(totals["items.0.billedTwice"] == "1")
    }

    @Test(
        "Pages of every list give each item once", arguments: [1, 2, 3, 1000])
    func paging(limit: Int) async throws {
        let market = try await Self.threeHours()
        for index in 0..<2 {
            _ = await market.send(
                .post, "credentials",
                #"{"principal":{"kind":"account","accountId":"111122223333"}}"#)
            _ = await market.send(
                .post, "registration-tokens",
                #"{"agreementId":"agmt-saas","expiresIn":\#(60 + index)}"#)
        }
        for (path, count) in [
            ("accounts", 2), ("products", 4), ("agreements", 4), ("credentials", 3),
            ("registration-tokens", 2), ("usage", 3), ("usage/totals?groupBy=hour", 3),
            ("requests", 3),
        ] {
            let items = try await market.items(path, limit: limit)
            #expect(items.count == count, "\(path)")
            #expect(Set(items).count == count, "\(path)")
        }
    }

    @Test("Requests are listed newest first with their explanations, and found by id")
    func requests() async throws {
        let market = try await Self.threeHours()
        await market.meter(ControlMarket.record(9), product: "nothing")
        let list = await market.send(.get, "requests")
        #expect(list.status == 200)
        #expect(list["items.0.status"] == "400")
        #expect(list["items.0.error"] == "InvalidProductCodeException")
        #expect(list["items.1.status"] == "200")
        #expect(list["items.1.error"] == nil)
        #expect(list["items.1.operation"] == "BatchMeterUsage")
        #expect(list["items.1.accessKeyId"] == ControlMarket.accessKey)
        #expect(list["items.1.caller"] == "arn:aws:iam::111122223333:user/turnpike")
        #expect(list["items.1.at"] == ControlMarket.now.iso8601)
        #expect(list["items.1.explanation.contract"] == "2026-10")
        #expect(list["items.1.explanation.records.0.index"] == "0")
        #expect(list["items.1.explanation.records.0.outcome"] != nil)
        #expect(list["items.4"] == nil)
        let id = try #require(list["items.0.requestId"])
        let one = await market.send(.get, "requests/\(id)")
        #expect(one.status == 200)
        #expect(one.text == list["items.0"])
    }

    @Test(
        "Requests are found by operation, caller and status",
        arguments: [
            ("operation=BatchMeterUsage", 4), ("operation=MeterUsage", 0),
            ("accessKeyId=AKIATESTTESTTEST", 4), ("accessKeyId=x", 0), ("status=200", 3),
            ("status=400", 1), ("status=400&operation=BatchMeterUsage", 1), ("status=500", 0),
        ])
    func requestFilters(query: String, count: Int) async throws {
        let market = try await Self.threeHours()
        await market.meter(ControlMarket.record(9), product: "nothing")
        #expect(try await market.items("requests?\(query)", limit: 2).count == count)
    }

    @Test("Health is open, and metrics count")
    func healthAndMetrics() async throws {
        let market = try await Self.threeHours()
        let health = await market.send(.get, "/health", authority: "anything")
        #expect(health.status == 200)
        #expect(health["status"] == "ok")
        #expect(health["version"] == Version.current)
        let metrics = await market.send(.get, "/metrics")
        #expect(metrics.headers[.contentType]?.hasPrefix("text/plain") == true)
        let lines = metrics.text.split(separator: "\n")
        #expect(
            lines.contains(
                #"turnpike_requests_total{operation="BatchMeterUsage",status="200",exception=""} 3"#
            ))
        #expect(lines.contains("turnpike_products 4"))
        #expect(lines.contains("turnpike_credentials 1"))
    }
}
