import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

/// The events of one purchase by a public offer without an end, cancelled 95 seconds later, as a
/// seller recorded them from AWS in August 2026; the ids are made up.
@Suite("Events are those of a recording")
struct RecordedEventTests {
    private static let agreement = "agmt-0a1b2c3d4e5f6a7b8c9d0e1f2"
    private static let license =
        "arn:aws:license-manager::294406891311:license:l-0123456789abcdef0123456789abcdef"
    private static let parties =
        #""acceptor":{"accountId":"222233334444"},"proposer":{"accountId":"111122223333"}"#
    private static let offer = #""offer":{"id":"offer-0a1b2c3d4e5f6"}"#

    /// An event's body from its kind on, without its two UUIDs.
    private static func event(_ kind: String, at time: String, _ detail: String) -> String {
        #"""
        "detail-type":"\#(kind)","source":"aws.agreement-marketplace","account":"111122223333",\#
        "time":"\#(time)","region":"us-east-1",\#
        "resources":["arn:aws:aws-marketplace::aws:agreement:\#(agreement)"],\#
        "detail":{"requestId":"REQUEST","catalog":"AWSMarketplace",\#(detail)}}
        """#
    }

    private static let licensed = #"""
        "agreement":{"id":"\#(agreement)"},\#
        "product":{"code":"0a1b2c3d4e5f6a7b8c9d0e1f2","id":"prod-0a1b2c3d4e5f6"},\#
        "license":{"arn":"\#(license)"},\#(parties),\#(offer)
        """#

    private static let expected = [
        event(
            "Purchase Agreement Created - Proposer", at: "2026-12-20T10:00:22Z",
            #"""
            "agreement":{"id":"\#(agreement)","intent":"NEW","status":"ACTIVE",\#
            "acceptanceTime":"2026-12-20T10:00:11.013Z","startTime":"2026-12-20T10:00:11.013Z",\#
            "endTime":"9999-01-01T00:00:00Z"},"resaleAuthorization":{"id":null},\#
            \#(parties),\#(offer)
            """#),
        event("License Updated - Manufacturer", at: "2026-12-20T10:01:23Z", licensed),
        event(
            "Purchase Agreement Ended - Proposer", at: "2026-12-20T10:01:46Z",
            #"""
            "agreement":{"id":"\#(agreement)","status":"CANCELLED"},\#
            "resaleAuthorization":{"id":null},\#(parties)
            """#),
        event("License Deprovisioned - Manufacturer", at: "2026-12-20T10:02:17Z", licensed),
    ]

    /// A marketplace whose buyer has just accepted an agreement.
    private static func market(_ settings: String) async throws -> ControlMarket {
        let market = try await ControlMarket()
        for (path, body) in [
            ("settings", settings),
            ("accounts/111122223333", #"{"role":"seller","name":"Acme"}"#),
            ("accounts/222233334444", #"{"role":"buyer","name":"Globex"}"#),
            (
                "products/0a1b2c3d4e5f6a7b8c9d0e1f2",
                ControlMarket.product("saas", #""productId":"prod-0a1b2c3d4e5f6","#)
            ), ("clock", #"{"mode":"frozen","now":"2026-12-20T10:00:11.013Z"}"#),
        ] {
            let answer = await market.send(.put, path, body)
            #expect([200, 201].contains(answer.status), "\(path): \(answer.text)")
        }
        let made = await market.send(
            .post, "agreements",
            """
            {"productCode":"0a1b2c3d4e5f6a7b8c9d0e1f2","buyerAccountId":"222233334444",\
            "agreementId":"\(agreement)","offerId":"offer-0a1b2c3d4e5f6",\
            "licenseArn":"\(license)"}
            """)
        #expect(made.status == 201, "\(made.text)")
        return market
    }

    private static func advance(_ market: ControlMarket, seconds: Int) async {
        let moved = await market.send(.put, "clock", #"{"advance":\#(seconds)}"#)
        #expect(moved.status == 200, "\(moved.text)")
    }

    @Test("Member by member, and as late, where the delays are realistic")
    func realistic() async throws {
        let market = try await Self.market(#"{"eventDelays":"realistic"}"#)
        await Self.advance(market, seconds: 95)
        let ended = await market.send(.post, "agreements/\(Self.agreement)/cancel")
        #expect(ended.status == 200, "\(ended.text)")
        await Self.advance(market, seconds: 60)
        let events = await market.send(.get, "events?productCode=0a1b2c3d4e5f6a7b8c9d0e1f2")
        for (index, expected) in Self.expected.enumerated() {
            let request = try #require(events["items.\(index).body.detail.requestId"])
            let id = try #require(events["items.\(index).body.id"])
            #expect(request != id)
            for uuid in [request, id] {
                #expect(uuid.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
            }
            let text = expected.replacing("REQUEST", with: request)
            #expect(events.text.contains(#""id":"\#(id)",\#(text)"#), "\(events.text)")
        }
        #expect(events["items.4.type"] == nil)
        #expect(await market.send(.get, "events?productCode=other")["items.0.type"] == nil)
    }

    @Test("An agreement that renews itself follows what is chosen when it does")
    func renewal() async throws {
        let market = try await Self.market(#"{"eventDelays":"realistic"}"#)
        let made = await market.send(
            .post, "agreements",
            """
            {"productCode":"0a1b2c3d4e5f6a7b8c9d0e1f2","buyerAccountId":"222233334444",\
            "agreementId":"agmt-renewing","endsAt":"2026-12-21T10:00:11Z","autoRenew":true}
            """)
        #expect(made.status == 201, "\(made.text)")
        _ = await market.send(.put, "settings", #"{"eventDelays":"none"}"#)
        // To the second after the end: what is told late would come eleven seconds after it.
        await Self.advance(market, seconds: 86_400)
        let events = await market.send(.get, "events")
        let created = (0..<20).filter {
            events["items.\($0).type"] == "Purchase Agreement Created - Proposer"
        }
        #expect(created.compactMap { events["items.\($0).at"] }.last == "2026-12-21T10:00:11Z")
    }

    @Test("The first two come at once where nothing is said")
    func immediate() async throws {
        let market = try await Self.market(#"{"eventDelays":"none"}"#)
        let events = await market.send(.get, "events")
        #expect(events["items.1.type"] == "License Updated - Manufacturer")
        #expect(events["items.1.at"] == "2026-12-20T10:00:11.013Z")
        _ = await market.send(.post, "agreements/\(Self.agreement)/cancel")
        let ended = await market.send(.get, "events")
        #expect(ended["items.3.type"] == "License Deprovisioned - Manufacturer")
        #expect(ended["items.4.type"] == nil)
    }

    @Test("What ends sooner than it is told of is told of before its end", arguments: [1, 20])
    func short(seconds: Int) async throws {
        let market = try await Self.market(#"{"eventDelays":"realistic"}"#)
        await Self.advance(market, seconds: seconds)
        _ = await market.send(.post, "agreements/\(Self.agreement)/cancel")
        await Self.advance(market, seconds: 100)
        let events = await market.send(.get, "events")
        let kinds = (0..<5).compactMap { events["items.\($0).type"] }
        #expect(
            kinds == [
                "Purchase Agreement Created - Proposer", "License Updated - Manufacturer",
                "Purchase Agreement Ended - Proposer", "License Deprovisioned - Manufacturer",
            ])
    }
}
