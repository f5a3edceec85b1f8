import ControlAPI
import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer
import WebServer

@testable import Documents

@Suite("Agreements and registration tokens in the control API")
struct AgreementRouteTests {
    @Test("An agreement begins now and has no end where nothing else is said")
    func defaults() async throws {
        let market = try await ControlMarket.furnished()
        let made = await market.send(
            .post, "agreements", #"{"productCode":"saas","buyerAccountId":"222233334444"}"#)
        #expect(made.status == 201)
        #expect(made["agreementId"]?.wholeMatch(of: /agmt-[0-9a-z]{25}/) != nil)
        #expect(
            made["licenseArn"]?
                .wholeMatch(of: /arn:aws:license-manager::294406891311:license:l-[0-9a-f]{32}/)
                != nil)
        #expect(made["offerId"]?.wholeMatch(of: /offer-[0-9a-z]{13}/) != nil)
        #expect(made["customerIdentifier"] == "ifAPi5AcF3")
        #expect(made["state"] == "active")
        #expect(made["startsAt"] == ControlMarket.now.iso8601)
        #expect(made["endsAt"] == nil)
        #expect(made["finalUsageUntil"] == nil)
        #expect(made["freeTrial"] == "false")
        let id = try #require(made["agreementId"])
        #expect(await market.send(.get, "agreements/\(id)").text == made.text)
        #expect(await market.send(.get, "agreements").text.contains(made.text))
    }

    @Test("An agreement is pending, active, ending for an hour, and ended")
    func states() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .put, "clock", #"{"mode":"frozen","now":"2026-12-01T00:00:00Z"}"#)
        let made = await market.send(
            .post, "agreements",
            """
            {"productCode":"saas","buyerAccountId":"222233334444","agreementId":"a",\
            "startsAt":"2026-12-02T00:00:00Z","endsAt":"2026-12-03T00:00:00Z"}
            """)
        #expect(made["state"] == "pending")
        #expect(made["finalUsageUntil"] == "2026-12-03T01:00:00Z")
        for (seconds, state) in [
            (86_399.999, "pending"), (0.001, "active"), (86_399.999, "active"),
            (0.001, "ending"), (3599.999, "ending"), (0.001, "ended"),
        ] {
            _ = await market.send(.put, "clock", #"{"advance":\#(seconds)}"#)
            #expect(await market.send(.get, "agreements/a")["state"] == state)
        }
    }

    @Test("A cancelled agreement is ending for an hour, then ended")
    func cancelActive() async throws {
        let market = try await ControlMarket.furnished()
        let cancelled = await market.send(.post, "agreements/agmt-saas/cancel")
        #expect(cancelled.status == 200)
        #expect(cancelled["state"] == "ending")
        #expect(cancelled["endsAt"] == ControlMarket.now.iso8601)
        #expect(
            cancelled["finalUsageUntil"] == ControlMarket.now.adding(seconds: 3600).iso8601)
        let again = await market.send(.post, "agreements/agmt-saas/cancel")
        #expect(again.status == 409)
        #expect(again["errors.0.field"] == "agreementId")
        _ = await market.send(.put, "clock", #"{"advance":3600}"#)
        #expect(await market.send(.get, "agreements/agmt-saas")["state"] == "ended")
        #expect(await market.send(.post, "agreements/agmt-saas/cancel").status == 409)
    }

