import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

@Suite("Events in the control API")
struct EventRouteTests {
    /// A marketplace with a product of each generation and a buyer who has agreed to none.
    private static func market() async throws -> ControlMarket {
        let market = try await ControlMarket()
        for (path, body) in [
            ("accounts/111122223333", #"{"role":"seller","name":"Acme"}"#),
            (
                "accounts/222233334444",
                #"{"role":"buyer","name":"Globex","customerIdentifier":"X01EXAMPLEX"}"#
            ),
            (
                "products/newer",
                ControlMarket.product("saas", #""productId":"prod-abcdefghijklm","#)
            ),
            (
                "products/older",
                ControlMarket.product("saas", #""integration":"customerIdentifier","#)
            ),
        ] {
            _ = await market.send(.put, path, body)
        }
        _ = await market.send(
            .put, "clock", #"{"mode":"frozen","now":"2026-12-01T00:00:00Z"}"#)
        return market
    }

    private static func agree(
        _ market: ControlMarket, on product: String, _ more: String = ""
    ) async {
        let made = await market.send(
            .post, "agreements",
            """
            {"productCode":"\(product)","buyerAccountId":"222233334444",\
            "agreementId":"agmt-4mwg1nevbokzw95eca5797ixs",\
            "offerId":"offer-4mwg1nevbokzw",\
            "licenseArn":"arn:aws:license-manager::111122223333:license:l-1a2b3c"\(more)}
            """)
        #expect(made.status == 201, "\(made.text)")
    }

    @Test("An agreement's events have the shape of EventBridge's")
    func eventBridge() async throws {
        let market = try await Self.market()
        await Self.agree(market, on: "newer", #","endsAt":"2026-12-02T00:00:00Z""#)
        _ = await market.send(.put, "clock", #"{"advance":86400}"#)
        let events = await market.send(.get, "events")
        let start = """
            "source":"aws.agreement-marketplace","account":"111122223333",\
            "time":"2026-12-01T00:00:00Z","region":"us-east-1","resources":[\
            "arn:aws:aws-marketplace::aws:agreement:agmt-4mwg1nevbokzw95eca5797ixs"],"detail":{
            """
        #expect(
            events["items.0.body.detail-type"] == "Purchase Agreement Created - Proposer")
        #expect(events.text.contains(start), "\(events.text)")
        let parties = """
            "acceptor":{"accountId":"222233334444"},"proposer":{"accountId":"111122223333"},\
            "offer":{"id":"offer-4mwg1nevbokzw"}}}
            """
        #expect(
            events.text.contains(
                """
                "agreement":{"id":"agmt-4mwg1nevbokzw95eca5797ixs","intent":"NEW",\
                "status":"ACTIVE","acceptanceTime":"2026-12-01T00:00:00Z",\
                "startTime":"2026-12-01T00:00:00Z","endTime":"2026-12-02T00:00:00Z"},\
                "resaleAuthorization":{"id":null},\
                \(parties)
                """))
        #expect(events["items.1.body.detail-type"] == "License Updated - Manufacturer")
        #expect(
            events.text.contains(
                """
                "agreement":{"id":"agmt-4mwg1nevbokzw95eca5797ixs"},\
                "product":{"code":"newer","id":"prod-abcdefghijklm"},\
                "license":{"arn":"arn:aws:license-manager::111122223333:license:l-1a2b3c"},\
                \(parties)
                """))
        #expect(events["items.2.type"] == "Purchase Agreement Ended - Proposer")
        #expect(events["items.2.body.detail.agreement.status"] == "EXPIRED")
        #expect(events["items.2.at"] == "2026-12-02T00:00:00Z")
        #expect(events["items.3.type"] == "License Deprovisioned - Manufacturer")
        #expect(events["items.4.type"] == nil)
    }

    @Test("The older generation is told by messages of SNS as well, as AWS prints them")
    func messages() async throws {
        let market = try await Self.market()
        await Self.agree(market, on: "older", #","freeTrial":true"#)
        let agreement = "agreements/agmt-4mwg1nevbokzw95eca5797ixs"
        _ = await market.send(.post, "\(agreement)/cancel")
        _ = await market.send(.put, "clock", #"{"advance":3600}"#)
        let events = await market.send(.get, "events?channel=sns")
        #expect(
            events.text.contains(
                """
                "body":{"action":"subscribe-success","customer-identifier":"X01EXAMPLEX",\
                "product-code":"older","offer-identifier":"offer-4mwg1nevbokzw",\
                "isFreeTrialTermPresent":"true"}
                """), "\(events.text)")
        #expect(
            events.text.contains(
                """
                "body":{"action":"unsubscribe-pending","customer-identifier":"X01EXAMPLEX",\
                "product-code":"older"}
                """))
        #expect(events["items.2.type"] == "unsubscribe-success")
        #expect(events["items.3.type"] == nil)
    }

    @Test("The list is endless: its cursor is always given, and goes on with what came since")
    func cursor() async throws {
        let market = try await Self.market()
        #expect(await market.send(.get, "events")["nextCursor"] == "0")
        await Self.agree(market, on: "newer")
        let first = await market.send(.get, "events?limit=1")
        let cursor = try #require(first["nextCursor"])
        let second = await market.send(.get, "events?limit=1&cursor=\(cursor)")
        #expect(second["items.0.type"] == "License Updated - Manufacturer")
        let end = try #require(second["nextCursor"])
        #expect(await market.send(.get, "events?cursor=\(end)")["items.0.type"] == nil)
        _ = await market.send(.post, "accounts/222233334444/suspend")
        let later = await market.send(.get, "events?cursor=\(end)")
        #expect(later["items.0.type"] == "Purchase Agreement Advisory Issued - Manufacturer")
        #expect(later["items.0.body.detail.advisory.issuedAt"] == "2026-12-01T00:00:00Z")
        #expect(await market.send(.get, "events?channel=mail").status == 400)
        #expect(await market.send(.get, "events?cursor=-1").status == 400)
        #expect(
            await market.send(.get, "events?agreementId=other")["items.0.type"] == nil)
    }

    @Test("An agreement is amended, renewed and replaced, and says what became of it")
    func lifecycle() async throws {
        let market = try await Self.market()
        await Self.agree(market, on: "newer", #","endsAt":"2027-12-01T00:00:00Z""#)
        let path = "agreements/agmt-4mwg1nevbokzw95eca5797ixs"
        let amended = await market.send(
            .post, "\(path)/amend",
            #"{"endsAt":"2028-01-01T00:00:00Z","entitlements":[{"dimension":"seats","value":5}]}"#)
        #expect(amended["endsAt"] == "2028-01-01T00:00:00Z")
        #expect(amended["entitlements.0.value"] == "5")
        let renewed = await market.send(.post, "\(path)/renew", #"{"agreementId":"next"}"#)
        #expect(renewed.status == 201)
        #expect(renewed["previousAgreementId"] == "agmt-4mwg1nevbokzw95eca5797ixs")
        #expect(renewed["startsAt"] == "2028-01-01T00:00:00Z")
        #expect(renewed["state"] == "pending")
        #expect(await market.send(.post, "\(path)/renew").status == 409)
        _ = await market.send(.put, "clock", #"{"advance":40000000}"#)
        #expect(await market.send(.get, path)["endedBy"] == "RENEWED")
        let replaced = await market.send(.post, "agreements/next/replace")
        #expect(replaced.status == 201)
        #expect(replaced["intent"] == "REPLACE")
        #expect(await market.send(.get, "agreements/next")["state"] == "ending")
        #expect(await market.send(.post, "agreements/none/amend").status == 404)
    }
}
