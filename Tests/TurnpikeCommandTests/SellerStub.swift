import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A seller's site that answers as it is told, and remembers what it was asked.
final class SellerStub: Sendable {
    /// What it answers to a path.
    enum Behaviour: Sendable {
        case answer(status: Int, bytes: Int = 2)
        case redirect(status: Int = 302, to: String)
        /// Takes the request and says nothing.
        case silence
    }

    struct Request: Sendable, Equatable {
        let line: String
        let body: String
    }

    let port: Int
    private let channel: any Channel
    private let requests: Received

    fileprivate final class Received: Sendable {
        let requests = Mutex<[Request]>([])
    }

    /// Listens on a free port of loopback.
    init(_ behaviours: [String: Behaviour]) async throws {
        let received = Received()
        requests = received
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        StubHandler(behaviours: behaviours, received: received))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    var url: String { "http://127.0.0.1:\(port)" }

    var received: [Request] { requests.requests.withLock { $0 } }

    func stop() async throws {
        try await channel.close()
    }
}

private final class StubHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let behaviours: [String: SellerStub.Behaviour]
    private let received: SellerStub.Received
    private var head: HTTPRequestHead?
    private var body = ""

    init(behaviours: [String: SellerStub.Behaviour], received: SellerStub.Received) {
        self.behaviours = behaviours
        self.received = received
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = ""
        case .body(let part): body += String(buffer: part)
        case .end:
            guard let head else { return }
            let request = SellerStub.Request(line: "\(head.method) \(head.uri)", body: body)
            received.requests.withLock { $0.append(request) }
            answer(behaviours[head.uri] ?? .answer(status: 404), context)
        }
    }

    private func answer(_ behaviour: SellerStub.Behaviour, _ context: ChannelHandlerContext) {
        switch behaviour {
        case .silence: break
        case .redirect(let status, let location):
            write(status, [("Location", location)], bytes: 0, context)
        case .answer(let status, let bytes): write(status, [], bytes: bytes, context)
        }
    }

    private func write(
        _ status: Int, _ headers: [(String, String)], bytes: Int, _ context: ChannelHandlerContext
    ) {
        let fields = HTTPHeaders(headers + [("Content-Length", String(bytes))])
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let body = context.channel.allocator.buffer(repeating: 0x61, count: bytes)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
