import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Closes a connection whose request does not come to an end in time.
///
/// An idle timeout does not stop a peer that sends a byte now and then, so the whole header and
/// the whole body have a deadline each. While a request is being answered there is none: the store
/// may be slow, and the client waits for it. A client that waits to be asked for its body is asked.
package final class RequestDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    private let header: TimeAmount
    private let body: TimeAmount
    private var deadline: Scheduled<Void>?

    package init(
        header: TimeAmount = .seconds(Limits.headerSeconds),
        body: TimeAmount = .seconds(Limits.bodySeconds)
    ) {
        self.header = header
        self.body = body
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { closeAfter(header, context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        closeAfter(header, context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
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
        case .end:
            deadline?.cancel()
            deadline = nil
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
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            context.close(promise: nil)
        }
    }
}

extension HTTPRequest {
    /// Whether the client sends no body before it is asked to (RFC 9110, section 10.1.1).
    var expectsContinue: Bool { headerFields[.expect]?.lowercased() == "100-continue" }

    /// Whether the body is over the limit by what the client says.
    var declaresTooLargeBody: Bool {
        headerFields[.contentLength].flatMap { Int($0) }.map { $0 > Limits.bodyBytes } ?? false
    }
}
