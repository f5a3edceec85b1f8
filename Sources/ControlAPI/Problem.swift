package import Documents
import HTTPTypes
package import Marketplace
package import MarketplaceHost
package import WebServer

/// An error of the control API: a problem document (RFC 9457).
package struct Problem: Error, Sendable {
    package var status: Int
    package var detail: String
    package var objections: [Objection]

    package init(_ status: Int, _ detail: String, objections: [Objection] = []) {
        self.status = status
        self.detail = detail
        self.objections = objections
    }

    package init(_ contradiction: Contradiction) {
        status =
            switch contradiction.kind {
            case .invalid: 400
            case .notFound: 404
            case .conflict: 409
            }
        objections = contradiction.objections.map { Objection($0.field, $0.reason) }
        detail = Self.sentence(objections)
    }

    /// Nil where nothing is wrong.
    package init?(_ objections: Objections) {
        guard !objections.entries.isEmpty else { return nil }
        status = 400
        self.objections = objections.entries.map(\.objection)
        detail = Self.sentence(self.objections)
    }

    private static func sentence(_ objections: [Objection]) -> String {
        objections.map { "\($0.field): \($0.reason)" }.joined(separator: "; ")
    }

    package init(_ overtaken: MarketplaceState.Overtaken) {
        self.init(409, "everything was forgotten meanwhile: send it again")
    }

    /// What is said of any error that a face of the operator's meets.
    package init(any error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let contradiction as Contradiction: self.init(contradiction)
        case let error as StoreError: self.init(error)
        case let overtaken as MarketplaceState.Overtaken: self.init(overtaken)
        default: self.init(500, "the server failed: \(type(of: error))")
        }
    }

    package init(_ refusal: BodyRefusal) {
        switch refusal {
        case .tooLarge:
            self.init(413, "the body is over \(HTTPLimits.bodyBytes) bytes: send less at once")
        case .noRoom:
            self.init(503, "the bodies of other requests take all the room: try again")
        }
    }

    package init(_ error: StoreError) {
        switch error.code {
        case .unknownCursor:
            self.init(
                400, "the cursor is none that this server gave out",
                objections: [Objection("cursor", "begin again without one")])
        case .overloaded:
            self.init(503, "the store is busy: \(error.cause); try again")
        case .outdated:
            self.init(503, "the marketplace was changed meanwhile and nothing stored: try again")
        case .notStored: self.init(500, "nothing was stored: \(error.cause)")
        case .damaged: self.init(500, "the data file is damaged: \(error.cause)")
        case .unknownOutcome:
            self.init(500, "whether it was stored is unknown: \(error.cause)")
        }
    }

    /// The status with its phrase, which a code alone does not bring.
    static func httpStatus(_ status: Int) -> HTTPResponse.Status {
        switch status {
        case 400: .badRequest
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 405: .methodNotAllowed
        case 409: .conflict
        case 413: .contentTooLarge
        case 503: .serviceUnavailable
        default: .internalServerError
        }
    }

    /// The document.
    package var response: PlainResponse {
        PlainResponse(
            status: Self.httpStatus(status), headers: [.contentType: "application/problem+json"],
            body: ControlResult(Answers.problem, self).body)
    }
}
