import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import TurnpikeServer
import WebServer

@Suite("Requests that are sent ahead of their answers")
struct PipeliningTests {
    private static func head(_ path: String) -> HTTPServerRequestPart {
        .head(
            HTTPRequestHead(
                version: .http1_1, method: .POST, uri: path, headers: ["Host": "localhost"]))
    }

    @Test("One that has been read whole has no deadline while it waits or is answered")
    func noDeadline() throws {
        let channel = try connected()
        try send("/1", to: channel)
        try send("/2", to: channel)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        #expect(try delivered(by: channel) == ["/1", "end"])
        try answer(on: channel)
        #expect(try delivered(by: channel) == ["/2", "end"])
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        try answer(on: channel)
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("One whose body is not whole has its deadline from the moment that it is its turn")
    func dripping() throws {
        let channel = try connected()
        try send("/1", to: channel)
        try channel.writeInbound(Self.head("/2"))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        try answer(on: channel)
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("Nothing more is read while one waits")
    func readsAreHeldBack() throws {
        let reads = ReadCounter()
        let channel = EmbeddedChannel(handlers: [reads, RequestQueue(), RequestDeadlines()])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try send("/1", to: channel)
        channel.read()
        #expect(reads.count == 1)
        try send("/2", to: channel)
        channel.read()
        #expect(reads.count == 1)
        try answer(on: channel)
        #expect(reads.count == 2)
    }

    @Test("What comes after the last answer is thrown away, and does not keep the connection open")
    func last() throws {
        let channel = try connected()
        try send("/1", to: channel)
        try send("/2", to: channel)
        try answer(on: channel, headers: ["Connection": "close"])
        try send("/3", to: channel)
        #expect(try delivered(by: channel) == ["/1", "end"])
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(!channel.isActive)
    }

    @Test("What is no HTTP is told after the answers to what came before it")
    func failure() throws {
        let channel = try connected()
        try send("/1", to: channel)
        channel.pipeline.fireErrorCaught(HTTPParserError.invalidMethod)
        try channel.throwIfErrorCaught()
        try answer(on: channel)
        #expect(throws: HTTPParserError.self) { try channel.throwIfErrorCaught() }
    }

    private func connected() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handlers: [RequestQueue(), RequestDeadlines()])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func send(_ path: String, to channel: EmbeddedChannel) throws {
        try channel.writeInbound(Self.head(path))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    private func answer(on channel: EmbeddedChannel, headers: HTTPHeaders = [:]) throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        try channel.writeOutbound(HTTPServerResponsePart.head(head))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    /// The parts that came through since the last time.
    private func delivered(by channel: EmbeddedChannel) throws -> [String] {
        var parts: [String] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head): parts.append(head.uri)
            case .body: parts.append("body")
            case .end: parts.append("end")
            }
        }
        return parts
    }
}

/// Counts how often the connection is read.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart

    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
