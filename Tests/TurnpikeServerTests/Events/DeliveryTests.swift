import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI
import NIOCore
import NIOPosix
import Testing

@testable import MarketplaceHost
@testable import TurnpikeServer
@testable import WebServer

@Suite("The delivery of events", .timeLimit(.minutes(20)))
struct DeliveryTests {
    static let seed = """
        accounts:
          - {accountId: "111122223333", role: seller, name: Acme}
          - {accountId: "222233334444", role: buyer, name: Globex, customerIdentifier: X01}
        products:
          - productCode: older
            type: saas
            title: Older
            sellerAccountId: "111122223333"
            integration: customerIdentifier
            dimensions: [{name: users}]
        agreements:
          - {agreementId: agmt-1, productCode: older, buyerAccountId: "222233334444",
             offerId: offer-1, startsAt: "2026-01-01T00:00:00Z"}
        """

    /// Runs a server and a site, with a target at the site.
    private static func deliver(
        _ target: String = #"{"kind":"webhook","url":"URL"}"#,
        answering answer: @escaping @Sendable (Int) -> PlainResponse = { _ in .ok },
        _ body: @escaping @Sendable (TurnpikeApplication, EventReceiver) async throws -> Void
    ) async throws {
        try await withReceiver(answering: answer) { receiver in
            var configuration = TurnpikeConfiguration()
            configuration.seed = TurnpikeConfiguration.Seed(name: "seed.yaml", text: seed)
            try await withServer(configuration) { _, application in
                let url = "http://127.0.0.1:\(receiver.port)/events?a=b"
                let made = await send(
                    application, .put, "event-targets/site",
                    target.replacing("URL", with: url))
                #expect(made.status == 201, "\(made.text)")
                try await body(application, receiver)
            }
        }
    }

    private static func send(
        _ application: TurnpikeApplication, _ method: HTTPRequest.Method, _ path: String,
        _ body: String = ""
    ) async -> Answer {
        let parts = path.split(separator: "?", maxSplits: 1)
        return Answer(
            await application.respond(
                to: PlainRequest(
                    method: method, path: "/control/v1/\(parts[0])",
                    query: parts.count > 1 ? String(parts[1]) : "",
                    authority: "127.0.0.1:8655", body: Array(body.utf8))))
    }

