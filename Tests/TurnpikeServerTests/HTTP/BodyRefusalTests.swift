import AWSWire
import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import NIOCore
import NIOHTTP1
import Testing

@testable import MeteringEndpoint
@testable import TurnpikeServer
@testable import Waiting
@testable import WebServer

@Suite("Bodies that are not read")
struct BodyRefusalTests {
    private static func send(
        _ refusal: BodyRefusal, _ path: String, _ headers: HTTPFields, _ market: ControlMarket
    ) async -> PlainResponse {
        var request = PlainRequest(
            method: .post, path: path, headers: headers, authority: "127.0.0.1:8655")
        request.bodyRefusal = refusal
        return await market.application.respond(to: request)
    }

    private static let cases: [(BodyRefusal, Int, String)] = [
        (.tooLarge, 413, "RequestEntityTooLargeException"),
        (.noRoom, 503, "ServiceUnavailableException"),
    ]

    @Test("The AWS endpoint refuses with AWS's envelope, and logs it", arguments: cases)
    func endpoint(refusal: BodyRefusal, status: Int, type: String) async throws {
        let market = try await ControlMarket()
        let target: HTTPFields = [
            .contentType: ProtocolGate.contentType,
            .amzTarget: "AWSMPMeteringService.BatchMeterUsage",
        ]
        // What is no request of AWS's is too large as well.
        for headers in [target, [:]] {
            let answer = Answer(await Self.send(refusal, "/", headers, market))
            #expect(answer.status == status)
            #expect(answer.error == type, "\(answer.text)")
            #expect(answer.headers[.contentType] == ProtocolGate.contentType)
            let logged = try #require(market.application.log.requests(limit: 1) { _ in true }.first)
            #expect(logged.request.requestID == answer.headers[.amznRequestID])
            #expect(logged.request.status == status)
            #expect(logged.request.error == type)
            #expect(logged.request.explanation.summary.contains("bytes"))
            #expect(logged.request.operation == (headers == target ? .batchMeterUsage : nil))
        }
    }

    @Test("RPC v2 gets it as CBOR", arguments: cases)
    func cbor(refusal: BodyRefusal, status: Int, type: String) async throws {
        let market = try await ControlMarket()
        let response = await Self.send(
            refusal, "/service/AWSMPEntitlementService/operation/GetEntitlements",
            [.smithyProtocol: RPCProtocol.name, .contentType: RPCProtocol.contentType], market)
        #expect(response.status.code == status)
        #expect(response.headers[.contentType] == RPCProtocol.contentType)
        #expect(response.headers[.smithyProtocol] == RPCProtocol.name)
        let json = try CBORReader.json(of: response.body)
        #expect(try JSONDocument(parsing: json).root["__type"]?.text == type)
        #expect(market.application.log.count == 1)
    }

    @Test("The control API and the pages get a problem document", arguments: cases)
    func control(refusal: BodyRefusal, status: Int, type: String) async throws {
        let market = try await ControlMarket()
        for path in ["/control/v1/products/p", "/marketplace/p", "/nowhere"] {
            let answer = Answer(await Self.send(refusal, path, [:], market))
            #expect(answer.status == status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer["status"] == String(status))
            #expect(answer["detail"] != nil)
        }
    }

    @Test("A body over the limit of the control API is told so on a live socket")
    func live() async throws {
        let body = String(repeating: " ", count: HTTPLimits.bodyBytes + 1)
        let answer = try await withServer { port, _ in
            try await RawConnection.open(port: port).exchange([
                "PUT /control/v1/faults HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
            ])
        }
        #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
        #expect(answer.contains("application/problem+json"))
    }

    @Test("A body that finds no room is thrown away, and gives back what it had")
    func noRoom() throws {
        let budget = BodyBudget(bytes: 10)
        let other = BodyBudget.Share(of: budget)
        #expect(other.take(4))
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: "/", headers: ["host": "localhost"])
        var intake = RequestIntake(try RequestHead(head), budget: budget)
        intake.take(ByteBuffer(string: "12345"))
        intake.take(ByteBuffer(string: "67"))
        #expect(!intake.isDecided)
        let third = BodyBudget.Share(of: budget)
        #expect(third.take(6))
        intake.take(ByteBuffer(repeating: 0, count: HTTPLimits.discardedBytes))
        #expect(intake.isDecided)
        let request = intake.finish(departure: Bell())
        #expect(request.request.bodyRefusal == .noRoom)
        #expect(request.request.body.isEmpty)
        #expect(request.isLast)
    }
}
