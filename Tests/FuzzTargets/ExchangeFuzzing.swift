import AWSWire
import HTTPTypes
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import TurnpikeServer
import WebServer

/// Whatever is asked, the answer has a proper form, and is never the server's own failure.
struct ExchangeFuzzing {
    private let application: TurnpikeApplication

    init(_ application: TurnpikeApplication) {
        self.application = application
    }

    /// The first byte chooses operation and key, the others are the body; it is signed well.
    func operation(_ bytes: [UInt8]) async throws {
        guard let choice = bytes.first else { return }
        let operations = OperationName.allCases
        let sample = SignedSample(
            operations[Int(choice) % operations.count], Array(bytes.dropFirst()),
            by: Demo.credentials[Int(choice) / operations.count % Demo.credentials.count])
        guard let request = sample.text.plain else { return }
        try Self.checkAWS(await application.respond(to: request))
        let isTaken =
            application.log.requests(limit: 1) { _ in true }
            .first?.request.accessKeyID == sample.credential.accessKeyID
        // What cannot be read is refused before it is said who sent it.
        guard isTaken || Self.isUnreadable(request.body) else {
            throw FuzzFinding("a good signature was refused")
        }
    }

    /// A whole request, as `RequestText` reads it.
    func request(_ bytes: [UInt8]) async throws {
        guard let request = RequestText(bytes).plain else { return }
        let logged = application.log.count
        let answer = await application.respond(to: request)
        guard request.path == "/" || request.path.hasPrefix("/service/") else {
            return try Self.checkControl(answer)
        }
        // A browser's front page is no request to the AWS endpoint.
        guard application.log.count != logged else { return }
        try Self.checkAWS(answer)
        guard let entry = application.log.requests(limit: 1, where: { _ in true }).first?.request,
            let accessKeyID = entry.accessKeyID
        else { return }
        try SignatureFuzzing.check(
            accessKeyID, Demo.seller.region, request.signable, request.body)
    }

    private static func isUnreadable(_ body: [UInt8]) -> Bool {
        body.isEmpty || (try? JSONDocument(parsing: body)) == nil
    }

    private static func checkAWS(_ answer: PlainResponse) throws(FuzzFinding) {
        let status = answer.status.code
        guard [200, 400, 403, 404].contains(status) else {
            throw FuzzFinding("the AWS endpoint answered with \(status)")
        }
        guard answer.headers[.amznRequestID]?.utf8.count == 36 else {
            throw FuzzFinding("an answer has no request id")
        }
        guard answer.headers[.contentType] == ProtocolGate.contentType else { return }
        guard let root = try? JSONDocument(parsing: answer.body).root, root.kind == .object else {
            throw FuzzFinding("an answer is no JSON object")
        }
        guard status == 200 || root["__type"]?.kind == .string else {
            throw FuzzFinding("an error has no type")
        }
    }

    private static func checkControl(_ answer: PlainResponse) throws(FuzzFinding) {
        let status = answer.status.code
        guard [200, 201, 400, 403, 404, 405, 409].contains(status) else {
            throw FuzzFinding("the control API answered with \(status)")
        }
        let type = answer.headers[.contentType] ?? ""
        guard type.hasSuffix("json") else { return }
        guard let root = try? JSONDocument(parsing: answer.body).root, root.kind == .object else {
            throw FuzzFinding("an answer of the control API is no JSON object")
        }
        if status >= 400, root["status"]?.numberText != String(status) {
            throw FuzzFinding("a problem document has not the answer's status")
        }
    }
}
