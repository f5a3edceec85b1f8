import HTTPTypes
import Marketplace
import Testing
import TurnpikeServer

@Suite("Subscriptions in the control API")
struct SubscribeRouteTests {
    private static let path = "products/saas/subscribe"

    private static func body(_ members: String = "") -> String {
        #"{"buyerAccountId":"\#(ControlMarket.buyer)"\#(members)}"#
    }

    @Test("An agreement that goes on is used again, with a new token each time")
    func reuse() async throws {
        let market = try await ControlMarket.furnished()
        let first = await market.send(.post, Self.path, Self.body())
        #expect(first.status == 200)
        #expect(first["new"] == "false")
        #expect(first["agreement.agreementId"] == "agmt-saas")
        #expect(first["registration.agreementId"] == "agmt-saas")
        let second = await market.send(.post, Self.path, Self.body())
        #expect(first["registration.token"] != second["registration.token"])
        let form = second["registration.fulfillment.body"]
        #expect(form?.hasPrefix("x-amzn-marketplace-token=") == true)
        #expect(form?.contains("offer-type") == false)
    }

    @Test("An agreement that has ended, though its last hour runs, is followed by another")
    func comeBack() async throws {
        let market = try await ControlMarket.furnished()
        #expect(await market.send(.post, "agreements/agmt-saas/cancel").status == 200)
        let answer = await market.send(.post, Self.path, Self.body())
        #expect(answer.status == 201)
        #expect(answer["new"] == "true")
        #expect(answer["agreement.state"] == "active")
    }

    @Test("Who asks for a free trial gets one, once")
    func freeTrial() async throws {
        let market = try await ControlMarket.furnished()
        let trial = await market.send(.post, Self.path, Self.body(#","freeTrial":true"#))
        #expect(trial.status == 201)
        #expect(trial["agreement.freeTrial"] == "true")
        let form = trial["registration.fulfillment.body"]
        #expect(form?.hasSuffix("&x-amzn-marketplace-offer-type=free-trial") == true)
        let again = await market.send(.post, Self.path, Self.body(#","freeTrial":true"#))
        #expect(again.status == 200)
        #expect(again["agreement.agreementId"] == trial["agreement.agreementId"])
        let another = await market.send(
            .post, Self.path, Self.body(#","freeTrial":true,"another":true"#))
        #expect(another.status == 409)
    }

    @Test("Products of other types have no registration")
    func otherTypes() async throws {
        let market = try await ControlMarket.furnished()
        let answer = await market.send(.post, "products/container/subscribe", Self.body())
        #expect(answer.status == 200)
        #expect(answer["agreement.agreementId"] == "agmt-container")
        #expect(answer["registration"] == nil)
    }

    @Test(
        "What is not there, or makes no sense, is refused and leaves nothing",
        arguments: [
            ("products/nosuch/subscribe", body(), 404, "there is no product"),
            (path, #"{"buyerAccountId":"1"}"#, 400, "there is no buyer's account"),
            (path, "{}", 400, "buyerAccountId"), (path, body(#","trial":true"#), 400, "trial"),
        ])
    func refusals(path: String, body: String, status: Int, text: String) async throws {
        let market = try await ControlMarket.furnished()
        let before = market.snapshot
        let answer = await market.send(.post, path, body)
        #expect(answer.status == status)
        #expect(answer["detail"]?.contains(text) == true)
        #expect(market.snapshot == before)
    }
}