    @Test("An agreement that is cancelled before it begins is ended and takes no final usage")
    func cancelPending() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .post, "agreements",
            """
            {"productCode":"saas","buyerAccountId":"222233334444","agreementId":"a",\
            "startsAt":"2027-01-01T00:00:00Z"}
            """)
        let cancelled = await market.send(.post, "agreements/a/cancel", "{}")
        #expect(cancelled.status == 200)
        #expect(cancelled["state"] == "ended")
        #expect(cancelled["finalUsageUntil"] == nil)
        _ = await market.send(.put, "clock", #"{"advance":31536000}"#)
        #expect(await market.send(.get, "agreements/a")["state"] == "ended")
    }

    @Test("An agreement can be cancelled for a later time, and that time moved nearer")
    func cancelLater() async throws {
        let market = try await ControlMarket.furnished()
        let path = "agreements/agmt-saas/cancel"
        let later = await market.send(.post, path, #"{"at":"2027-01-01T00:00:00Z"}"#)
        #expect(later["state"] == "active")
        #expect(later["endsAt"] == "2027-01-01T00:00:00Z")
        let nearer = await market.send(.post, path, #"{"at":"2026-12-01T00:00:00Z"}"#)
        #expect(nearer["endsAt"] == "2026-12-01T00:00:00Z")
        let longer = await market.send(.post, path, #"{"at":"2027-02-01T00:00:00Z"}"#)
        #expect(longer.status == 400)
        #expect(longer["errors.0.field"] == "at")
        let beforeStart = await market.send(.post, path, #"{"at":"2026-10-01T00:00:00Z"}"#)
        #expect(beforeStart.status == 400)
        #expect(beforeStart["errors.0.field"] == "at")
    }

    @Test("A registration token comes with the form that a browser would post")
    func token() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .put, "products/saas",
            ControlMarket.product("saas", #""fulfillmentURL":"http://localhost:3000/r","#))
        let made = await market.send(
            .post, "registration-tokens", #"{"agreementId":"agmt-saas"}"#)
        #expect(made.status == 201)
        let token = try #require(made["token"])
        #expect(made["expiresAt"] == ControlMarket.now.adding(seconds: 14_400).iso8601)
        #expect(made["fulfillment.method"] == "POST")
        #expect(made["fulfillment.url"] == "http://localhost:3000/r")
        #expect(made["fulfillment.contentType"] == "application/x-www-form-urlencoded")
        #expect(
            made["fulfillment.body"]
                == "x-amzn-marketplace-token=\(PercentEncoding.encoded(token))")
        let list = await market.send(.get, "registration-tokens")
        #expect(list["items.0.tokenId"] == made["tokenId"])
        #expect(list["items.0.agreementId"] == "agmt-saas")
        #expect(!list.text.contains(token))
        let id = try #require(made["tokenId"])
        let one = await market.send(.get, "registration-tokens/\(id)")
        #expect(one.status == 200)
        #expect(!one.text.contains(token))
    }

    @Test("A free trial's form says so")
    func freeTrial() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .post, "agreements",
            """
            {"productCode":"saas","buyerAccountId":"222233334444","agreementId":"trial",\
            "freeTrial":true}
            """)
        let made = await market.send(
            .post, "registration-tokens",
            #"{"productCode":"saas","buyerAccountId":"222233334444","expiresIn":60}"#)
        #expect(made["agreementId"] == "trial")
        #expect(made["expiresAt"] == ControlMarket.now.adding(seconds: 60).iso8601)
        #expect(
            made["fulfillment.body"]?.hasSuffix("&x-amzn-marketplace-offer-type=free-trial")
                == true)
    }

    @Test("A dimension of which somebody bought in advance stays as long as the agreement")
    func entitledDimension() async throws {
        let market = try await ControlMarket.furnished()
        let agreement = await market.send(
            .post, "agreements/agmt-saas/amend",
            #"{"entitlements":[{"dimension":"seats","value":5}]}"#)
        #expect(agreement.status == 200)
        for dimensions in [#"[{"name":"users"}]"#, #"[{"name":"seats"}]"#] {
            let body = """
                {"type":"saas","title":"T","sellerAccountId":"\(ControlMarket.seller)",\
                "dimensions":\(dimensions)}
                """
            let refused = await market.send(.put, "products/saas", body)
            #expect(refused.status == 409)
            #expect(refused["errors.0.field"] == "dimensions")
            #expect(refused.text.contains("agmt-saas"))
        }
        _ = await market.send(
            .post, "agreements/agmt-saas/cancel", #"{"at":"2026-11-02T00:00:00Z"}"#)
        let dropped = await market.send(
            .put, "products/saas",
            ControlMarket.product("saas").replacing("entitled", with: "metered"))
        #expect(dropped.status == 200)
    }

    @Test(
        "An entitlement is an integer where AWS's SDKs can read it as one, and a double beyond",
        arguments: [
            ("2147483647", EntitlementValue.integer(2_147_483_647)),
            ("2147483648", .double(2_147_483_648)), ("-2147483649", .double(-2_147_483_649)),
            ("2.5", .double(2.5)),
        ])
    func entitlementValue(text: String, value: EntitlementValue) throws {
        let objections = Objections()
        let body = try StructuredValue(
            yaml: "{productCode: p, buyerAccountId: b, entitlements: "
                + "[{dimension: seats, value: \(text)}]}", name: "body")
        let draft = ObjectReader(body, objections: objections).agreement()
        #expect(draft.terms.entitlements?.map(\.value) == [value])
        #expect(objections.entries.isEmpty)
    }

    @Test("A token for product and buyer takes the newest agreement that has not ended")
    func newestAgreement() async throws {
        let market = try await ControlMarket.furnished()
        for (id, start) in [("second", "2026-11-01"), ("third", "2027-01-01")] {
            let made = await market.send(
                .post, "agreements",
                """
                {"productCode":"saas","buyerAccountId":"222233334444","agreementId":"\(id)",\
                "startsAt":"\(start)T00:00:00Z"}
                """)
            #expect(made.status == 201)
        }
        let body = #"{"productCode":"saas","buyerAccountId":"222233334444","agreementId":null}"#
        for id in ["third", "second", "agmt-saas"] {
            let token = await market.send(.post, "registration-tokens", body)
            #expect(token.status == 201)
            #expect(token["agreementId"] == id)
            _ = await market.send(
                .post, "agreements/\(id)/cancel", #"{"at":"2026-11-02T00:00:00Z"}"#)
        }
        let token = await market.send(.post, "registration-tokens", body)
        #expect(token.status == 409)
        #expect(token["errors.0.field"] == "buyerAccountId")
    }
}
