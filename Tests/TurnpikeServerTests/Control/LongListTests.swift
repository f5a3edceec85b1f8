import AWSWire
import HTTPTypes
import InMemoryStore
import Marketplace
import MeteringAPI
import Testing

@testable import ControlAPI
@testable import TurnpikeServer
@testable import WebServer

@Suite("Lists of what is long", .serialized, .timeLimit(.minutes(20)))
struct LongListTests {
    /// Usage of so many records with two megabytes each in all, straight into the store.
    private static func record(_ count: Int, in store: any MarketplaceStore) async throws {
        let text = String(repeating: "x", count: 2000)
        for number in 0..<count {
            let allocations = (0..<500).map { index in
                RecordedAllocation(
                    quantity: Quantity(1), tags: ["tag": "\(index) \(text)"])
            }
            let entry = UsageEntry(
                id: MeteringRecordID(high: 1, low: UInt64(number)),
                series: UsageSeries(
                    space: .product, productCode: "saas", buyerAccountID: ControlMarket.buyer,
                    resourceID: nil, dimension: "users", region: "us-east-1"),
                timestamp: ControlMarket.now.adding(seconds: -3600 * Int64(number)),
                quantity: Quantity(1), allocations: allocations, operation: .batchMeterUsage,
                recordedAt: ControlMarket.now)
            _ = try await store.record([entry], decidedOn: nil)
        }
    }

    @Test("A page of usage is bounded by its bytes, comes in pieces, and the next goes on")
    func usage() async throws {
        let store = InMemoryStore()
        let market = try await ControlMarket.furnished(store: store)
        try await Self.record(12, in: store)
        var ids: Set<String> = []
        var cursor: String?
        repeat {
            let query = cursor.map { "&cursor=\($0)" } ?? ""
            let response = await market.respond(.get, "usage?limit=1000\(query)")
            var body = response.body
            #expect(body.isEmpty)
            let next = try #require(response.nextPart)
            while let piece = try await next() {
                // A piece ends behind the record that fills it.
                #expect(piece.count <= ControlLimits.pieceBytes + 1_200_000)
                body += piece
            }
            #expect(body.count <= ControlLimits.pageBytes + 1_200_000)
            let root = try JSONDocument(parsing: body).root
            for item in try #require(root["items"]).elements {
                let id = try #require(item["meteringRecordId"]?.text)
                #expect(ids.insert(id).inserted)
            }
            cursor = root["nextCursor"].flatMap { $0.kind == .null ? nil : $0.text }
        } while cursor != nil
        #expect(ids.count == 12)
    }

    @Test(
        "A page of every list is bounded by its bytes",
        arguments: ["products", "agreements", "events", "requests", "trail"])
    func lists(path: String) async throws {
        let market = try await ControlMarket.metering()
        let long = String(repeating: "d", count: 200)
        let dimensions = (0..<1500).map { number in
            #"{"name":"\#(number)","unit":"\#(long)"},{"name":"e\#(number)","type":"entitled"}"#
        }.joined(separator: ",")
        for number in 0..<12 {
            let body = #"""
                {"type":"saas","title":"T","sellerAccountId":"\#(ControlMarket.seller)",\#
                "dimensions":[{"name":"users"},\#(dimensions)]}
                """#
            let product = await market.send(.put, "products/p\(number)", body)
            try #require(product.status == 201, "\(product.text.prefix(300))")
            let entitlements = (0..<1500).map {
                #"{"dimension":"e\#($0)","value":"\#(long)\#(long)"}"#
            }.joined(separator: ",")
            let agreement = await market.send(
                .post, "agreements",
                #"""
                {"productCode":"p\#(number)","buyerAccountId":"\#(ControlMarket.buyer)",\#
                "entitlements":[\#(path == "agreements" ? entitlements : "")]}
                """#)
            #expect(agreement.status == 201, "\(agreement.text.prefix(300))")
            let tags = String(repeating: "x", count: 900_000)
            await market.meter(
                ControlMarket.record(
                    1, hoursAgo: Int64(number % 3), #","Unknown":"\#(tags)""#))
        }
        let whole = await market.send(.get, "\(path)?limit=1000")
        #expect(whole.status == 200)
        #expect(whole.text.utf8.count < ControlLimits.pageBytes + 2_000_000)
        var seen: Set<String> = []
        var cursor: String?
        var last: String?
        repeat {
            last = cursor
            let query = cursor.map { "&cursor=\(PercentEncoding.encoded($0))" } ?? ""
            let page = await market.send(.get, "\(path)?limit=1000\(query)")
            let root = try JSONDocument(parsing: Array(page.text.utf8)).root
            for item in try #require(root["items"]).elements {
                let id = ["productCode", "agreementId", "eventId", "requestId", "requestID"]
                    .compactMap { item[$0]?.text }.last
                let name = path == "products" ? item["productCode"]?.text : id
                #expect(seen.insert(name ?? "").inserted, "\(name ?? "")")
            }
            cursor = root["nextCursor"].flatMap { $0.kind == .null ? nil : $0.text }
        } while cursor != nil && cursor != last
        #expect(seen.count >= 12, "\(seen.count)")
    }

    @Test("Memory stays flat where four read a list at once and take nothing")
    func readers() async throws {
        let store = InMemoryStore()
        let market = try await ControlMarket.furnished(store: store)
        try await Self.record(12, in: store)
        for _ in 0..<4 {
            let response = await market.respond(.get, "usage?limit=1000")
            #expect(response.body.isEmpty)
            // Nothing but the first piece is written before a client takes it.
            let first = try await response.nextPart?()
            #expect(try #require(first).count < ControlLimits.pieceBytes + 1_200_000)
        }
    }
}
