import NIOCore
import NIOPosix

/// A connection that sends bytes as they are, and collects what comes back.
final class RawConnection: Sendable {
    private let channel: any Channel

    private init(_ channel: any Channel) {
        self.channel = channel
    }

    deinit { channel.close(promise: nil) }

    static func open(port: Int) async throws -> RawConnection {
        // Nothing is read before it is asked for, so that nothing is lost before.
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel)
    }

    /// Runs the body with both directions of the connection, and closes it.
    ///
    /// They are made only here: a writer that goes away before it was closed ends the process.
    private func execute<Result: Sendable>(
        _ body: (
            NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) async throws -> Result
    ) async throws -> Result {
        let channel = channel
        let both = try await channel.eventLoop.submit {
            let both = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                wrappingChannelSynchronously: channel)
            try channel.syncOptions?.setOption(.autoRead, value: true)
            return both
        }.get()
        return try await both.executeThenClose(body)
    }

    /// Sends the texts one after the other and gives all that came back until the other side
    /// closed, or until it holds `ending`.
    func exchange(_ texts: some Sequence<String> & Sendable, until ending: String? = nil)
        async throws
        -> String
    {
        try await execute { inbound, outbound in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for text in texts {
                        // The other side may close before all is sent.
                        guard (try? await outbound.write(ByteBuffer(string: text))) != nil else {
                            return
                        }
                    }
                }
                var answer = ""
                do {
                    for try await buffer in inbound {
                        answer += String(buffer: buffer)
                        if let ending, answer.contains(ending) { break }
                    }
                } catch {
                    // A reset ends the connection as well as a close.
                }
                group.cancelAll()
                return answer
            }
        }
    }

    /// Sends a text, closes this side, and gives all that comes back.
    func sendAndFinish(_ text: String) async throws -> String {
        try await execute { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            try await self.channel.close(mode: .output)
            var answer = ""
            for try await buffer in inbound { answer += String(buffer: buffer) }
            return answer
        }
    }

    /// Sends a text and closes the connection without waiting for what comes back.
    func sendAndLeave(_ text: String) async throws {
        try await execute { _, outbound in
            try await outbound.write(ByteBuffer(string: text))
        }
    }
}
