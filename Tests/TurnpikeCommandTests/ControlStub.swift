import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server that answers a control API's clients as a test wants.
final class ControlStub: Sendable {
    enum Reply: Sendable {
        case json(String, status: Int = 200)
        /// A head that promises a body, and nothing more.
        case silentBody
        /// Bytes in one part, and then the end of the answer, of the connection, or silence.
        case bytes([UInt8], then: End)
        /// Server-Sent Events, and the end of the connection.
        case stream(String)
    }

    enum End: Sendable {
        case whole, cut, silence
    }

    struct Request: Sendable {
        let uri: String
        let lastEventID: String?
    }

    typealias Answer = @Sendable (_ request: Request, _ number: Int) -> Reply

    private let channel: any Channel
    private let log: Log

    fileprivate final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    /// Listens on a free port of loopback; requests are numbered from 0.
    init(_ answer: @escaping Answer) async throws {
        let log = Log()
        self.log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        ControlStubHandler(answer, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    var requests: [Request] { log.requests.withLock { $0 } }

    func stop() async throws { try await channel.close() }
}

private final class ControlStubHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: ControlStub.Answer
    private let log: ControlStub.Log

    init(_ answer: @escaping ControlStub.Answer, _ log: ControlStub.Log) {
        self.answer = answer
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        let request = ControlStub.Request(
            uri: head.uri, lastEventID: head.headers.first(name: "Last-Event-ID"))
        let number = log.requests.withLock { requests in
            requests.append(request)
            return requests.count - 1
        }
        switch answer(request, number) {
        case .json(let text, let status):
            write(status, "application/json", length: text.utf8.count, context)
            body(text, context)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .silentBody:
            write(200, "application/json", length: 100, context)
            context.flush()
        case .bytes(let bytes, let end):
            write(200, "application/octet-stream", length: nil, context)
            let buffer = context.channel.allocator.buffer(bytes: bytes)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
            switch end {
            case .whole: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .cut: context.close(promise: nil)
            case .silence: break
            }
        case .stream(let text):
            write(200, "text/event-stream", length: nil, context)
            body(text, context)
            context.flush()
            context.close(promise: nil)
        }
    }

    private func write(
        _ status: Int, _ type: String, length: Int?, _ context: ChannelHandlerContext
    ) {
        var headers = HTTPHeaders([("Content-Type", type)])
        if let length { headers.add(name: "Content-Length", value: String(length)) }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func body(_ text: String, _ context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(string: text)
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }
}
