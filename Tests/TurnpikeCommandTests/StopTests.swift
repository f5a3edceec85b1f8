import Foundation
import TestProcesses
import Testing

@Suite("A server that is told to stop")
struct StopTests {
    @Test(
        "finishes what is in flight, takes nothing new, and ends with 0",
        arguments: ["TERM", "INT"])
    func inFlight(name: String) async throws {
        let server = try await TurnpikeProcess(["--in-memory"])
        let client = try Peer(port: server.port)
        let body = #"{"role":"seller","name":"Acme"}"#
        try client.send(
            "PUT /control/v1/accounts/111122223333 HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n" + body.prefix(10))
        try client.waitUntilRead()
        server.send(name == "TERM" ? SIGTERM : SIGINT)
        while (try? Peer(port: server.port)) != nil { await Task.yield() }
        try client.send(String(body.dropFirst(10)))
        let answer = try client.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 201 Created\r\n"))
        #expect(answer.contains("\"accountId\":\"111122223333\""))
        #expect(try await server.status() == 0)
    }
}

/// A plain socket to a server on this machine.
private final class Peer {
    private let socket: Int32
    private let ports: (server: Int, own: Int)

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
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let status = connect(descriptor, address, size)
                if status == 0 { getsockname(descriptor, address, &size) }
                return status
            }
        }
        ports = (port, Int(UInt16(bigEndian: address.sin_port)))
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw Failure(call: "connect", code: code)
        }
    }

    deinit { close(socket) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard
            Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw Failure(call: "send", code: errno) }
    }

    /// Waits until the server has taken everything out of its socket's queue.
    ///
    /// Lines of /proc/net/tcp are `number: local remote state sent:unread …`, in hexadecimal.
    func waitUntilRead() throws {
        let server = String(format: ":%04X", ports.server)
        let own = String(format: ":%04X", ports.own)
        while true {
            let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
            let queues = table.split(separator: "\n").map { $0.split(separator: " ") }.first {
                $0.count > 4 && $0[1].hasSuffix(server) && $0[2].hasSuffix(own)
            }
            if let queues, queues[4].hasSuffix(":00000000") { return }
        }
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
