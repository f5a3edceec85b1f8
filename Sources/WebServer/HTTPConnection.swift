import HTTPTypes
import NIOCore
import NIOHTTP1
import Waiting

/// The last handler of a connection: brings parts together to whole requests, and takes answers
/// apart into parts that are written as the client takes them.
///
/// It sees one request at a time, because it is behind `RequestQueue`. All of it runs on the event
/// loop of the connection.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        case idle
        case reading
        /// A request was handed over; what follows of its body is thrown away.
        case answering
        /// The last answer is on its way out.
        case ending
        /// The last answer is out.
        case ended
    }

    private let budget: BodyBudget
    private let departure = Bell()
    private var phase = Phase.idle
    /// The request that is being read; apart from the phase, so that its body grows in place.
    private var intake: RequestIntake?
    private var context: ChannelHandlerContext?
    /// A request that nobody has asked for yet.
    private var ready: IncomingRequest?
    private var reader: CheckedContinuation<IncomingRequest?, Never>?
    private var writer: CheckedContinuation<Bool, Never>?
    /// Whether the client sends nothing more.
    private var isInputClosed = false
    /// Whether the server stops: the connection closes after this answer.
    private var isQuiescing = false

    init(budget: BodyBudget) {
        self.budget = budget
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resumeWriter(true) }
        context.fireChannelWritabilityChanged()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let head), .idle): begin(head, context)
        case (.body(let buffer), .reading):
            intake?.take(buffer)
            if intake?.isDecided ?? true { hand() }
        case (.end, .reading): hand()
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            isInputClosed = true
            departure.announce()
            closeIfDone(context)
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            closeIfDone(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .idle, .reading:
            guard error is HTTPParserError else { fallthrough }
            refuse("this is no HTTP/1.1: \(error)", context)
        case .answering, .ending, .ended: context.close(promise: nil)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let intake: RequestIntake
        do throws(RequestHead.Objection) {
            intake = RequestIntake(try RequestHead(head), budget: budget)
        } catch {
            return refuse(error.reason, context)
        }
        if intake.asksForBody {
            let interim = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
        }
        self.intake = intake
        phase = .reading
        if intake.isDecided { hand() }
    }

    /// Hands a request over to whoever answers it.
    private func hand() {
        guard let request = intake?.finish(departure: departure) else { return }
        intake = nil
        phase = .answering
        if let reader {
            self.reader = nil
            reader.resume(returning: request)
        } else {
            ready = request
        }
    }

    /// Answers what is no proper request, and closes the connection.
    private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
        intake?.share.giveBack()
        intake = nil
        let text = reason + "\n"
        let headers: HTTPHeaders = [
            "content-type": "text/plain; charset=utf-8",
            "content-length": String(text.utf8.count), "connection": "close",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        end(isLast: true)
    }

    /// Closes a connection that waits for nothing.
    private func closeIfDone(_ context: ChannelHandlerContext) {
        switch phase {
        // One that is not open yet never gets to write.
        case .idle:
            if context.channel.isActive {
                closeWhenWritten(context)
            } else {
                context.close(promise: nil)
            }
        case .reading, .ended: if isInputClosed { context.close(promise: nil) }
        case .answering, .ending: break
        }
    }

    /// Closes the connection once all that was written is out.
    private func closeWhenWritten(_ context: ChannelHandlerContext) {
        phase = .ending
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.phase = .ended
            // Who still sends gets to read the answer, unless the server stops.
            let isDone = self.isInputClosed || self.isQuiescing
            context.close(mode: isDone ? .all : .output, promise: nil)
        }
        // Nothing of it is written; it says when what came before is.
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: written)
    }

    /// Nobody is there any more.
    private func leave() {
        intake?.share.giveBack()
        intake = nil
        phase = .ended
        departure.announce()
        resumeWriter(false)
        reader?.resume(returning: nil)
        reader = nil
    }

    private func resumeWriter(_ isWritable: Bool) {
        writer?.resume(returning: isWritable)
        writer = nil
    }
}

// What the task that answers calls, on the event loop.
extension HTTPConnection {
    /// Gives the next request to whoever waits for it; nil once there is none.
    package func next(_ continuation: CheckedContinuation<IncomingRequest?, Never>) {
        if let request = ready {
            ready = nil
            continuation.resume(returning: request)
        } else if isOpen {
            reader = continuation
        } else {
            continuation.resume(returning: nil)
        }
    }

    /// Whether there is somebody to answer.
    package var isOpen: Bool { context?.channel.isActive ?? false }

    /// Whether the client has taken so much that more may be written.
    var isWritable: Bool { isOpen && context?.channel.isWritable ?? false }

    /// Tells once more may be written; false when the client is gone.
    func whenWritable(_ continuation: CheckedContinuation<Bool, Never>) {
        context?.flush()
        guard isOpen, !isWritable else { return continuation.resume(returning: isOpen) }
        writer = continuation
    }

    func flush() { context?.flush() }

    /// Writes the head of an answer; gives whether the connection closes after it.
    func writeHead(_ response: PlainResponse, to request: IncomingRequest) -> Bool {
        let framing = AnswerFraming(response, to: request, isQuiescing: isQuiescing)
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(response.status),
            headers: framing.headers)
        context?.write(wrapOutboundOut(.head(head)), promise: nil)
        return framing.isLast
    }

    func writePart(_ buffer: ByteBuffer) {
        context?.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }

    /// Ends an answer, and closes the connection after the last one.
    package func end(isLast: Bool) {
        guard let context, isOpen else { return }
        let isLast = isLast || isQuiescing
        phase = isLast ? .ending : .idle
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if isLast {
            closeWhenWritten(context)
        } else if isInputClosed {
            // The next request may have come with that; if none did, none will.
            closeIfDone(context)
        }
    }

    /// Closes the connection without an answer.
    package func cut() { context?.close(promise: nil) }
}
