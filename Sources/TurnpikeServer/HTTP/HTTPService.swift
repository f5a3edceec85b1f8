import AWSWire
import HTTPTypes
import HummingbirdCore
package import Logging
import MeteringAPI
package import NIOCore
import NIOHTTPTypes
import ServiceLifecycle

/// The HTTP server: reads a whole request within its bounds, has it answered, writes the answer.
package struct HTTPService: Service {
    package typealias Answer = @Sendable (PlainRequest) async -> PlainResponse

    private let server: Server<LoopBoundChannel>

    /// A server that answers with `answer` from the moment it runs.
    package init(
        host: String, port: Int, group: any EventLoopGroup, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void, answer: @escaping Answer
    ) {
        let budget = BodyBudget(bytes: Limits.bodyBytesAtOnce)
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                try await Self.respond(to: request, writer, channel, budget, answer)
            },
            configuration: .init(
                additionalChannelHandlers: [RequestDeadlines()],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Limits.headerBytes, maxHeaderListSize: Limits.headerBytes,
                    maxHeaderFieldCount: Limits.headerFields)))
        server = Server(
            childChannelSetup: LoopBoundChannel(base: channel),
            configuration: ServerConfiguration(
                address: .hostname(host, port: port), backlog: Limits.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(Limits.connections)),
            onServerRunning: { await onListening($0.localAddress?.port ?? port) },
            eventLoopGroup: group, logger: logger)
    }

    private static let dates = DateHeader()

    package func run() async throws {
        try await server.run()
    }

    private static func respond(
        to request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel,
        _ budget: BodyBudget, _ answer: Answer
    ) async throws {
        let share = BodyBudget.Share(of: budget)
        defer { share.giveBack() }
        let body: [UInt8]
        switch try await collect(request, share) {
        case .whole(let bytes): body = bytes
        case .tooLarge: return try await hangUp(EndpointAnswer.plain(.tooLarge), writer, channel)
        case .noRoom:
            let problem = Problem(503, "the bodies of other requests take all the room: try again")
            return try await hangUp(problem.response, writer, channel)
        }
        let (path, query) = split(request.head.path ?? "/")
        let plain = PlainRequest(
            method: request.method, path: path, query: query, headers: request.headers,
            authority: request.head.authority, body: body)
        let response = await answer(plain)
        if response.isCut { return try await channel.close() }
        try await write(response, writer, includesBody: request.method != .head)
    }

    private static func split(_ target: String) -> (path: String, query: String) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target, "") }
        return (String(target[..<mark]), String(target[target.utf8.index(after: mark)...]))
    }

    private enum Collected {
        case whole([UInt8])
        /// It is over the limit; some more of it has been read.
        case tooLarge
        /// Too much is being held for others.
        case noRoom
    }

    private static func collect(
        _ request: Request, _ share: BodyBudget.Share
    ) async throws -> Collected {
        // The client waits to be asked for it, and is not.
        if request.head.expectsContinue, request.head.declaresTooLargeBody { return .tooLarge }
        var bytes: [UInt8] = []
        var discarded = 0
        for try await buffer in request.body {
            if discarded == 0, bytes.count + buffer.readableBytes <= Limits.bodyBytes {
                guard share.take(buffer.readableBytes) else { return .noRoom }
                bytes.append(contentsOf: buffer.readableBytesView)
                continue
            }
            bytes = []
            discarded += buffer.readableBytes
            if discarded > Limits.discardedBytes { return .tooLarge }
        }
        return discarded == 0 ? .whole(bytes) : .tooLarge
    }

    private static func hangUp(
        _ response: PlainResponse, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        var response = response
        var random = BufferedRandom(ids: 1)
        response.headers[.amznRequestID] = MeteringRecordID.random(using: &random).description
        response.headers[.date] = dates.text(at: .realNow)
        response.headers[.connection] = "close"
        try await write(response, writer, includesBody: true)
        try await channel.close()
    }

    private static func write(
        _ response: PlainResponse, _ writer: consuming ResponseWriter, includesBody: Bool
    ) async throws {
        var headers = response.headers
        headers[.contentLength] = String(response.body.count)
        let head = HTTPResponse(status: response.status, headerFields: headers)
        if includesBody, !response.body.isEmpty {
            try await writer.write(
                response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body)))
        } else {
            try await writer.writeResponse(head)
        }
    }
}
