import AWSWire
package import HTTPTypes
import MeteringAPI
package import WebServer

/// What AWS's framework answers before it looks at who is calling.
///
/// The order and the odd bodies are those that were seen on other AWS JSON services.
package enum ProtocolGate {
    package static let contentType = "application/x-amz-json-1.1"

    /// The operation that a request is for, or the framework's answer to what is no request.
    package enum Passage: Sendable {
        case operation(any ServedOperation.Type)
        case answer(PlainResponse, reason: String)
    }

    package static func pass(_ request: PlainRequest) -> Passage {
        if RPCProtocol.isUsed(by: request) { return RPCProtocol.pass(request) }
        guard isAtRoot(request) else {
            return .answer(
                unknownXML,
                reason: "the path is '\(request.path.cut(toBytes: 100))': leave it out, because "
                    + "the endpoint is the server's address without a path")
        }
        if request.method == .options { return .answer(crossOrigin(request), reason: "OPTIONS") }
        guard request.method == .post else {
            return .answer(unauthorizedMethod, reason: "the method is not POST")
        }
        switch mediaType(request) {
        case contentType: break
        case "application/json":
            return .answer(
                unknownJSON, reason: "the content type is not \(contentType)")
        case "application/x-amz-json-1.0" where isOfAnotherService(request):
            return unknown(request)
        default:
            let other = operation(request) == nil ? ClosedDoor.reason(request) : nil
            return .answer(unknownXML, reason: other ?? "the content type is not \(contentType)")
        }
        return operation(request).map { .operation($0) } ?? unknown(request)
    }

    private static func unknown(_ request: PlainRequest) -> Passage {
        .answer(
            EndpointAnswer.plain(.unknownOperation),
            reason: ClosedDoor.reason(request) ?? ClosedDoor.reason(""))
    }

    /// Whether a request is for a service that speaks AWS JSON 1.0, as none here does.
    private static func isOfAnotherService(_ request: PlainRequest) -> Bool {
        guard let target = request.headers[.amzTarget] else { return false }
        return !OperationName.allCases.contains { operation in
            target.hasPrefix(operation.target.prefix { $0 != "." } + ".")
        }
    }

    /// Whether a request has no path; older SDKs write one slash too many.
    package static func isAtRoot(_ request: PlainRequest) -> Bool {
        request.path.utf8.allSatisfy { $0 == UInt8(ascii: "/") }
    }

    /// Whether a request is of AWS's JSON protocol, whatever its path.
    package static func isAWSJSON(_ request: PlainRequest) -> Bool {
        request.method == .post && request.headers[.amzTarget] != nil
            && request.headers[.authorization] != nil
    }

    /// The content type without its parameters, in lower case.
    private static func mediaType(_ request: PlainRequest) -> String? {
        guard let value = request.headers[.contentType] else { return nil }
        // What every SDK sends needs no second look.
        if value == contentType { return value }
        let type = value.prefix { $0 != ";" }
        return String(type.filter { !$0.isWhitespace }).lowercased()
    }

    private static func operation(_ request: PlainRequest) -> (any ServedOperation.Type)? {
        request.headers[.amzTarget].flatMap(ServedOperations.named)
    }

    /// Lets a page of any origin ask; it cannot do anything without a signature.
    private static func crossOrigin(_ request: PlainRequest) -> PlainResponse {
        var headers: HTTPFields = [.contentLength: "0"]
        if request.headers[.origin] != nil {
            headers[.accessControlAllowOrigin] = "*"
            headers[.accessControlAllowMethods] = "POST"
            headers[.accessControlAllowHeaders] =
                request.headers[.accessControlRequestHeaders] ?? "*"
            headers[.accessControlMaxAge] = "172800"
        }
        return PlainResponse(status: .ok, headers: headers)
    }

    private static let unauthorizedMethod = PlainResponse(
        status: .forbidden, headers: [.contentType: "application/xml"],
        body: Array(
            """
            <AccessDeniedException>
              <Message>Unable to determine service/operation name to be authorized</Message>
            </AccessDeniedException>

            """.utf8))

    private static let unknownXML = PlainResponse(
        status: .notFound, headers: [.contentType: "application/xml"],
        body: Array("<UnknownOperationException/>\n".utf8))

    private static let unknownJSON = PlainResponse(
        status: .notFound, headers: [.contentType: "application/json"],
        body: Array(
            (#"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"#
                + #""Version":"1.0"}"#).utf8))
}

extension HTTPField.Name {
    package static let amzTarget = Self("X-Amz-Target")!
    package static let amznRequestID = Self("x-amzn-RequestId")!
    package static let turnpikeExplanation = Self("x-turnpike-explanation")!
}
