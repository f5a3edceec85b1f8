import HTTPTypes
import Testing

@testable import TurnpikeServer

@Suite("Targets of events in the control API")
struct EventTargetRouteTests {
    @Test("A target is made, shown without its secret, replaced and deleted")
    func life() async throws {
        let market = try await ControlMarket.furnished()
        let made = await market.send(
            .put, "event-targets/queue",
            """
            {"kind":"sqs","url":"http://127.0.0.1:9324/000000000000/q","channel":"sns",\
            "productCode":"saas","accessKeyId":"AKIA","secretAccessKey":"hidden",\
            "disturbance":{"delaySeconds":5,"duplicate":0.25,"seed":7}}
            """)
        #expect(made.status == 201, "\(made.text)")
        #expect(!made.text.contains("hidden"))
        let shown = await market.send(.get, "event-targets/queue")
        #expect(shown.text == made.text)
        #expect(shown["disturbance.duplicate"] == "0.25")
        #expect(shown["disturbance.drop"] == "0")
        let replaced = await market.send(
            .put, "event-targets/queue", #"{"kind":"webhook","url":"http://localhost/"}"#)
        #expect(replaced.status == 200)
        #expect(replaced["channel"] == "both")
        #expect(await market.send(.get, "event-targets")["items.0.targetId"] == "queue")
        #expect(await market.send(.delete, "event-targets/queue").status == 200)
        #expect(await market.send(.get, "event-targets/queue").status == 404)
    }

    @Test(
        "What makes no sense is refused with its field",
        arguments: [
            (#"{"url":"http://localhost/"}"#, "kind"),
            (#"{"kind":"webhook"}"#, "url"),
            (#"{"kind":"webhook","url":"localhost"}"#, "url"),
            (#"{"kind":"webhook","url":"http://10.0.0.1/"}"#, "url"),
            (#"{"kind":"webhook","url":"https://localhost/"}"#, "url"),
            (#"{"kind":"webhook","url":"http://localhost/","channel":"mail"}"#, "channel"),
            (#"{"kind":"webhook","url":"http://localhost/","productCode":"no"}"#, "productCode"),
            (
                #"{"kind":"sqs","url":"http://localhost/","accessKeyId":"a"}"#, "secretAccessKey"
            ),
            (
                #"{"kind":"webhook","url":"http://localhost/","disturbance":{"drop":1.5}}"#,
                "disturbance.drop"
            ),
            (
                #"{"kind":"webhook","url":"http://localhost/","disturbance":{"delaySeconds":-1}}"#,
                "disturbance.delaySeconds"
            ),
        ])
    func mistakes(body: String, field: String) async throws {
        let market = try await ControlMarket.furnished()
        let answer = await market.send(.put, "event-targets/a", body)
        #expect(answer.status == 400)
        #expect(answer["errors.0.field"] == field, "\(answer.text)")
    }

    @Test("Another machine is a target where it is allowed")
    func remote() async throws {
        let market = try await ControlMarket { $0.allowsRemoteTargets = true }
        let answer = await market.send(
            .put, "event-targets/a", #"{"kind":"webhook","url":"https://example.com/"}"#)
        #expect(answer.status == 201)
    }

    @Test("An event is published by hand, where the product is told of such")
    func byHand() async throws {
        let market = try await ControlMarket.furnished()
        let made = await market.send(
            .post, "events",
            """
            {"type":"Purchase Agreement Renewal Terms Finalized - Proposer",\
            "agreementId":"agmt-saas"}
            """)
        #expect(made.status == 201, "\(made.text)")
        let list = await market.send(.get, "events?agreementId=agmt-saas&limit=1000")
        #expect(list.text.contains(try #require(made["eventId"])))
        for (body, status) in [
            (#"{"type":"subscribe-fail","agreementId":"agmt-saas"}"#, 409),
            (#"{"type":"subscribe-fail","agreementId":"none"}"#, 400),
            (#"{"type":"nonsense","agreementId":"agmt-saas"}"#, 400),
            (#"{"agreementId":"agmt-saas"}"#, 400),
        ] {
            #expect(await market.send(.post, "events", body).status == status)
        }
    }

    @Test("Deliveries are listed in parts, and by state")
    func deliveries() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .put, "event-targets/a", #"{"kind":"webhook","url":"http://localhost/"}"#)
        for _ in 0..<5 {
            _ = await market.send(
                .post, "events",
                #"{"type":"License Updated - Manufacturer","agreementId":"agmt-saas"}"#)
        }
        #expect(try await market.items("deliveries", limit: 2).count == 5)
        #expect(try await market.items("deliveries?state=waiting&target=a", limit: 9).count == 5)
        #expect(try await market.items("deliveries?state=delivered", limit: 9).isEmpty)
        #expect(await market.send(.get, "deliveries?state=lost").status == 400)
        _ = await market.send(.post, "reset")
        #expect(await market.send(.get, "event-targets/a").status == 200)
        let left = try await market.items("deliveries", limit: 1000)
        #expect(!left.contains { $0.contains("\"number\":1,") })
    }

    @Test("A seed file makes targets, and names the line of a mistake")
    func seed() async throws {
        let seed = """
            eventTargets:
              - {targetId: hook, kind: webhook, url: "http://localhost:3000/",
                 disturbance: {drop: 0.5, seed: 3}}
            """
        let market = try await ControlMarket {
            $0.seed = TurnpikeConfiguration.Seed(name: "seed.yaml", text: seed)
        }
        let target = await market.send(.get, "event-targets/hook")
        #expect(target["disturbance.drop"] == "0.5")
        let error = await #expect(throws: StartFailure.self) {
            _ = try await ControlMarket {
                $0.seed = TurnpikeConfiguration.Seed(
                    name: "seed.yaml", text: seed.replacing("http:", with: "mailto:"))
            }
        }
        #expect(error?.description.hasPrefix("seed.yaml:2: eventTargets[0].url: ") == true)
    }
}
