import HTTPTypes
import Marketplace
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import MarketplaceHost
@testable import TurnpikeServer
@testable import WebServer

@Suite("Targets that begin an answer and do not end it", .timeLimit(.minutes(20)))
struct SilentTargetTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"

    @Test("The time for an attempt ends with the answer's body, and its status counts")
    func body() async throws {
        let site = try await SilentSite(answering: Self.head)
        let market = try await ControlMarket.furnished()
        _ = await market.send(
            .post, "events",
            #"{"type":"License Updated - Manufacturer","agreementId":"agmt-saas"}"#)
        let event = try #require(try await market.store.events(after: 0, limit: 1).first)
        let sender = EventSender(reach: TargetReach(), milliseconds: 5000)
        let outcome = await sender.send(
            event.event, to: EventTarget(id: "a", kind: .webhook, url: site.url),
            at: ControlMarket.now)
        #expect(outcome == .delivered)
        try await site.close()
    }

    @Test(
        "A target that is moved, or deleted and made again, is asked at its new address at once",
        arguments: [false, true], [Self.head, ""])
    func moved(isDeleted: Bool, answer: String) async throws {
        let site = try await SilentSite(answering: answer)
        try await withReceiver { receiver in
            var configuration = TurnpikeConfiguration()
            configuration.seed = TurnpikeConfiguration.Seed(
                name: "seed.yaml", text: DeliveryTests.seed)
            try await withServer(configuration) { _, application in
                func send(_ method: HTTPRequest.Method, _ path: String, _ body: String) async {
                    let response = await application.respond(
                        to: PlainRequest(
                            method: method, path: "/control/v1/\(path)", authority: "127.0.0.1",
                            body: Array(body.utf8)))
                    #expect(response.status.code < 300)
                }
                let type = #"{"type":"subscribe-fail","agreementId":"agmt-1"}"#
                await send(.put, "event-targets/t", #"{"kind":"webhook","url":"\#(site.url)"}"#)
                await send(.post, "events", type)
                await site.isAsked()
                if isDeleted { await send(.delete, "event-targets/t", "") }
                await send(
                    .put, "event-targets/t",
                    #"{"kind":"webhook","url":"http://127.0.0.1:\#(receiver.port)/"}"#)
                // What waited is gone with a deleted target, and what has a status is done.
                await send(.post, "events", type)
                let isAgain = !isDeleted && answer.isEmpty
                let requests = await receiver.requests(count: isAgain ? 2 : 1)
                #expect(requests.count == (isAgain ? 2 : 1))
                // The attempt that was let go did not end in a failure.
                let deliveries = try await application.state.store.deliveries(
                    DeliveryFilter(target: "t"), after: 0, limit: 10)
                #expect(deliveries.allSatisfy { $0.lastError == nil && $0.attempts < 2 })
            }
        }
        try await site.close()
    }

    @Test("Silent targets at one address hold up no other there")
    func crowd() async throws {
        let silent = 20
        let site = try await SilentSite(answering: "")
        var configuration = TurnpikeConfiguration()
        configuration.seed = TurnpikeConfiguration.Seed(
            name: "seed.yaml", text: DeliveryTests.seed)
        try await withServer(configuration) { _, application in
            for number in 0..<silent {
                let response = await application.respond(
                    to: PlainRequest(
                        method: .put, path: "/control/v1/event-targets/t\(number)",
                        authority: "127.0.0.1",
                        body: Array(#"{"kind":"webhook","url":"\#(site.url)"}"#.utf8)))
                #expect(response.status == .created)
            }
            _ = await application.respond(
                to: PlainRequest(
                    method: .post, path: "/control/v1/events", authority: "127.0.0.1",
                    body: Array(#"{"type":"subscribe-fail","agreementId":"agmt-1"}"#.utf8)))
            // All of them at once, so none waits until another is given up.
            await site.isAsked(byAtOnce: silent)
        }
        try await site.close()
    }
}

/// A site that answers each connection with a text, and then says nothing more.
private struct SilentSite: Sendable {
    let url: String
    private let channel: any Channel
    /// How many connections have asked something and are open.
    private let asked: AsyncStream<Int>

    init(answering text: String) async throws {
        let (asked, continuation) = AsyncStream.makeStream(of: Int.self)
        self.asked = asked
        let crowd = Crowd(continuation)
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Answer(text: text, crowd: crowd))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/"
    }

    /// Waits until so many connections that have asked something are open.
    func isAsked(byAtOnce count: Int = 1) async {
        for await open in asked where open >= count { return }
    }

    func close() async throws {
        try await channel.close()
    }

    /// Tells how many have asked and are there.
    private final class Crowd: Sendable {
        private let count = Mutex(0)
        private let continuation: AsyncStream<Int>.Continuation

        init(_ continuation: AsyncStream<Int>.Continuation) {
            self.continuation = continuation
        }

        func change(by difference: Int) {
            continuation.yield(
                count.withLock { count in
                    count += difference
                    return count
                })
        }
    }

    private final class Answer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let text: String
        private let crowd: Crowd
        private var isAsked = false

        init(text: String, crowd: Crowd) {
            self.text = text
            self.crowd = crowd
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isAsked else { return }
            isAsked = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            crowd.change(by: 1)
        }

        func channelInactive(context: ChannelHandlerContext) {
            if isAsked { crowd.change(by: -1) }
            context.fireChannelInactive()
        }
    }
}
