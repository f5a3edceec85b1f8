import Logging
import NIOCore
import NIOPosix

/// Accepts connections while there is room for more.
///
/// At most so many are open at once; others wait in the system's queue until one closes. Out of
/// file descriptors, the accepting pauses until a connection closes, or a second has passed: the
/// system would otherwise say again and again that somebody waits.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    private let limit: Int
    private let logger: Logger
    private var connections = 0
    /// Whether a read was held back because there are as many connections as there may be.
    private var isFull = false
    /// Ends a pause; nil where there is none.
    private var pause: Scheduled<Void>?
    /// Whether it has been logged that there are no descriptors.
    private var isLogged = false

    init(limit: Int, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connections += 1
        isLogged = false
        let closing = unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop)
        closing.assumeIsolated().whenComplete { _ in
            self.connections -= 1
            self.resume(context)
            guard self.isFull else { return }
            self.isFull = false
            context.read()
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if connections < limit {
            context.read()
        } else {
            isFull = true
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = error as? IOError, Self.lacks.contains(failure.errnoCode) else {
            // Others are of the one connection, or close the server's channel.
            return
        }
        if !isLogged {
            isLogged = true
            logger.warning("connections wait, because none can be accepted: \(failure)")
        }
        guard pause == nil else { return }
        setReading(false, context)
        let time = TimeAmount.seconds(HTTPLimits.acceptPauseSeconds)
        pause = context.eventLoop.assumeIsolated().scheduleTask(in: time) { self.resume(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        pause?.cancel()
        pause = nil
        context.fireChannelInactive()
    }

    /// What there is too little of: descriptors of the process, or of the system, and memory.
    private static let lacks: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private func resume(_ context: ChannelHandlerContext) {
        guard let pause else { return }
        pause.cancel()
        self.pause = nil
        setReading(true, context)
    }

    private func setReading(_ reads: Bool, _ context: ChannelHandlerContext) {
        // It fails for a closed channel only.
        try? context.channel.syncOptions?.setOption(.autoRead, value: reads)
    }
}
