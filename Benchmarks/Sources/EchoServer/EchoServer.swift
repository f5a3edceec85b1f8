import ArgumentParser
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// Turnpike's HTTP server with nothing behind it: each body comes back.
@main
struct EchoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-server", abstract: "Answers each request with its own body.")

    @Option(help: "The port on 127.0.0.1.")
    var port: Int

    func run() async throws {
        let channel = HTTP1Channel { request, writer, _ in
            let body = try await request.body.collect(upTo: 2_000_000)
            let head = HTTPResponse(
                status: .ok, headerFields: [.contentLength: String(body.readableBytes)])
            try await writer.write(response: head, body: ResponseBody(byteBuffer: body))
        }
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "echo"))
        try await server.run()
    }
}
