import AWSWire
import AsyncHTTPClient
import Foundation
import MeteringAPI
import NIOCore
import NIOHTTP1
import NIOPosix

/// A server in a process of its own, so that it can be killed.
///
/// Started by hand: Foundation's `Process` does not notice every end of one on Linux.
struct TurnpikeProcess: Sendable {
    let port: Int
    private let pid: pid_t

    /// Starts `turnpike serve` with these arguments and waits until it listens.
    init(_ arguments: [String]) async throws {
        let output = Pipe()
        pid = try Self.spawn(["serve", "--port", "0"] + arguments, output: output)
        let handle = output.fileHandleForReading
        port = try await NIOThreadPool.singleton.runIfActive {
            var text = ""
            while let data = try handle.read(upToCount: 1), !data.isEmpty {
                text += String(decoding: data, as: UTF8.self)
                guard text.last == "\n" else { continue }
                let line = text.split(separator: "\n").first ?? ""
                if let port = line.split(separator: ":").last.flatMap({ Int($0) }) { return port }
            }
            throw NoPort(output: text)
        }
    }

    private static func spawn(_ arguments: [String], output: Pipe) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(
            &actions, output.fileHandleForWriting.fileDescriptor, 1)
        var texts = ([binary.path] + arguments).map { strdup($0) }
        defer { for text in texts { free(text) } }
        texts.append(nil)
        var pid = pid_t()
        let status = posix_spawn(&pid, binary.path, &actions, nil, texts, environ)
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
        try output.fileHandleForWriting.close()
        return pid
    }

    struct NoPort: Error {
        let output: String
    }

    /// The command beside the tests.
    private static var binary: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: ".build/debug/turnpike")
    }

    /// Ends the process at once, as a crash does.
    func kill() async throws {
        Foundation.kill(pid, SIGKILL)
        _ = try await status()
    }

    /// Asks the process to stop, and gives its exit status.
    func terminate() async throws -> Int32 {
        Foundation.kill(pid, SIGTERM)
        return try await status()
    }

    /// The exit status once the process has ended; a signal is 128 and its number.
    private func status() async throws -> Int32 {
        try await NIOThreadPool.singleton.runIfActive {
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        }
    }
}

/// Signs requests with a key and sends them over HTTP.
struct SigningClient: Sendable {
    let port: Int
    let accessKeyID: String
    let secretAccessKey: String

    func send(_ operation: OperationName, _ body: String) async throws -> JSONDocument {
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        let headers: [(name: String, value: String)] = [
            ("host", "127.0.0.1:\(port)"), ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSMPMeteringService.\(operation.rawValue)"),
            ("x-amz-date", AmzDate.text(now)),
        ]
        let steps = RequestSigner(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, region: "us-east-1",
            service: "aws-marketplace"
        ).sign(
            SignableRequest(method: "POST", path: "/", headers: headers),
            payload: Array(body.utf8), at: now)
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/")
        request.method = .POST
        for header in headers.dropFirst() + [("authorization", steps.authorization)] {
            request.headers.add(name: header.name, value: header.value)
        }
        request.body = .bytes(ByteBuffer(string: body))
        return try await Self.answer(request)
    }

    func get(_ path: String) async throws -> JSONDocument {
        try await Self.answer(HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)"))
    }

    /// A client that does not wait for a server that was killed; it lives as long as the tests.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private static func answer(_ request: HTTPClientRequest) async throws -> JSONDocument {
        let response = try await http.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 16 * 1_048_576)
        return try JSONDocument(parsing: Array(body.readableBytesView))
    }
}
