import HTTPTypes
import NIOCore
import NIOEmbedded
import Testing

@testable import TurnpikeServer
@testable import WebServer

@Suite("Clients that read slowly", .timeLimit(.minutes(20)))
struct SlowReaderTests {
    private static let bytes = 2 * 1024 * 1024

    @Test("One that reads steadily, as slowly as is allowed, gets its answer whole")
    func steady() async throws {
        try await withReader { client in
            client.read(bytesPerSecond: HTTPLimits.slowestReading, seconds: 150)
            #expect(client.taken > Self.bytes)
            #expect(client.isConnected)
        }
    }

    @Test("One that reads nothing is cut off after 30 s, and no sooner")
    func silent() async throws {
        try await withReader { client in
            client.read(bytesPerSecond: 0, seconds: 29)
            #expect(client.isConnected)
            client.read(bytesPerSecond: 0, seconds: 1)
            #expect(!client.isConnected)
        }
    }

    @Test("One that stops to read in the middle is cut off 30 s after its last part")
    func stopping() async throws {
        try await withReader { client in
            client.read(bytesPerSecond: HTTPLimits.slowestReading, seconds: 60)
            // A part lasts two seconds at this rate, so the last one began that long ago at most.
            client.read(bytesPerSecond: 0, seconds: 27)
            #expect(client.isConnected)
            client.read(bytesPerSecond: 0, seconds: 3)
            #expect(!client.isConnected)
            #expect(client.taken < Self.bytes / 2)
        }
    }

    /// Runs `body` with a client that has asked for an answer.
    ///
    /// The task that answers runs on the thread and the clock of `body`: a second costs
    /// microseconds, also where many other tests wait for a thread.
    private func withReader(_ body: (SlowReader) throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            let client = try SlowReader(answer: Self.bytes, in: &group)
            defer { client.leave() }
            try body(client)
        }
    }
}

/// A client on a connection in memory.
private final class SlowReader {
    private let channel = EmbeddedChannel()
    private let buffers = Buffers()

    /// Asks for an answer of so many bytes, and is there when it begins.
    init(answer bytes: Int, in group: inout ThrowingTaskGroup<Void, any Error>) throws {
        try channel.pipeline.syncOperations.addHandler(buffers)
        let connection = try Connection(channel, budget: BodyBudget(bytes: 1024))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        group.addTask(executorPreference: LoopExecutor(loop: channel.eventLoop)) {
            await connection.serve { _ in
                PlainResponse(status: .ok, body: Array(repeating: 0x61, count: bytes))
            }
        }
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        channel.embeddedEventLoop.run()
        #expect(buffers.written > 0)
    }

    /// How many bytes it has taken.
    var taken: Int { buffers.taken }

    var isConnected: Bool { channel.isActive }

    /// Lets so many seconds pass, and takes so much of the answer, or all there is, in each.
    func read(bytesPerSecond: Int, seconds: Int) {
        for _ in 0..<seconds {
            if buffers.take(bytesPerSecond) {
                channel.isWritable = true
                channel.pipeline.fireChannelWritabilityChanged()
            }
            channel.embeddedEventLoop.run()
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
    }

    /// Closes the connection, so that the task that answers ends.
    func leave() {
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}

/// The buffers between a server and a client: the system's, and those of the channel.
private final class Buffers: ChannelOutboundHandler {
    typealias OutboundIn = IOData

    private(set) var written = 0
    private(set) var taken = 0
    private var isFull = false

    /// The marks of a channel, above what the system and the client hold of what is written.
    private static let high = HTTPLimits.unsentBytes + 65_536
    private static let low = HTTPLimits.unsentBytes + 32_768

    /// Takes so much, or all there is; says whether the channel has room again.
    func take(_ bytes: Int) -> Bool {
        taken = min(written, taken + bytes)
        guard isFull, written - taken < Self.low else { return false }
        isFull = false
        return true
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        if !isFull, written - taken > Self.high {
            isFull = true
            (context.channel as? EmbeddedChannel)?.isWritable = false
            context.fireChannelWritabilityChanged()
        }
        promise?.succeed()
    }
}
