import HTTPTypes
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import TurnpikeServer

@Suite("Clients that read slowly", .timeLimit(.minutes(1)))
struct SlowReaderTests {
    private static let bytes = 2 * 1024 * 1024

    @Test("One that reads steadily, as slowly as is allowed, gets its answer whole")
    func steady() async throws {
        let (taken, isOpen) = try await read(bytesPerSecond: Limits.slowestReading, seconds: 150)
        #expect(taken > Self.bytes)
        #expect(isOpen)
    }

    @Test("One that reads nothing is cut off after 30 s, and no sooner")
    func silent() async throws {
        #expect(try await read(bytesPerSecond: 0, seconds: 29).isOpen)
        #expect(try await !read(bytesPerSecond: 0, seconds: 31).isOpen)
    }

    @Test("One that stops to read in the middle is cut off 30 s later")
    func stopping() async throws {
        let (taken, isOpen) = try await read(
            bytesPerSecond: Limits.slowestReading, seconds: 100, stoppingAfter: 60)
        #expect(taken < Self.bytes / 2)
        #expect(!isOpen)
    }

    /// How much a client takes of an answer, and whether its connection is open afterwards.
    private func read(
        bytesPerSecond: Int, seconds: Int, stoppingAfter end: Int = .max
    ) async throws -> (taken: Int, isOpen: Bool) {
        let channel = NIOAsyncTestingChannel()
        let straw = Straw()
        let connection = try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandler(straw.handler(channel))
            return try Connection(channel, budget: BodyBudget(bytes: 1024))
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        return try await withThrowingTaskGroup { group in
            group.addTask {
                await connection.serve { _ in
                    PlainResponse(status: .ok, body: Array(repeating: 0x61, count: Self.bytes))
                }
            }
            try await channel.writeInbound(
                ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            // The answer begins before time does.
            while straw.written == 0 { await Task.yield() }
            for second in 1...seconds {
                let amount = second <= end ? bytesPerSecond : 0
                try await channel.testingEventLoop.executeInContext { straw.take(amount, channel) }
                await straw.settle()
                await channel.testingEventLoop.advanceTime(by: .seconds(1))
            }
            let isOpen = channel.isActive
            try? await channel.close()
            return (straw.taken, isOpen)
        }
    }
}

/// A client with the buffers of a connection before it: the system's, and the server's.
private final class Straw: Sendable {
    private struct State {
        var written = 0
        var taken = 0
        var isFull = false
    }

    private let state = Mutex(State())

    /// What the system and the client hold of what is written.
    private static let buffers = Limits.unsentBytes
    /// The marks of a channel, above that.
    private static let (high, low) = (buffers + 65_536, buffers + 32_768)

    var written: Int { state.withLock(\.written) }
    var taken: Int { state.withLock(\.taken) }

    /// Takes so much, or all there is.
    func take(_ bytes: Int, _ channel: NIOAsyncTestingChannel) {
        let isWritableAgain = state.withLock { state in
            state.taken = min(state.written, state.taken + bytes)
            guard state.isFull, state.written - state.taken < Self.low else { return false }
            state.isFull = false
            return true
        }
        if isWritableAgain {
            channel.isWritable = true
            channel.pipeline.fireChannelWritabilityChanged()
        }
    }

    /// Waits until the server has written all that there is room for.
    func settle() async {
        var last = -1
        while last != written {
            last = written
            for _ in 0..<20 { await Task.yield() }
        }
    }

    func handler(_ channel: NIOAsyncTestingChannel) -> Handler {
        Handler(straw: self, channel: channel)
    }

    final class Handler: ChannelOutboundHandler {
        typealias OutboundIn = IOData

        private let straw: Straw
        private let channel: NIOAsyncTestingChannel

        init(straw: Straw, channel: NIOAsyncTestingChannel) {
            self.straw = straw
            self.channel = channel
        }

        func write(
            context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
        ) {
            let bytes = unwrapOutboundIn(data).readableBytes
            let isFullNow = straw.state.withLock { state in
                state.written += bytes
                guard !state.isFull, state.written - state.taken > Straw.high else { return false }
                state.isFull = true
                return true
            }
            if isFullNow {
                channel.isWritable = false
                context.fireChannelWritabilityChanged()
            }
            promise?.succeed()
        }
    }
}
