import AWSWire
import ArgumentParser
import TurnpikeServer

struct Env: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print export lines for one of the demo's credentials.",
        discussion: """
            eval "$(turnpike env)" makes AWS SDKs and the AWS CLI in this shell talk to the demo \
            as its seller; eval "$(turnpike env ecs-task)" as a container task. The keys are \
            constants that only a server started with --demo knows.
            """)

    @Argument(
        help: """
            Whose credential: \(Demo.credentials.map(\.name).joined(separator: ", ")).
            """)
    var name = "seller"

    @OptionGroup var server: ServerOptions

    @Flag(help: "Print a JSON object instead of export lines.")
    var json = false

    func run() throws {
        let text = try text(in: .process)
        if json { Terminal.printJSON(text) } else { Terminal.print(text) }
    }

    func text(in environment: Environment) throws(CommandFailure) -> String {
        guard let credential = Demo.credentials.first(where: { $0.name == name }) else {
            let names = Demo.credentials.map(\.name).joined(separator: ", ")
            throw CommandFailure("the demo has no credential '\(name)': choose one of \(names)")
        }
        let endpoint = try server.endpoint(in: environment)
        guard json else {
            return credential.exports(endpoint: endpoint).joined(separator: "\n")
        }
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in credential.variables(endpoint: endpoint) {
                writer.anyName(name)
                writer.string(value)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// How commands find the server that they talk to.
struct ServerOptions: ParsableArguments {
    @Option(
        help: """
            The server's address, also TURNPIKE_ENDPOINT (default: \
            http://127.0.0.1:\(TurnpikeConfiguration.defaultPort)).
            """)
    var endpoint: String?

    /// The server's address without a slash at its end.
    func endpoint(in environment: Environment) throws(CommandFailure) -> String {
        let endpoint =
            endpoint ?? environment[.endpoint]
            ?? "http://127.0.0.1:\(TurnpikeConfiguration.defaultPort)"
        // Without a scheme no client could use it, and "no Turnpike answers" would be untrue.
        guard ["http://", "https://"].contains(where: endpoint.lowercased().hasPrefix) else {
            throw CommandFailure(
                "the endpoint '\(endpoint)' is no address: write it as in "
                    + "http://127.0.0.1:\(TurnpikeConfiguration.defaultPort)")
        }
        return endpoint.last == "/" ? String(endpoint.dropLast()) : endpoint
    }
}
