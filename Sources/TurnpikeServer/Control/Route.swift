import HTTPTypes

/// One thing that the control API can do: where it is, what it takes and gives, who does it.
///
/// The table of these is all there is: requests find their way by it, and the OpenAPI document is
/// written from it.
struct Route: Sendable {
    typealias Handler = @Sendable (ControlAPI, ControlRequest) async throws -> ControlResult

    var method: HTTPRequest.Method
    /// Segments in braces are parameters: `/control/v1/accounts/{accountId}`.
    var template: String
    var summary: String
    /// Query parameters.
    var query: [QueryParameter] = []
    /// The schema of the body, for those that take one.
    var request: Schema?
    var response: Schema
    /// The statuses of success.
    var statuses = [200]
    var contentType = "application/json"
    /// Whether the caller must be allowed to use the control API.
    var isOpen = false
    var handler: Handler

    struct QueryParameter: Sendable {
        let name: String
        let description: String
    }

    static let listParameters = [
        QueryParameter(name: "limit", description: "How many items, 1 to 1000; 100 when absent."),
        QueryParameter(name: "cursor", description: "The nextCursor of the part before."),
    ]

    /// The parameters of a path that this route's template fits.
    func match(_ segments: [String]) -> [String: String]? {
        let parts = template.utf8.split(separator: UInt8(ascii: "/"))
        guard parts.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            if part.first == UInt8(ascii: "{") {
                let name = String(Substring(part.dropFirst().dropLast()))
                guard !segment.isEmpty else { return nil }
                parameters[name] = segment
            } else if !part.elementsEqual(segment.utf8) {
                return nil
            }
        }
        return parameters
    }
}

/// A request that found its route.
struct ControlRequest: Sendable {
    var parameters: [String: String]
    var query: [String: String]
    var body: StructuredValue
    var headers: HTTPFields = [:]

    /// A parameter of the path, which the template has.
    subscript(parameter: String) -> String { parameters[parameter] ?? "" }
}

/// What a route answers: a status and a JSON text.
struct ControlResult: Sendable {
    var status: Int
    var contentType = "application/json"
    var body: [UInt8]
    /// What follows the body, for answers that have no end.
    var nextPart: PlainResponse.NextPart?

    /// A JSON text.
    init(status: Int = 200, _ body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
