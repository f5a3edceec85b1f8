import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Closes a connection whose request does not come to an end in time.
///
/// An idle timeout does not stop a peer that sends a byte now and then, so the whole header and
/// the whole body have a deadline each. While a request is being answered there is none: the store
/// may be slow, and the client waits for it; once there is an answer, the client must read it. A
/// client that waits to be asked for its body is asked.
package final class RequestDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    private let header: TimeAmount
    private let body: TimeAmount
    private let unread: TimeAmount
    /// When the connection is closed; nil while a request is being answered.
    private var deadline: NIODeadline?
    /// When somebody looks whether that moment has come; never after it.
    ///
    /// It stays where a deadline moves away, because setting a timer for every request costs more
    /// than one that looks too early now and then.
    private var alarm: (time: NIODeadline, timer: Scheduled<Void>)?
    /// Runs while the client leaves its answers unread.
    private var readDeadline: Scheduled<Void>?

    package init(
        header: TimeAmount = .seconds(Limits.headerSeconds),
        body: TimeAmount = .seconds(Limits.bodySeconds),
        unread: TimeAmount = .seconds(Limits.unreadSeconds)
    ) {
        self.header = header
        self.body = body
        self.unread = unread
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { closeAfter(header, context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        closeAfter(header, context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        stop()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        readDeadline?.cancel()
        readDeadline = nil
        if !context.channel.isWritable {
            readDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: unread) {
                context.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            closeAfter(body, context)
            if head.expectsContinue, !head.declaresTooLargeBody {
                context.writeAndFlush(
                    wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body: break
        case .end: deadline = nil
        }
        context.fireChannelRead(data)
    }

    package func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        if case .end = unwrapOutboundIn(data) { closeAfter(header, context) }
        context.write(data, promise: promise)
    }

    private func closeAfter(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let moment = context.eventLoop.now + time
        deadline = moment
        if alarm.map({ $0.time > moment }) ?? true { look(at: moment, context) }
    }

    private func look(at moment: NIODeadline, _ context: ChannelHandlerContext) {
        alarm?.timer.cancel()
        let timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: moment) {
            self.alarm = nil
            guard let deadline = self.deadline else { return }
            if deadline <= moment {
                context.close(promise: nil)
            } else {
                self.look(at: deadline, context)
            }
        }
        alarm = (moment, timer)
    }

    private func stop() {
        alarm?.timer.cancel()
        alarm = nil
        deadline = nil
        readDeadline?.cancel()
        readDeadline = nil
    }
}

extension HTTPRequest {
    /// Whether the client sends no body before it is asked to (RFC 9110, section 10.1.1).
    var expectsContinue: Bool { headerFields[.expect]?.lowercased() == "100-continue" }

    /// Whether the body is over the limit by what the client says.
    var declaresTooLargeBody: Bool {
        headerFields.number(.contentLength).map { $0 > Limits.bodyBytes } ?? false
    }
}
