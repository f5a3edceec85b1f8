import Documents
import HTTPTypes
import MeteringAPI
import WebServer

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
    /// The statuses of errors that no other member leads to.
    var otherErrors: Set<Int> = []
    var contentType = "application/json"
    /// Whether the caller must be allowed to use the control API.
    var isOpen = false
    /// Whether the answer is not made for HEAD, which would throw it away.
    var isCostly = false
    var handler: Handler

    struct QueryParameter: Sendable {
        let name: String
        let type: Schema.FieldType
        let description: String

        init(name: String, type: Schema.FieldType = .text, description: String) {
            self.name = name
            self.type = type
            self.description = description
        }

        /// A number with its bounds.
        init(_ number: NumberField, _ description: String) {
            self.init(name: number.name, type: .bounded(number), description: description)
        }

        /// The number that it is; nil for a text.
        var number: NumberField? {
            if case .bounded(let number) = type { return number }
            return nil
        }

        /// The names that it can be; nil where it can be anything.
        var names: [String]? {
            switch type {
            case .choice(let names), .list(.choice(let names)): names
            default: nil
            }
        }

        /// Whether it is several, with commas.
        var isList: Bool {
            if case .list = type { true } else { false }
        }
    }

    /// The statuses of errors, ascending.
    ///
    /// Any request can be broken, or too large, or meet a server that is full or fails; who is not
    /// let in depends on whether the server asks for a token; what a path names may be missing; and
    /// a change may contradict what is there.
    func errors(asksForToken: Bool) -> [Int] {
        var errors = otherErrors.union([400, 413, 500, 503])
        if !isOpen { errors.insert(asksForToken ? 401 : 403) }
        if template.contains("{") { errors.insert(404) }
        if method != .get { errors.insert(409) }
        return errors.sorted()
    }

    private static let limit = QueryParameter(
        .limit, "How many items at most; 100 when absent. A part is shorter where it gets long.")
    private static let cursorDescription = "The nextCursor of the part before."

    static let listParameters = [
        limit, QueryParameter(name: "cursor", description: cursorDescription),
    ]

    /// Those of a list whose items have numbers.
    static let numberedListParameters = [limit, QueryParameter(.cursor, cursorDescription)]

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
    /// The parameters of the query that are numbers.
    var numbers: [String: Int64] = [:]
    var body: StructuredValue
    var headers: HTTPFields = [:]

    /// A parameter of the path, which the template has.
    subscript(parameter: String) -> String { parameters[parameter] ?? "" }

    /// A number of the query, within its bounds; nil where it is absent.
    func number(_ field: NumberField) -> Int64? { numbers[field.name] }

    /// How many items are asked for.
    var limit: Int { Int(clamping: number(.limit) ?? 100) }
}

/// What a route answers: a status and a JSON text.
struct ControlResult: Sendable {
    var status: Int
    var contentType = "application/json"
    var body: [UInt8]
    /// What follows the body, for answers that have no end.
    var nextPart: PlainResponse.NextPart?

    /// An answer without a body.
    init(contentType: String) {
        status = 200
        body = []
        self.contentType = contentType
    }

    /// A JSON text.
    init(status: Int = 200, _ body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
