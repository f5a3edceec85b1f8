import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import TurnpikeServer
@testable import WebServer

@Suite("The gate that connections come through")
struct AcceptGateTests {
    private static let noFiles = IOError(errnoCode: EMFILE, reason: "accept")

    @Test("Without descriptors the accepting pauses, and goes on after a second")
    func pause() throws {
        let channel = try listening()
        channel.pipeline.fireErrorCaught(Self.noFiles)
        // The server goes on.
        try channel.throwIfErrorCaught()
        #expect(!reads(channel))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        #expect(!reads(channel))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(reads(channel))
    }

    @Test("A connection that closes ends the pause at once")
    func closing() throws {
        let channel = try listening()
        let connection = EmbeddedChannel(loop: channel.embeddedEventLoop)
        channel.pipeline.fireChannelRead(connection as any Channel)
        channel.pipeline.fireErrorCaught(Self.noFiles)
        #expect(!reads(channel))
        _ = try? connection.close().wait()
        channel.embeddedEventLoop.run()
        #expect(reads(channel))
    }

    @Test("Beyond the limit no more are accepted until one closes")
    func limit() throws {
        let reads = Reads()
        let channel = try listening(limit: 2, behind: reads)
        let connections = (0..<2).map { _ in EmbeddedChannel(loop: channel.embeddedEventLoop) }
        for (number, connection) in connections.enumerated() {
            channel.read()
            #expect(reads.count == number + 1)
            channel.pipeline.fireChannelRead(connection as any Channel)
        }
        channel.read()
        #expect(reads.count == 2)
        _ = try? connections[0].close().wait()
        channel.embeddedEventLoop.run()
        #expect(reads.count == 3)
    }

    /// Whether the channel reads by itself, as it was told last.
    private func reads(_ channel: EmbeddedChannel) -> Bool {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
            ?? true
    }

    private func listening(
        limit: Int = 10, behind reads: Reads = Reads()
    ) throws -> EmbeddedChannel {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let channel = EmbeddedChannel(
            handlers: [reads, AcceptGate(limit: limit, logger: logger)])
        try channel.bind(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = Never

        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }
}
