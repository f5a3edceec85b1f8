import AWSWire
import Foundation
import MeteringAPI
import NIOCore
import NIOPosix
import TestProcesses
import Testing
import TurnpikeServer

@Suite("What a server takes of the machine", .serialized, .timeLimit(.minutes(3)))
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

    @Test("With fewer files than connections it takes no processor's time, and goes on afterwards")
    func descriptors() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"], files: 64)
        let client = Self.client(server)
        _ = try await client.post("/control/v1/faults", #"{"latency":2}"#)
        var connections: [any Channel] = []
        for _ in 0..<200 { connections.append(try await Self.connect(server)) }
        // The client's connection was there before the others; its request takes two seconds.
        let before = try server.processorTime()
        let answer = try await client.send(
            .resolveCustomer, #"{"RegistrationToken":"unknown"}"#)
        let taken = try server.processorTime() - before
        #expect(answer.root["__type"] != nil)
        #expect(taken < 100, "\(taken) hundredths of a second")
        // On a busy machine the server may have closed them by now, after its minute for a header.
        for connection in connections { try? await connection.close() }
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
        for _ in 0..<count {
            let connection = try await Self.connect(server)
            try await connection.writeAndFlush(ByteBuffer(string: text))
            connections.append(connection)
        }
        while try await client.get("/control/v1/faults").root["rules"]?.elements.first(where: {
            _ in true
        })?["fired"]?.numberText != String(count) { await Task.yield() }
        // Only those that are parsed at this moment; kept, it would be 40 megabytes for each.
        #expect(try server.peakMemory() - empty < 400_000)
        for connection in connections { try? await connection.close() }
        try await server.kill()
    }
}
