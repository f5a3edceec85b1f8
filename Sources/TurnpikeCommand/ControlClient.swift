import AWSWire
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import TurnpikeServer

/// Asks a server's control API.
struct ControlClient {
    let endpoint: String
    let token: String?

    /// How long an answer may take.
    private static let timeoutSeconds: Int64 = 30
    /// How long a move of the clock may take: past a million moments it takes a minute or more.
    private static let moveSeconds: Int64 = 600
    /// The largest answer that is read: a page of a thousand items takes less.
    private static let answerMegabytes = 64

    /// All items of a list, page by page.
    func items(_ path: String, _ query: [(String, String)]) async throws -> [JSONDocument] {
        var items: [JSONDocument] = []
        var cursor: String?
        repeat {
            let page = cursor.map { [("cursor", $0)] } ?? []
            let part = try await self.page(path, query + page)
            items += part.items
            cursor = part.cursor
        } while cursor != nil
        return items
    }

    /// The items of one part of a list, and what leads to the next.
    func page(
        _ path: String, _ query: [(String, String)]
    ) async throws -> (items: [JSONDocument], cursor: String?) {
        let answer = try await get(path, query + [("limit", "1000")])
        let items = try (answer.root["items"]?.elementList ?? []).map {
            try JSONDocument(parsing: Array($0.rawBytes))
        }
        let cursor = answer.root["nextCursor"].flatMap { $0.kind == .string ? $0.text : nil }
        return (items, cursor)
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
        return try await answer(
            request, within: movesClock ? Self.moveSeconds : Self.timeoutSeconds)
    }

    private func answer(
        _ request: HTTPClientRequest, within seconds: Int64 = Self.timeoutSeconds
    ) async throws -> JSONDocument {
        var request = request
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        let status: Int
        let body: ByteBuffer
        do {
            let response = try await Self.http.execute(
                request, timeout: .seconds(seconds))
            status = Int(response.status.code)
            body = try await response.body.collect(upTo: Self.answerMegabytes * 1_048_576)
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw CommandFailure(
                "\(endpoint) accepts connections but did not answer within "
                    + "\(seconds) s: is that a Turnpike?")
        } catch is NIOTooManyBytesError {
            throw CommandFailure(
                "the answer of \(endpoint) is larger than \(Self.answerMegabytes) MB: "
                    + "is that a Turnpike?")
        } catch {
            throw CommandFailure(
                "no Turnpike answers at \(endpoint): start one with 'turnpike serve', or name "
                    + "another with --endpoint")
        }
        guard let document = try? JSONDocument(parsing: Array(body.readableBytesView)) else {
            throw CommandFailure("what answers at \(endpoint) is no Turnpike (HTTP \(status))")
        }
        guard (200...299).contains(status) else {
            let detail = document.root["detail"]?.text ?? "HTTP \(status)"
            throw CommandFailure("\(endpoint) refuses: \(detail)")
        }
        return document
    }
}

extension JSONValue {
    fileprivate var elementList: [JSONValue] { kind == .list ? Array(elements) : [] }
}
