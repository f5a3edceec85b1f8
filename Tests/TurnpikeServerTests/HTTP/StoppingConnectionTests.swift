import HTTPTypes
import NIOCore
import NIOEmbedded
import Testing

@testable import TurnpikeServer
@testable import WebServer

@Suite("Connections of a server that stops", .timeLimit(.minutes(20)))
struct StoppingConnectionTests {
    @Test("One that waits for a request closes at once, also if it is not open yet")
    func idle() throws {
        for isOpen in [true, false] {
            let channel = EmbeddedChannel()
            _ = try Connection(channel, budget: BodyBudget(bytes: 1024))
            if isOpen { try connect(channel) }
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            channel.embeddedEventLoop.run()
            #expect(throws: ChannelError.alreadyClosed) { try channel.close().wait() }
        }
    }

    @Test("One that still lacks a body gets its answer, and is closed after it")
    func reading() async throws {
        try await withThrowingTaskGroup { group in
            try answerReading(in: &group)
        }
    }

    /// Nothing in it is awaited, so that all of it runs on one thread, as the channel must.
    private func answerReading(in group: inout ThrowingTaskGroup<Void, any Error>) throws {
        let channel = EmbeddedChannel()
        let connection = try Connection(channel, budget: BodyBudget(bytes: 1024))
        try connect(channel)
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        group.addTask(executorPreference: LoopExecutor(loop: channel.eventLoop)) {
            await connection.serve { request in
                PlainResponse(status: .created, body: request.body)
            }
        }
        let head = "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
        try channel.writeInbound(ByteBuffer(string: head))
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        channel.embeddedEventLoop.run()
        #expect(channel.isActive)
        try channel.writeInbound(ByteBuffer(string: "body"))
        channel.embeddedEventLoop.run()
        var answer = ""
        while case .byteBuffer(let bytes) = try channel.readOutbound(as: IOData.self) {
            answer += String(buffer: bytes)
        }
        #expect(answer.hasPrefix("HTTP/1.1 201 Created\r\n"))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nbody"))
        #expect(!channel.isActive)
    }

    private func connect(_ channel: EmbeddedChannel) throws {
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }
}
