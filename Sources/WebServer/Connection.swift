import HTTPTypes
import NIOCore
import NIOHTTP1

/// A connection as the task that answers its requests sees it, one after the other.
struct Connection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<HTTPConnection>

    /// Adds the handlers of HTTP/1.1; to be called on the event loop of the channel.
    init(_ channel: any Channel, budget: BodyBudget) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = HTTPLimits.headerBytes
        limits.maxHeaderListSize = HTTPLimits.headerBytes
        limits.maxHeaderFieldCount = HTTPLimits.headerFields
        // Framing is said by each answer, because only that knows what was asked and by whom.
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false,
            withOutboundHeaderValidation: false, withEncoderConfiguration: encoding,
            withDecoderLimitConfiguration: limits)
        let connection = HTTPConnection(budget: budget)
        try pipeline.addHandlers([RequestQueue(), RequestDeadlines(), connection])
        self.channel = channel
        handler = NIOLoopBound(connection, eventLoop: channel.eventLoop)
    }

    /// Answers requests on the event loop of the connection until there are no more.
    func serve(_ answer: HTTPService.Answer) async {
        await withTaskExecutorPreference(LoopExecutor(loop: channel.eventLoop)) {
            await withTaskCancellationHandler {
                while let request = await next() {
                    await write(await answer(request.request), to: request)
                    request.share.giveBack()
                }
            } onCancel: {
                channel.close(promise: nil)
            }
        }
    }

    private func next() async -> IncomingRequest? {
        await withCheckedContinuation { handler.value.next($0) }
    }

    /// Writes an answer part after part, each once the client has taken those before.
    private func write(_ response: PlainResponse, to request: IncomingRequest) async {
        if response.isCut { return handler.value.cut() }
        guard await canWrite() else { return }
        let isLast = handler.value.writeHead(response, to: request)
        if request.request.method != .head {
            guard await write(ByteBuffer(bytes: response.body)) else { return }
            if let nextPart = response.nextPart {
                handler.value.flush()
                do {
                    while let part = try await nextPart() {
                        guard await write(ByteBuffer(bytes: part)) else { return }
                        handler.value.flush()
                    }
                } catch {
                    return handler.value.cut()
                }
            }
        }
        handler.value.end(isLast: isLast)
    }

    /// False when the client has gone.
    private func write(_ bytes: consuming ByteBuffer) async -> Bool {
        while bytes.readableBytes > 0 {
            let length = min(bytes.readableBytes, HTTPLimits.partBytes)
            guard await canWrite(), let part = bytes.readSlice(length: length) else { return false }
            handler.value.writePart(part)
        }
        return handler.value.isOpen
    }

    private func canWrite() async -> Bool {
        if handler.value.isWritable { return true }
        return await withCheckedContinuation { handler.value.whenWritable($0) }
    }
}
