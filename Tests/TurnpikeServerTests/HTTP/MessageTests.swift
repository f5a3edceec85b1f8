import Foundation
import HTTPTypes
import NIOHTTP1
import Testing

@testable import TurnpikeServer
@testable import WebServer

@Suite("The forms of HTTP on a live socket", .timeLimit(.minutes(20)))
struct MessageTests {
    private static let health = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"

    /// All that comes back until the server closes the connection.
    private static func exchange(_ text: String) async throws -> String {
        try await withServer { port, _ in
            try await RawConnection.open(port: port).exchange([text])
        }
    }

    private static func statuses(_ answer: String) -> [String] {
        answer.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
    }

    @Test(
        "HEAD has no body, also for a stream, and the next answer begins behind the head",
        arguments: ["*/*", "text/event-stream"])
    func head(accept: String) async throws {
        let answer = try await Self.exchange(
            "HEAD /control/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: \(accept)\r\n\r\n"
                + Self.health + "Connection: close\r\n\r\n")
        let parts = answer.components(separatedBy: "\r\n\r\n")
        #expect(parts.count == 3, "\(answer)")
        #expect(parts[0].hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(parts[1].hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
    }

    @Test(
        "Connection is a list, in any case",
        arguments: ["close", "Close", "close, TE", "TE , CLOSE", "keep-alive\r\nConnection: close"])
    func close(value: String) async throws {
        let answer = try await Self.exchange(
            Self.health + "Connection: \(value)\r\n\r\n" + Self.health + "\r\n")
        #expect(Self.statuses(answer) == ["200"])
        #expect(answer.contains("\r\nConnection: close\r\n"), "\(answer)")
    }

    @Test("A client that closes its side after its requests gets all answers, to their ends")
    func halfClosed() async throws {
        let request = "GET /control/v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        let one = try await Self.exchange(
            request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
        let all = try await withServer { port, _ in
            try await RawConnection.open(port: port)
                .sendAndFinish(String(repeating: request, count: 50))
        }
        let length = one.utf8.count - "Connection: close\r\n".utf8.count
        #expect(all.utf8.count == 50 * length)
    }

    @Test("A client of HTTP/1.0 has its connection closed, unless it asks for it to stay")
    func oldClient() async throws {
        let old = "GET /health HTTP/1.0\r\n"
        let answer = try await Self.exchange(
            old + "Connection: Keep-Alive\r\n\r\n" + old + "\r\n" + old + "\r\n")
        #expect(Self.statuses(answer) == ["200", "200"])
        let connections = answer.split(separator: "\r\n").filter { $0.hasPrefix("Connection: ") }
        #expect(connections == ["Connection: keep-alive", "Connection: close"])
    }

    @Test("A client of HTTP/1.0 is asked for no body, and gets a stream without chunks")
    func oldStream() async throws {
        let body = "{}"
        let interim = try await Self.exchange(
            "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n" + body)
        #expect(interim.hasPrefix("HTTP/1.1 403 ") || interim.hasPrefix("HTTP/1.1 404 "))
        let stream = try await Self.stream(
            "GET /control/v1/events HTTP/1.0\r\nHost: localhost\r\n"
                + "Accept: text/event-stream\r\n\r\n", until: "\n\n")
        #expect(!stream.contains("chunked"), "\(stream)")
        #expect(stream.contains("\r\nConnection: close\r\n\r\nid: 1\ndata: {"), "\(stream)")
    }

    @Test("A client is asked for its body when it is its turn, and not before earlier answers")
    func expectation() async throws {
        let answer = try await Self.exchange(
            Self.health + "\r\n"
                + "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
                + "Connection: close\r\nContent-Length: 2\r\n\r\n{}")
        #expect(Self.statuses(answer) == ["200", "100", "404"], "\(answer)")
    }

    @Test("A client is not asked for a body in the middle of a stream")
    func expectationBehindStream() async throws {
        let stream = try await Self.stream(
            "GET /control/v1/events HTTP/1.1\r\nHost: localhost\r\n"
                + "Accept: text/event-stream\r\n\r\n"
                + "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                + "Content-Length: 2\r\n\r\n", until: "subscribe-fail"
        ) { application in
            _ = await application.respond(
                to: PlainRequest(
                    method: .post, path: "/control/v1/events", authority: "127.0.0.1",
                    body: Array(#"{"type":"subscribe-fail","agreementId":"agmt-1"}"#.utf8)))
        }
        #expect(stream.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!stream.contains("100 Continue"), "\(stream)")
    }

    /// What comes back of a stream of events until it holds a text.
    private static func stream(
        _ text: String, until ending: String,
        _ body: @escaping @Sendable (TurnpikeApplication) async -> Void = { _ in }
    ) async throws -> String {
        var configuration = TurnpikeConfiguration()
        configuration.seed = TurnpikeConfiguration.Seed(
            name: "seed.yaml", text: DeliveryTests.seed)
        return try await withServer(configuration) { port, application in
            async let answer = RawConnection.open(port: port).exchange([text], until: ending)
            await body(application)
            return try await answer
        }
    }

    @Test(
        "A request with two hosts, or none, is refused with a reason",
        arguments: [
            ("Host: 127.0.0.1\r\nhost: 127.0.0.1\r\n", "2 Host fields"), ("", "no Host field"),
        ])
    func hosts(fields: String, reason: String) async throws {
        let answer = try await Self.exchange("GET /health HTTP/1.1\r\n\(fields)\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.contains(reason), "\(answer)")
    }

    @Test("The host of an absolute target is the host, whatever the field says")
    func absolute() async throws {
        let close = "Connection: close\r\n\r\n"
        let evil = try await Self.exchange(
            "GET http://evil.example/control/v1/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\(close)")
        #expect(evil.hasPrefix("HTTP/1.1 403 "), "\(evil)")
        let good = try await Self.exchange(
            "GET http://127.0.0.1/control/v1/clock HTTP/1.1\r\nHost: evil.example\r\n\(close)")
        #expect(good.hasPrefix("HTTP/1.1 200 "), "\(good)")
    }

    @Test(
        "A target is a path, or a URL of http",
        arguments: [
            ("/a?b=c?d", "/a", "b=c?d", nil), ("http://h", "/", "", "h"),
            ("HTTP://h:1?q", "/", "q", "h:1"), ("https://[::1]/a//b?q", "/a//b", "q", "[::1]"),
            ("*", "*", "", nil),
        ] as [(String, String, String, String?)])
    func targets(text: String, path: String, query: String, host: String?) throws {
        let head = try RequestHead(
            HTTPRequestHead(
                version: .http1_1, method: .OPTIONS, uri: text, headers: ["host": "field"]))
        #expect(head.request.path == path)
        #expect(head.request.query == query)
        #expect(head.request.authority == host ?? "field")
    }

    @Test("What is neither is refused", arguments: ["http://", "ftp://h/", "http://u@h/"])
    func badTargets(text: String) {
        #expect(throws: RequestHead.Objection.self) {
            try RequestHead(
                HTTPRequestHead(
                    version: .http1_1, method: .GET, uri: text, headers: ["host": "field"]))
        }
    }
}
