import NIOCore
import NIOPosix

/// A connection that sends bytes as they are, and collects what comes back.
struct RawConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static func open(port: Int) async throws -> RawConnection {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return RawConnection(channel: channel)
    }

    /// Sends the texts one after the other and gives all that came back until the other side
    /// closed, or until it holds `ending`.
    func exchange(_ texts: some Sequence<String> & Sendable, until ending: String? = nil)
        async throws
        -> String
    {
        try await channel.executeThenClose { inbound, outbound in
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
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            try await channel.channel.close(mode: .output)
            var answer = ""
            for try await buffer in inbound { answer += String(buffer: buffer) }
            return answer
        }
    }

    /// Sends a text and closes the connection without waiting for what comes back.
    func sendAndLeave(_ text: String) async throws {
        try await channel.executeThenClose { _, outbound in
            try await outbound.write(ByteBuffer(string: text))
        }
    }

    /// Closes the connection without a word.
    func close() async throws {
        try await channel.channel.close()
    }
}
