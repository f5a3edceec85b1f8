import AWSWire
import Documents
import HTTPTypes
import Marketplace
package import MarketplaceHost
import MeteringAPI
package import WebServer

/// The control API: the marketplace's portal and back office, as JSON.
package struct ControlAPI: Sendable {
    package let state: MarketplaceState
    package let log: RequestLog
    package let forge: RegistrationKeyForge
    package let reach: TargetReach
    let access: ControlAccess
    /// The text of `/metrics`.
    let metrics: @Sendable () async -> String

    package init(
        state: MarketplaceState, log: RequestLog, forge: RegistrationKeyForge,
        access: ControlAccess, reach: TargetReach = TargetReach(),
        metrics: @escaping @Sendable () async -> String
    ) {
        self.metrics = metrics
        self.state = state
        self.log = log
        self.forge = forge
        self.access = access
        self.reach = reach
    }

    /// Answers a request for any path but the AWS endpoint's.
    package func respond(to request: PlainRequest) async -> PlainResponse {
        do {
            let result = try await result(of: request)
            var response = PlainResponse(
                status: HTTPResponse.Status(code: result.status),
                headers: [.contentType: result.contentType, .cacheControl: "no-store"],
                body: result.body)
            response.nextPart = result.nextPart
            return response
        } catch let problem as Problem {
            var response = problem.response
            if problem.status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
            if problem.status == 405 {
                response.headers[.allow] = Self.methods(at: request.path).joined(separator: ", ")
            }
            return response
        } catch {
            return Problem(any: error).response
        }
    }

    private func result(of request: PlainRequest) async throws -> ControlResult {
        guard let segments = PercentEncoding.segments(of: request.path) else {
            throw Problem(400, "the path's percent-encoding is broken")
        }
        let matching = Self.routes.compactMap { route in
            route.match(segments).map { (route, $0) }
        }
        guard !matching.isEmpty else {
            if request.path.hasPrefix("/control/") { try access.check(request) }
            throw Problem(404, "there is nothing at \(request.path.cut(toBytes: 200))")
        }
        let method = request.method == .head ? .get : request.method
        guard let (route, parameters) = matching.first(where: { $0.0.method == method }) else {
            if request.path.hasPrefix("/control/") { try access.check(request) }
            throw Problem(405, "\(request.method) is not for \(request.path.cut(toBytes: 200))")
        }
        if !route.isOpen { try access.check(request) }
        if request.method == .head, route.isCostly {
            return ControlResult(contentType: route.contentType)
        }
        let query = try Self.query(request.query, of: route)
        let numbers = try Self.numbers(query, of: route)
        let body = try Self.body(request.body, of: route)
        return try await route.handler(
            self,
            ControlRequest(
                parameters: parameters, query: query, numbers: numbers, body: body,
                headers: request.headers))
    }

    private static func methods(at path: String) -> [String] {
        guard let segments = PercentEncoding.segments(of: path) else { return [] }
        return routes.filter { $0.match(segments) != nil }.flatMap { route in
            route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
        }
    }

    private static func query(
        _ text: String, of route: Route
    ) throws(Problem) -> [String: String] {
        guard let parameters = PercentEncoding.parameters(text) else {
            throw Problem(400, "the query's percent-encoding is broken")
        }
        var query: [String: String] = [:]
        for (name, value) in parameters {
            guard let parameter = route.query.first(where: { $0.name == name }) else {
                throw Problem(
                    400, "\(name.cut(toBytes: 100)): there is no such parameter here",
                    objections: [Objection(name, "is it a typing mistake?")])
            }
            guard query.updateValue(value, forKey: name) == nil else {
                throw Problem(Contradiction(.invalid, name, "the parameter comes twice"))
            }
            try check(value, parameter)
        }
        return query
    }

    /// Objects to what is none of the names that a parameter can be.
    private static func check(
        _ value: String, _ parameter: Route.QueryParameter
    ) throws(Problem) {
        guard let names = parameter.names else { return }
        var earlier: Set<ExactText> = []
        for name in parameter.isList ? value.split(separator: ",").map(String.init) : [value] {
            let isKnown = names.contains { $0.hasSameBytes(as: name) }
            guard isKnown, earlier.insert(ExactText(name)).inserted else {
                let known = names.joined(separator: ", ")
                throw Problem(
                    Contradiction(
                        .invalid, parameter.name,
                        "'\(name.cut(toBytes: 100))' "
                            + (isKnown ? "comes twice" : "is none of \(known)")))
            }
        }
    }

    /// The parameters that are numbers, each within its bounds.
    private static func numbers(
        _ query: [String: String], of route: Route
    ) throws(Problem) -> [String: Int64] {
        var numbers: [String: Int64] = [:]
        for field in route.query.compactMap(\.number) {
            guard let text = query[field.name] else { continue }
            guard let number = WholeNumber.read(text, in: field.range) else {
                throw Problem(Contradiction(.invalid, field.name, field.bound))
            }
            numbers[field.name] = number
        }
        return numbers
    }

    private static func body(
        _ bytes: [UInt8], of route: Route
    ) throws(Problem) -> StructuredValue {
        guard !bytes.isEmpty else { return .emptyObject }
        guard route.request != nil else {
            throw Problem(400, "this request takes no body")
        }
        do throws(JSONSyntaxError) {
            return StructuredValue(try JSONDocument(parsing: bytes).root)
        } catch {
            throw Problem(400, "the body is no JSON: \(error)")
        }
    }
}

extension ControlRequest {
    /// Reads the body with a reader, and throws all that is wrong with it.
    package func read<Value>(_ read: (ObjectReader) -> Value) throws(Problem) -> Value {
        let objections = Objections()
        let value = read(ObjectReader(body, objections: objections))
        if let problem = Problem(objections) { throw problem }
        return value
    }

    func time(_ name: String) throws(Contradiction) -> Timestamp? {
        guard let text = query[name] else { return nil }
        guard let time = Timestamp(iso8601: text) else {
            throw Contradiction(
                .invalid, name, "a time such as 2026-12-01T05:59:00Z is expected")
        }
        return time
    }
}

extension ControlResult {
    /// One object.
    init(status: Int = 200, _ members: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.object(members)
        self.init(status: status, writer.bytes)
    }
}