    private static func publish(
        _ application: TurnpikeApplication, _ type: String
    ) async throws -> String {
        let answer = await send(
            application, .post, "events", #"{"type":"\#(type)","agreementId":"agmt-1"}"#)
        return try #require(answer["eventId"])
    }

    /// Waits until every delivery is settled, and lists them.
    private static func settled(_ application: TurnpikeApplication) async -> Answer {
        var waiting = await send(application, .get, "deliveries?state=waiting")
        while waiting["items.0.number"] != nil, !Task.isCancelled {
            await Task.yield()
            waiting = await send(application, .get, "deliveries?state=waiting")
        }
        return await send(application, .get, "deliveries")
    }

    @Test("A webhook gets EventBridge's event as it is, and SNS's message in its envelope")
    func webhook() async throws {
        try await Self.deliver { application, receiver in
            _ = try await Self.publish(application, "License Updated - Manufacturer")
            let id = try await Self.publish(application, "subscribe-fail")
            let requests = await receiver.requests(count: 2)
            let list = await Self.send(application, .get, "events?channel=eventBridge")
            #expect(requests.map(\.path) == ["/events", "/events"])
            #expect(requests[0].query == "a=b")
            #expect(requests[0].method == .post)
            #expect(requests[0].authority == "127.0.0.1:\(receiver.port)")
            #expect(requests[0].headers[.contentType] == "application/json; charset=utf-8")
            #expect(list.text.contains(String(decoding: requests[0].body, as: UTF8.self)))

            let envelope = Answer(PlainResponse(status: .ok, body: requests[1].body))
            let type = try #require(HTTPField.Name("x-amz-sns-message-type"))
            #expect(requests[1].headers[type] == "Notification")
            #expect(requests[1].headers[.contentType] == "text/plain; charset=UTF-8")
            let subscription = try #require(HTTPField.Name("x-amz-sns-subscription-arn"))
            let topic = try #require(envelope["TopicArn"])
            let suffix = requests[1].headers[subscription]?.dropFirst(topic.count)
            #expect(suffix?.wholeMatch(of: /:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
            #expect(envelope["Type"] == "Notification")
            #expect(envelope["MessageId"] == id)
            #expect(
                envelope["TopicArn"]
                    == "arn:aws:sns:us-east-1:287250355862:"
                    + "aws-mp-subscription-notification-older")
            #expect(
                envelope["Message"] == """
                    {"action":"subscribe-fail","customer-identifier":"X01",\
                    "product-code":"older","offer-identifier":"offer-1"}
                    """)
            #expect(envelope["SignatureVersion"] == "1")
            #expect(envelope["Timestamp"]?.suffix(1) == "Z")
            #expect(envelope["Signature"] == nil)
        }
    }

    @Test("A webhook gets the headers and credentials that its target names")
    func ownHeaders() async throws {
        let target = #"""
            {"kind":"webhook","url":"URL","headers":[{"name":"X-Api-Key","value":"k 1"}],\#
            "username":"events","password":"pass:word"}
            """#
        try await Self.deliver(target) { application, receiver in
            _ = try await Self.publish(application, "License Updated - Manufacturer")
            let request = try #require(await receiver.requests(count: 1).first)
            let key = try #require(HTTPField.Name("x-api-key"))
            #expect(request.headers[key] == "k 1")
            #expect(request.headers[.authorization] == "Basic ZXZlbnRzOnBhc3M6d29yZA==")
            let shown = await Self.send(application, .get, "event-targets/site")
            #expect(shown["headers.0.name"] == "X-Api-Key")
            #expect(shown["username"] == "events")
            #expect(!shown.text.contains("k 1") && !shown.text.contains("pass:word"))
        }
    }

    @Test("A queue gets SendMessage of SQS, signed")
    func queue() async throws {
        let target = """
            {"kind":"sqs","url":"URL","channel":"sns","accessKeyId":"AKIAQUEUE",\
            "secretAccessKey":"secret"}
            """
        try await Self.deliver(target) { application, receiver in
            _ = try await Self.publish(application, "License Updated - Manufacturer")
            _ = try await Self.publish(application, "entitlement-updated")
            let request = await receiver.requests(count: 1)[0]
            let name = try #require(HTTPField.Name("x-amz-target"))
            #expect(request.headers[name] == "AmazonSQS.SendMessage")
            #expect(request.headers[.contentType] == "application/x-amz-json-1.0")
            let body = Answer(PlainResponse(status: .ok, body: request.body))
            #expect(body["QueueUrl"] == "http://127.0.0.1:\(receiver.port)/events?a=b")
            let message = try #require(body["MessageBody"])
            #expect(
                message.contains(
                    "aws-mp-entitlement-notification-older"), "\(message)")
            let authorization = try #require(request.headers[.authorization])
            #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAQUEUE/"))
            let date = try #require(HTTPField.Name("x-amz-date").flatMap { request.headers[$0] })
            let headers = [
                ("host", request.authority ?? ""), ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", "AmazonSQS.SendMessage"), ("x-amz-date", date),
            ].map { (name: $0.0, value: $0.1) }
            let time = try #require(
                Timestamp(
                    iso8601: "\(date.prefix(4))-\(date.dropFirst(4).prefix(2))-"
                        + "\(date.dropFirst(6).prefix(2))T\(date.dropFirst(9).prefix(2)):"
                        + "\(date.dropFirst(11).prefix(2)):\(date.dropFirst(13).prefix(2))Z"))
            let steps = RequestSigner(
                accessKeyID: "AKIAQUEUE", secretAccessKey: "secret", region: "us-east-1",
                service: "sqs"
            ).sign(
                SignableRequest(method: "POST", path: "/events", query: "a=b", headers: headers),
                payload: request.body, at: time)
            #expect(authorization == steps.authorization)
            #expect(
                await Self.send(application, .get, "event-targets/site").text
                    .contains("secret") == false)
        }
    }

    @Test("What is refused is tried again, and says how often and why")
    func retry() async throws {
        let answers: @Sendable (Int) -> PlainResponse = { number in
            if number == 0 { return .failure }
            return number == 1
                ? PlainResponse(status: .found, headers: [.location: "http://127.0.0.1:1/"]) : .ok
        }
        try await Self.deliver(answering: answers) { application, receiver in
            _ = try await Self.publish(application, "License Updated - Manufacturer")
            _ = await receiver.requests(count: 1)
            var failing = await Self.send(application, .get, "deliveries?target=site")
            while failing["items.0.attempts"] == "0", !Task.isCancelled {
                await Task.yield()
                failing = await Self.send(application, .get, "deliveries?target=site")
            }
            #expect(failing["items.0.state"] == "waiting")
            #expect(failing["items.0.lastError"] == "HTTP 500")
            #expect(failing["items.0.nextAttemptAt"] != nil)
            let requests = await receiver.requests(count: 3)
            #expect(Set(requests.map(\.body)).count == 1)
            let done = await Self.settled(application)
            #expect(done["items.0.state"] == "delivered")
            #expect(done["items.0.attempts"] == "3")
            #expect(done["items.0.deliveredAt"] != nil)
            #expect(done["items.0.lastError"] == nil)
            let metrics = await application.respond(
                to: PlainRequest(method: .get, path: "/metrics", authority: "127.0.0.1:8655"))
            let text = String(decoding: metrics.body, as: UTF8.self)
            #expect(text.contains(#"turnpike_delivery_attempts_total{outcome="delivered"} 1"#))
            #expect(text.contains(#"turnpike_delivery_attempts_total{outcome="refused"} 2"#))
        }
    }

    @Test("The answer of a target counts by its status, however large it is")
    func largeAnswer() async throws {
        let answer: @Sendable (Int) -> PlainResponse = { _ in
            PlainResponse(status: .ok, body: Array(repeating: UInt8(ascii: "x"), count: 5_000_000))
        }
        try await Self.deliver(answering: answer) { application, _ in
            _ = try await Self.publish(application, "subscribe-fail")
            _ = try await Self.publish(application, "subscribe-fail")
            let list = await Self.settled(application)
            for index in 0...1 {
                #expect(list["items.\(index).state"] == "delivered", "\(list.text)")
                #expect(list["items.\(index).attempts"] == "1")
            }
        }
    }

    @Test("A target that takes the connection and does not answer is given up in time")
    func silent() async throws {
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let market = try await ControlMarket.furnished()
        let made = await market.send(
            .post, "events",
            #"{"type":"License Updated - Manufacturer","agreementId":"agmt-saas"}"#)
        #expect(made.status == 201)
        let event = try #require(try await market.store.events(after: 0, limit: 1).first)
        let port = try #require(silent.localAddress?.port)
        let outcome = await EventSender(reach: TargetReach(), milliseconds: 1000).send(
            event.event,
            to: EventTarget(id: "a", kind: .webhook, url: "http://127.0.0.1:\(port)/"),
            at: ControlMarket.now)
        #expect(outcome == .unreachable("no answer within 1 s"))
        try await silent.close()
    }

    @Test("A target that is down is tried again, and holds up no other")
    func down() async throws {
        try await Self.deliver { application, receiver in
            _ = await Self.send(
                application, .put, "event-targets/down",
                #"{"kind":"webhook","url":"http://127.0.0.1:1/"}"#)
            _ = try await Self.publish(application, "License Updated - Manufacturer")
            _ = try await Self.publish(application, "subscribe-fail")
            _ = await receiver.requests(count: 2)
            var list = await Self.send(application, .get, "deliveries?target=down")
            while list["items.0.attempts"] == "0", !Task.isCancelled {
                await Task.yield()
                list = await Self.send(application, .get, "deliveries?target=down")
            }
            #expect(list["items.0.state"] == "waiting")
            #expect(list["items.0.lastError"]?.hasPrefix("no answer: ") == true, "\(list.text)")
            // Once it is somewhere else, what waits goes there.
            _ = await Self.send(
                application, .put, "event-targets/down",
                #"{"kind":"webhook","url":"http://localhost:\#(receiver.port)/moved"}"#)
            let moved = await receiver.requests { requests in
                requests.count { $0.path == "/moved" } == 2
            }
            #expect(
                Set(moved.filter { $0.path == "/moved" }.map(\.body))
                    == Set(moved.filter { $0.path == "/events" }.map(\.body)))
        }
    }

    @Test(
        "A disturbance delivers twice, or not at all", arguments: [("duplicate", 2), ("drop", 0)])
    func disturbed(member: String, copies: Int) async throws {
        let target =
            #"{"kind":"webhook","url":"URL","channel":"sns","disturbance":{"\#(member)":1}}"#
        try await Self.deliver(target) { application, receiver in
            _ = try await Self.publish(application, "subscribe-fail")
            let list = await Self.settled(application)
            #expect(list["items.\(max(copies, 1) - 1).number"] != nil)
            #expect(list["items.\(max(copies, 1)).number"] == nil)
            #expect(list["items.0.state"] == (copies == 0 ? "dropped" : "delivered"))
            let requests = await receiver.requests(count: copies)
            #expect(requests.count == copies)
        }
    }

    @Test("A deleted target gets nothing more")
    func deleted() async throws {
        try await Self.deliver(answering: { _ in .failure }) { application, receiver in
            _ = try await Self.publish(application, "subscribe-fail")
            _ = await receiver.requests(count: 1)
            #expect(await Self.send(application, .delete, "event-targets/site").status == 200)
            #expect(
                await Self.send(application, .get, "deliveries")["items.0.number"] == nil)
            #expect(await Self.send(application, .delete, "event-targets/site").status == 404)
        }
    }
}
