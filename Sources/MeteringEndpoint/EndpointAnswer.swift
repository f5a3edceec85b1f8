package import AWSWire
import HTTPTypes
package import Marketplace
import MeteringAPI
package import WebServer

/// How the AWS endpoint answers a request, and why.
package struct EndpointAnswer: Sendable {
    package var status: Int
    package var body: [UInt8]
    /// The exception's name, without a namespace; nil for a result.
    package var error: String?
    package var explanation: Explanation
    /// Nil for AWS's.
    package var contentType: String?
    /// Whether the connection is cut instead of answering.
    package var isCut = false
    /// Whether the catalog on which it was decided is not that of the store any more.
    var isOutdated = false

    /// What AWS would not answer.
    init(
        status: Int, body: [UInt8], error: String?, contentType: String?,
        _ explanation: Explanation
    ) {
        self.status = status
        self.body = body
        self.error = error
        self.contentType = contentType
        self.explanation = explanation
    }

    /// A result.
    package init(_ result: some AWSJSONResult, _ explanation: Explanation) {
        status = 200
        body = result.awsJSON
        error = nil
        self.explanation = explanation
    }

    /// An error.
    package init(_ envelope: ErrorEnvelope, _ explanation: Explanation) {
        status = envelope.status
        body = envelope.awsJSON
        error = envelope.name
        self.explanation = explanation
    }

    /// What is said of a request whose body was not read.
    init(_ refusal: BodyRefusal) {
        switch refusal {
        case .tooLarge:
            self.init(
                .tooLarge,
                Explanation(
                    rule: .wireProtocol, reason: "the body is over \(HTTPLimits.bodyBytes) bytes"))
        case .noRoom:
            self.init(
                .noRoom,
                Explanation(
                    rule: .wireProtocol,
                    reason: "the bodies of other requests take all of the "
                        + "\(HTTPLimits.bodyBytesAtOnce) bytes that there are for them"))
        }
    }

    /// The error that a rule ended in.
    package init(_ refusal: Refusal) {
        self.init(ErrorEnvelope(refusal.answer), Explanation(refusal))
    }

    /// What is answered where a request's usage must not be recorded on the catalog on which it was
    /// decided.
    static var outdated: EndpointAnswer {
        var answer = EndpointAnswer(.outdated)
        answer.isOutdated = true
        return answer
    }

    /// An error's response without the headers that a request gives it.
    package static func plain(_ envelope: ErrorEnvelope) -> PlainResponse {
        PlainResponse(
            status: HTTPResponse.Status(code: envelope.status),
            headers: [.contentType: ProtocolGate.contentType], body: envelope.awsJSON)
    }
}

extension Refusal {
    /// What a request gets that a change of the marketplace, or a reset, has overtaken.
    static let outdated = Refusal(
        .internalServiceError, .store,
        "the marketplace was changed or reset meanwhile; nothing was stored; send it again")
}

extension ErrorEnvelope {
    /// What goes on the wire for a rule's answer.
    fileprivate init(_ answer: Refusal.Answer) {
        switch answer {
        case .exception(let exception): self.init(exception)
        case .validation(let violations): self.init(violations: violations)
        case .accessDenied(let principal, let operation):
            let action = "aws-marketplace:\(operation.rawValue)"
            self.init(
                type: "AccessDeniedException",
                message: "User: \(principal.arn) is not authorized to perform: \(action) because "
                    + "no identity-based policy allows the \(action) action")
        }
    }
}
