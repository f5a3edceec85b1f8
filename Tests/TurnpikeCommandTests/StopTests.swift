import AWSWire
import Foundation
import MeteringAPI
import TestProcesses
import Testing
import TurnpikeServer

@Suite("A server that is told to stop", .timeLimit(.minutes(20)))
struct StopTests {
    @Test(
        "finishes what is in flight, takes nothing new, and ends with 0",
        arguments: ["TERM", "INT"])
    func inFlight(name: String) async throws {
        let server = try await TurnpikeProcess(["--in-memory"])
        let idle = try Peer(port: server.port)
        let client = try Peer(port: server.port)
        let body = #"{"role":"seller","name":"Acme"}"#
        try client.send(
            "PUT /control/v1/accounts/111122223333 HTTP/1.1\r\nHost: localhost\r\n"
                + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
        // The server has begun with the request once it asks for the body.
        #expect(try client.read(25) == "HTTP/1.1 100 Continue\r\n\r\n")
        server.send(name == "TERM" ? SIGTERM : SIGINT)
        // From here to the answer nothing is awaited: among many other tests, this one might be
        // continued only after the time that the server leaves for what is in flight.
        #expect(try idle.readToEnd().isEmpty)
        #expect(throws: Peer.Failure.self) { try Peer(port: server.port) }
        try client.send(body)
        let answer = try client.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 201 Created\r\n"))
        #expect(answer.contains("\"accountId\":\"111122223333\""))
        #expect(try await server.status() == 0)
    }

    @Test("closes idle connections at once, also while it answers another")
    func idle() async throws {
        let server = try await TurnpikeProcess(["--in-memory"])
        let silent = try Peer(port: server.port)
        let busy = try Peer(port: server.port)
        try busy.send(
            "POST /control/v1/reset HTTP/1.1\r\nHost: localhost\r\n"
                + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try busy.read(25) == "HTTP/1.1 100 Continue\r\n\r\n")
        server.send(SIGTERM)
        // It ends while the other request still lacks its body.
        #expect(try silent.readToEnd().isEmpty)
        try busy.send("{}")
        let answer = try busy.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
        #expect(try await server.status() == 0)
    }

    @Test(
        "does not wait for the latency of a fault, and nobody does once the plan is gone",
        arguments: [true, false])
    func latency(stops: Bool) async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let client = SigningClient(
            port: server.port, accessKeyID: Demo.seller.accessKeyID,
            secretAccessKey: Demo.seller.secretAccessKey)
        _ = try await client.post("/control/v1/faults", #"{"latency":600}"#)
        let peer = try Peer(port: server.port)
        try peer.send(
            client.text(of: .resolveCustomer, #"{"RegistrationToken":"unknown"}"#))
        while try await client.get("/control/v1/faults").root["rules"]?.elements.map({
            $0["fired"]?.numberText
        }) != ["1"], !Task.isCancelled { await Task.yield() }
        if stops {
            server.send(SIGTERM)
        } else {
            _ = try await client.post("/control/v1/reset", "{}")
        }
        #expect(try peer.read(26) == "HTTP/1.1 400 Bad Request\r\n")
        if !stops { server.send(SIGTERM) }
        #expect(try await server.status() == 0)
    }
}

/// A plain socket to a server on this machine.
private final class Peer {
    private let socket: Int32

    struct Failure: Error {
        let call: String
        let code: Int32
    }

    init(port: Int) throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = socket
        let status = withUnsafeBytes(of: &address) {
            connect(
                descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress,
                socklen_t($0.count))
        }
        // `deinit` closes the socket also when this fails, as everything is initialized by now.
        guard status == 0 else { throw Failure(call: "connect", code: errno) }
    }

    deinit { close(socket) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard
            Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw Failure(call: "send", code: errno) }
    }

    /// Reads so many bytes.
    func read(_ count: Int) throws -> String {
        var bytes = [UInt8](repeating: 0, count: count)
        guard recv(socket, &bytes, count, Int32(MSG_WAITALL)) == count else {
            throw Failure(call: "recv", code: errno)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func readToEnd() throws -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(socket, &buffer, buffer.count, 0), count != 0 {
            guard count > 0 else { throw Failure(call: "recv", code: errno) }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        return text
    }
}
