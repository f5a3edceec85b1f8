import Testing

@testable import TurnpikeServer
@testable import WebServer

@Suite("Bad input on a live socket", .serialized)
struct BadInputTests {
    private static let head = """
        POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\n\
        X-Amz-Target: AWSMPMeteringService.BatchMeterUsage\r\n
        """

    @Test("A body of 1 MB and one byte is answered with 413, whole or in chunks")
    func tooLarge() async throws {
        let size = HTTPLimits.bodyBytes + 1
        let body = String(repeating: "x", count: size)
        let whole = Self.head + "Content-Length: \(size)\r\n\r\n" + body
        let chunked =
            Self.head + "Transfer-Encoding: chunked\r\n\r\n" + String(size, radix: 16) + "\r\n"
            + body + "\r\n0\r\n\r\n"
        try await withServer { port, _ in
            for request in [whole, chunked] {
                let answer = try await RawConnection.open(port: port).exchange([request])
                #expect(answer.hasPrefix("HTTP/1.1 413 "))
                #expect(answer.lowercased().contains("\r\nx-amzn-requestid: "))
                #expect(answer.contains("\r\nDate: "))
                #expect(
                    answer.hasSuffix(
                        #"{"__type":"RequestEntityTooLargeException","message":"Request size "#
                            + #"exceeds 1 MB"}"#))
            }
        }
    }

    @Test("A client that waits to be asked for its body is asked")
    func expectation() async throws {
        let head = Self.head + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        try await withServer { port, _ in
            let interim = try await RawConnection.open(port: port).exchange(
                [head], until: "\r\n\r\n")
            #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
            let whole = try await RawConnection.open(port: port).exchange(
                [head, "{}"], until: "}")
            #expect(whole.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 "))
        }
    }

    @Test("A client that asks whether it may send too much is told at once")
    func refusedExpectation() async throws {
        let head = Self.head + "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
        try await withServer { port, _ in
            let answer = try await RawConnection.open(port: port).exchange([head])
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test("Bodies have a budget together, which is given back")
    func budget() {
        let budget = BodyBudget(bytes: 10)
        let first = BodyBudget.Share(of: budget)
        let second = BodyBudget.Share(of: budget)
        #expect(first.take(6))
        #expect(!second.take(5))
        #expect(second.take(4))
        first.giveBack()
        first.giveBack()
        let third = BodyBudget.Share(of: budget)
        #expect(!third.take(7))
        #expect(third.take(6))
    }

    @Test("A body of exactly 1 MB is read")
    func largest() async throws {
        let body = String(repeating: " ", count: HTTPLimits.bodyBytes)
        let request = Self.head + "Content-Length: \(HTTPLimits.bodyBytes)\r\n\r\n" + body
        try await withServer { port, _ in
            let answer = try await RawConnection.open(port: port).exchange(
                [request], until: "}")
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.hasSuffix(#"{"__type":"SerializationException"}"#))
        }
    }

    @Test("A body that never ends is cut off, and the next request is served")
    func endlessBody() async throws {
        let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
        let endless = sequence(first: Self.head + "Transfer-Encoding: chunked\r\n\r\n") { _ in
            chunk
        }
        // Far more than what is read and thrown away.
        let bytes = Array(endless.prefix(400))
        try await withServer { port, _ in
            _ = try await RawConnection.open(port: port).exchange(bytes)
            #expect(try await Self.isHealthy(port))
        }
    }

    @Test("A header that never ends is cut off, and the next request is served")
    func endlessHeader() async throws {
        let endless = sequence(first: "POST / HTTP/1.1\r\nX-A: ") { _ in
            String(repeating: "x", count: 16_384)
        }
        let manyFields = sequence(first: "POST / HTTP/1.1\r\n") { _ in "X-A: b\r\n" }
        try await withServer { port, _ in
            for header in [Array(endless.prefix(64)), Array(manyFields.prefix(4096))] {
                let answer = try await RawConnection.open(port: port).exchange(header)
                #expect(answer.hasPrefix("HTTP/1.1 400 ") || answer.isEmpty)
            }
            #expect(try await Self.isHealthy(port))
        }
    }

    @Test("What is no HTTP is answered with 400 or a closed connection")
    func noHTTP() async throws {
        try await withServer { port, _ in
            for text in ["\u{16}\u{3}\u{1}\u{0}\n\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
                let answer = try await RawConnection.open(port: port).exchange([text])
                #expect(answer.hasPrefix("HTTP/1.1 400 ") || answer.isEmpty)
            }
            #expect(try await Self.isHealthy(port))
        }
    }

    @Test("A thousand idle connections keep nobody else out")
    func idleConnections() async throws {
        try await withServer { port, _ in
            var connections: [RawConnection] = []
            for _ in 0..<1000 { connections.append(try await RawConnection.open(port: port)) }
            #expect(try await Self.isHealthy(port))
            // They are closed when nobody has them any more.
            withExtendedLifetime(connections) {}
        }
    }

    @Test("Several requests of one connection are answered in order")
    func keepAlive() async throws {
        let request = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        try await withServer { port, _ in
            let last = "GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            let answer = try await RawConnection.open(port: port).exchange(
                [request + request, last])
            let statuses = answer.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
            #expect(statuses == ["200", "200", "404"])
        }
    }

    private static func isHealthy(_ port: Int) async throws -> Bool {
        let answer = try await RawConnection.open(port: port).exchange(
            ["GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"], until: "}")
        return answer.hasPrefix("HTTP/1.1 200 ")
    }
}
