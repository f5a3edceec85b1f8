import AWSWire
import AsyncHTTPClient
import MeteringAPI
import NIOCore
import NIOHTTP1
import WebServer

/// Asks a server's control API.
struct ControlClient {
    let endpoint: String
    let token: String?
    /// How long an answer may take, its body included.
    var timeout = Duration.seconds(30)

    /// All items of a list, page by page.
    func items(_ path: String, _ query: [(String, String)]) async throws -> [JSONDocument] {
        var items: [JSONDocument] = []
        try await pages(path, query) { items += $0 }
        return items
    }

    /// Reads a list page by page from a cursor, or from its begin, and gives the last cursor.
    ///
    /// A list ends where nothing leads on; one without an end, where its cursor stays. A cursor
    /// that comes again would lead round for ever, so it is an error.
    @discardableResult
    func pages(
        _ path: String, _ query: [(String, String)], from start: String? = nil,
        _ take: ([JSONDocument]) throws -> Void
    ) async throws -> String? {
        var seen: Set<ExactText> = []
        var cursor = start
        while true {
            let page = cursor.map { [("cursor", $0)] } ?? []
            let answer = try await get(path, query + [("limit", "1000")] + page)
            try take(
                try (answer.root["items"]?.elementList ?? []).map {
                    try JSONDocument(parsing: Array($0.rawBytes))
                })
            let next = answer.root["nextCursor"].flatMap { $0.kind == .string ? $0.text : nil }
            guard let next, next != cursor else { return cursor }
            guard seen.insert(ExactText(next)).inserted else {
                throw CommandFailure(
                    "the list \(path) of \(endpoint) leads back to the cursor "
                        + "'\(next.cut(toBytes: 100))', which it gave before: was it reset while "
                        + "it was read, or is that no Turnpike? Ask again")
            }
            cursor = next
        }
    }

    /// One that says at once when nobody listens; it lives as long as the process.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The answer to a GET.
    func get(_ path: String, _ query: [(String, String)] = []) async throws -> JSONDocument {
        let parameters = query.map { "\($0.0)=\(PercentEncoding.encoded($0.1))" }
            .joined(separator: "&")
        return try await answer(HTTPClientRequest(url: "\(endpoint)\(path)?\(parameters)"))
    }

    /// The answer to a request with a JSON body.
    func send(
        _ method: HTTPMethod, _ path: String, _ body: (inout JSONWriter) -> Void
    ) async throws -> JSONDocument {
        try await sendValue(method, path) { $0.object(body) }
    }

    /// The answer to a request whose body is written as a whole.
    func sendValue(
        _ method: HTTPMethod, _ path: String, _ body: (inout JSONWriter) -> Void
    ) async throws -> JSONDocument {
        var writer = JSONWriter()
        body(&writer)
        var request = HTTPClientRequest(url: endpoint + path)
        request.method = method
        request.body = .bytes(writer.bytes)
        let movesClock = path == "/control/v1/clock"
        return try await answer(request, within: movesClock ? CommandLimits.clockMove : nil)
    }

    /// The answer to a request within the client's time, or another; throws what a refusal says.
    func answer(
        _ request: HTTPClientRequest, within time: Duration? = nil
    ) async throws -> JSONDocument {
        let (status, body) = try await exchange(authorized(request), within: time ?? timeout)
        return try document(body, status)
    }

    /// The request with the control token, where there is one.
    func authorized(_ request: HTTPClientRequest) -> HTTPClientRequest {
        var request = request
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }

    /// The status and the whole body of an answer, within the time for both.
    private func exchange(
        _ request: HTTPClientRequest, within time: Duration
    ) async throws -> (status: Int, body: ByteBuffer) {
        do {
            return try await withThrowingTaskGroup { group in
                group.addTask {
                    // Its own time ends with the head, so another is kept beside.
                    let response = try await Self.http.execute(request, timeout: .hours(1))
                    let limit = CommandLimits.answerMegabytes * 1_048_576
                    return (
                        Int(response.status.code), try await response.body.collect(upTo: limit)
                    )
                }
                group.addTask {
                    try await Task.sleep(for: time)
                    throw TooLate()
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw TooLate() }
                return answer
            }
        } catch is TooLate {
            throw CommandFailure(
                "\(endpoint) accepts connections but did not answer within "
                    + "\(time.components.seconds) s: is that a Turnpike?")
        } catch is NIOTooManyBytesError {
            throw CommandFailure(
                "the answer of \(endpoint) is larger than \(CommandLimits.answerMegabytes) MB: "
                    + "is that a Turnpike?")
        } catch {
            throw unreachable
        }
    }

    private struct TooLate: Error {}

    /// Why nothing was answered.
    var unreachable: CommandFailure {
        CommandFailure(
            "no Turnpike answers at \(endpoint): start one with 'turnpike serve', or name another "
                + "with --endpoint")
    }

    /// Why an answer is not taken.
    func isNoTurnpike(_ status: Int) -> CommandFailure {
        CommandFailure("what answers at \(endpoint) is no Turnpike (HTTP \(status))")
    }

    /// The document of an answer; throws what a refusal says.
    func document(_ body: ByteBuffer, _ status: Int) throws(CommandFailure) -> JSONDocument {
        guard let document = try? JSONDocument(parsing: Array(body.readableBytesView)) else {
            throw isNoTurnpike(status)
        }
        guard (200...299).contains(status) else {
            let detail = document.root["detail"]?.text ?? "HTTP \(status)"
            throw CommandFailure("\(endpoint) refuses: \(detail)")
        }
        return document
    }
}

extension JSONValue {
    var elementList: [JSONValue] { kind == .list ? Array(elements) : [] }
}
