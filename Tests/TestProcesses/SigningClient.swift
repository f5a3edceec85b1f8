package import AWSWire
import AsyncHTTPClient
import Foundation
package import MeteringAPI
import NIOCore
import NIOHTTP1

/// Signs requests with a key and sends them over HTTP.
package struct SigningClient: Sendable {
    private let port: Int
    private let accessKeyID: String
    private let secretAccessKey: String

    package init(port: Int, accessKeyID: String, secretAccessKey: String) {
        self.port = port
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }

    package func send(_ operation: OperationName, _ body: String) async throws -> JSONDocument {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/")
        request.method = .POST
        for header in signedHeaders(operation, body).dropFirst() {
            request.headers.add(name: header.name, value: header.value)
        }
        request.body = .bytes(ByteBuffer(string: body))
        return try await Self.answer(request)
    }

    /// The request as it goes over a connection.
    package func text(of operation: OperationName, _ body: String) -> String {
        let fields = signedHeaders(operation, body).map { "\($0.name): \($0.value)\r\n" }.joined()
        return "POST / HTTP/1.1\r\n\(fields)content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func signedHeaders(
        _ operation: OperationName, _ body: String
    ) -> [(name: String, value: String)] {
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        let headers: [(name: String, value: String)] = [
            ("host", "127.0.0.1:\(port)"), ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", operation.target),
            ("x-amz-date", AmzDate.text(now)),
        ]
        let steps = RequestSigner(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, region: "us-east-1",
            service: "aws-marketplace"
        ).sign(
            SignableRequest(method: "POST", path: "/", headers: headers),
            payload: Array(body.utf8), at: now)
        return headers + [("authorization", steps.authorization)]
    }

    package func get(_ path: String) async throws -> JSONDocument {
        try await Self.answer(HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)"))
    }

    /// What is answered to a GET, as text.
    package func text(_ path: String) async throws -> String {
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        return String(buffer: try await Self.body(request))
    }

    /// Posts to the control API, which asks for no signature.
    package func post(_ path: String, _ body: String) async throws -> JSONDocument {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: body))
        return try await Self.answer(request)
    }

    /// A client that does not wait for a server that was killed; it lives as long as the tests.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private static func answer(_ request: HTTPClientRequest) async throws -> JSONDocument {
        try JSONDocument(parsing: Array(try await body(request).readableBytesView))
    }

    private static func body(_ request: HTTPClientRequest) async throws -> ByteBuffer {
        let response = try await http.execute(request, timeout: .seconds(60))
        return try await response.body.collect(upTo: 16 * 1_048_576)
    }
}
