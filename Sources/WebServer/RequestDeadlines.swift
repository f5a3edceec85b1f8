package import NIOCore
package import NIOHTTP1

/// Closes a connection whose request does not come to an end in time.
///
/// An idle timeout does not stop a peer that sends a byte now and then, so the whole header and
/// the whole body have a deadline each. While a request is being answered there is none: the store
/// may be slow, and the client waits for it; once there is an answer, the client must read it. An
/// answer is written in parts, so that one that is read slowly becomes writable again with each.
///
/// Its place is behind `RequestQueue`, so a request that waits for the one before has no deadline.
package final class RequestDeadlines: ChannelDuplexHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    private let header: TimeAmount
    private let body: TimeAmount
    private let unread: TimeAmount
    /// When the connection is closed; nil while a request is being answered.
    private var deadline: NIODeadline?
    /// Whether the last request has its whole answer; it may have it before it has come to its end.
    private var isAnswered = false
    /// When somebody looks whether that moment has come; never after it.
    ///
    /// It stays where a deadline moves away, because setting a timer for every request costs more
    /// than one that looks too early now and then.
    private var alarm: (time: NIODeadline, timer: Scheduled<Void>)?
    /// Runs while the client leaves its answers unread.
    private var readDeadline: Scheduled<Void>?

    package init(
        header: TimeAmount = .seconds(HTTPLimits.headerSeconds),
        body: TimeAmount = .seconds(HTTPLimits.bodySeconds),
        unread: TimeAmount = .seconds(HTTPLimits.unreadSeconds)
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
        case .head:
            isAnswered = false
            closeAfter(body, context)
        case .body: break
        case .end: if !isAnswered { deadline = nil }
        }
        context.fireChannelRead(data)
    }

    package func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        if case .end = unwrapOutboundIn(data) {
            isAnswered = true
            closeAfter(header, context)
        }
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
