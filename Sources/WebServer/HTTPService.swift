package import Logging
package import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle

/// The HTTP server: reads a whole request within its bounds, has it answered, writes the answer.
package struct HTTPService: Service, CustomStringConvertible {
    package typealias Answer = @Sendable (PlainRequest) async -> PlainResponse

    private let host: String
    private let port: Int
    private let group: any EventLoopGroup
    private let logger: Logger
    private let connections: Int
    private let onListening: @Sendable (Int) async -> Void
    private let answer: Answer

    /// Its name in logs; of a service without one, all that it holds is printed at the start.
    package var description: String { "the HTTP server" }

    /// A server that answers with `answer` from the moment it runs.
    package init(
        host: String, port: Int, group: any EventLoopGroup, logger: Logger,
        connections: Int = HTTPLimits.connections,
        onListening: @escaping @Sendable (Int) async -> Void, answer: @escaping Answer
    ) {
        self.host = host
        self.port = port
        self.group = group
        self.logger = logger
        self.connections = connections
        self.onListening = onListening
        self.answer = answer
    }

    package func run() async throws {
        let quiescing = ServerQuiescingHelper(group: group)
        let server = try await listen(quiescing)
        await withGracefulShutdownHandler {
            await onListening(server.channel.localAddress?.port ?? port)
            await withDiscardingTaskGroup { group in
                do {
                    try await server.executeThenClose { accepted in
                        for try await connection in accepted {
                            group.addTask { await connection.serve(answer) }
                        }
                    }
                } catch {
                    logger.error("no more connections are accepted: \(error)")
                }
            }
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: nil)
        }
    }

    private func listen(
        _ quiescing: ServerQuiescingHelper
    ) async throws -> NIOAsyncChannel<Connection, Never> {
        let budget = BodyBudget(bytes: HTTPLimits.bodyBytesAtOnce)
        let (connections, logger) = (connections, logger)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: CInt(HTTPLimits.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptGate(limit: connections, logger: logger))
                    try pipeline.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: HTTPLimits.partBytes, high: 2 * HTTPLimits.partBytes)
            )
            .childChannelOption(
                .tcpOption(.unsentBytes), value: SocketOptionValue(HTTPLimits.unsentBytes)
            )
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(channel, budget: budget)
                }
            }
    }
}

extension NIOBSDSocket.Option {
    /// How many bytes the system holds that it has not sent; without a bound it would take
    /// megabytes before it says whether the client reads.
    #if canImport(Glibc)
        fileprivate static let unsentBytes = NIOBSDSocket.Option(rawValue: TCP_NOTSENT_LOWAT)
    #else
        fileprivate static let unsentBytes = NIOBSDSocket.Option(rawValue: 0x201)
    #endif
}
