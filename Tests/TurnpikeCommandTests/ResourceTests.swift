import AWSWire
import Foundation
import MeteringAPI
import NIOCore
import NIOPosix
import TestProcesses
import Testing
import TurnpikeServer

@Suite("What a server takes of the machine", .serialized, .timeLimit(.minutes(20)))
struct ResourceTests {
    private static func client(_ server: TurnpikeProcess) -> SigningClient {
        SigningClient(
            port: server.port, accessKeyID: Demo.seller.accessKeyID,
            secretAccessKey: Demo.seller.secretAccessKey)
    }

    private static func connect(_ server: TurnpikeProcess) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: server.port).get()
    }

    /// A connected socket; nil where there is none to be had.
    private static func open(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    @Test("With fewer files than connections it takes no processor's time, and goes on afterwards")
    func descriptors() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"], files: 64)
        let client = Self.client(server)
        _ = try await client.post("/control/v1/faults", #"{"latency":2}"#)
        // At once, without waiting for a thread in between: after a minute the server closes them.
        let connections = (0..<200).compactMap { _ in Self.open(server.port) }
        #expect(connections.count == 200)
        // The client's connection was there before the others; its request takes two seconds.
        let before = try server.processorTime()
        let answer = try await client.send(
            .resolveCustomer, #"{"RegistrationToken":"unknown"}"#)
        let taken = try server.processorTime() - before
        #expect(answer.root["__type"] != nil)
        #expect(taken < 100, "\(taken) hundredths of a second")
        for connection in connections { close(connection) }
        let health = try await client.get("/health")
        #expect(health.root.kind == .object)
        try await server.kill()
    }

    @Test("Requests that a fault stalls hold no more than their bodies")
    func stalled() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let client = Self.client(server)
        _ = try await client.post("/control/v1/faults", #"{"stall":true}"#)
        let empty = try server.peakMemory()
        // Three bytes each, which take more than a hundred once they are parsed.
        let list = Array(repeating: "{}", count: 330_000).joined(separator: ",")
        let text = client.text(of: .batchMeterUsage, #"{"UsageRecords":[\#(list)]}"#)
        let count = 24
        var connections: [any Channel] = []
        var stalled = 0
        // On a busy machine a body may come too slowly, and its connection is closed.
        while stalled < count, !Task.isCancelled {
            connections.removeAll { !$0.isActive }
            while connections.count < count {
                let connection = try await Self.connect(server)
                try? await connection.writeAndFlush(ByteBuffer(string: text))
                connections.append(connection)
            }
            let rules = try await client.get("/control/v1/faults").root["rules"]?.elements
            let fired = rules?.first { _ in true }?["fired"]?.numberText
            stalled = fired.flatMap { Int($0) } ?? 0
            await Task.yield()
        }
        // Only those that are parsed at this moment; kept, it would be 40 megabytes for each.
        #expect(try server.peakMemory() - empty < 400_000)
        for connection in connections { try? await connection.close() }
        try await server.kill()
    }
}
