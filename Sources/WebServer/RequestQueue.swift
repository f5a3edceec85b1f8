package import NIOCore
package import NIOHTTP1

/// Lets one request at a time through, so that what is behind sees requests and answers in turn.
///
/// What a client sends ahead of its answers waits here, and nothing more is read from the
/// connection while something does. So deadlines, interim answers and errors belong to the request
/// that is the next to be answered, and to no other.
package final class RequestQueue: ChannelDuplexHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    private enum Item {
        case part(HTTPServerRequestPart)
        case failure(any Error)
    }

    private var waiting = CircularBuffer<Item>()
    /// Whether the request that was let through last has come to its end.
    private var isWhole = true
    /// Whether such a request has no whole answer yet.
    private var isAnswering = false
    /// Whether the connection closes after this answer: what follows is thrown away.
    private var isLast = false
    private var isDelivering = false
    private var isReadHeldBack = false

    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(.part(unwrapInboundIn(data)), context)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Other errors are of the connection, and do not wait.
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        receive(.failure(error), context)
    }

    package func read(context: ChannelHandlerContext) {
        if waiting.isEmpty {
            context.read()
        } else {
            isReadHeldBack = true
        }
    }

    package func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.status.code >= 200 { isLast = isLast || !head.isKeepAlive }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            isAnswering = false
            deliverWaiting(context)
        }
    }

    private func receive(_ item: Item, _ context: ChannelHandlerContext) {
        if isLast, isWhole { return }
        if isAnswering || isDelivering || !waiting.isEmpty {
            waiting.append(item)
        } else {
            deliver(item, context)
        }
    }

    private func deliverWaiting(_ context: ChannelHandlerContext) {
        guard !isDelivering else { return }
        isDelivering = true
        if isLast { waiting.removeAll() }
        while !isAnswering, let item = waiting.popFirst() { deliver(item, context) }
        isDelivering = false
        guard waiting.isEmpty, isReadHeldBack else { return }
        isReadHeldBack = false
        context.read()
    }

    private func deliver(_ item: Item, _ context: ChannelHandlerContext) {
        switch item {
        case .failure(let error): context.fireErrorCaught(error)
        case .part(let part):
            if case .end = part { isAnswering = true }
            isWhole = isAnswering
            context.fireChannelRead(wrapInboundOut(part))
        }
    }
}
