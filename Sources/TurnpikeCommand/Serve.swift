import ArgumentParser
import Logging
import Marketplace
import MeteringAPI
import MeteringEndpoint
import TurnpikeServer
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a marketplace.",
        discussion: """
            The marketplace is kept in one SQLite file, ./turnpike.db unless --data or \
            --in-memory says otherwise. Every option can also be set in the environment, as \
            TURNPIKE_ and its name in capitals (TURNPIKE_PORT, TURNPIKE_IN_MEMORY=1); an option \
            wins. TURNPIKE_CONTROL_TOKEN is the bearer token that the control API then asks \
            for; without it the control API answers on loopback only.
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let configuration = try options.configuration(in: .process)
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "turnpike")
        logger.logLevel = .warning
        let application: TurnpikeApplication
        do {
            application = try await TurnpikeApplication(configuration, logger: logger)
        } catch {
            throw CommandFailure("\(error)")
        }
        try await application.run(stoppingAt: [.sigterm, .sigint]) { port in
            Terminal.print(StartMessage(application: application, port: port).text, terminator: "")
            flushOutput()
        }
    }
}

struct ServeOptions: ParsableArguments {
    @Option(help: "The address to listen on (default: 127.0.0.1).")
    var host: String?

    @Option(
        help: """
            The port to listen on (default: \(TurnpikeConfiguration.defaultPort)); 0 takes a \
            free one.
            """)
    var port: Int?

    @Option(
        help: "The SQLite file that keeps the marketplace (default: ./turnpike.db).",
        completion: .file())
    var data: String?

    @Flag(help: "Keep the marketplace in memory; it is gone when the server stops.")
    var inMemory = false

    @Option(
        help: "A YAML file with products, accounts, agreements and credentials to begin with.",
        completion: .file())
    var seed: String?

    @Flag(
        help: """
            Begin with a product of each type, two buyers, and keys that are printed in the \
            documentation; loopback only.
            """)
    var demo = false

    @Option(
        help: """
            The contract of AWS that holds for products that choose none: \
            \(Contract.all.map(\.name).joined(separator: ", ")) (default: \
            \(Contract.newest.name)).
            """)
    var contract: String?

    @Option(
        help: """
            Whether signatures are checked: verified, or trusting, which takes any well-formed \
            one (default: verified).
            """)
    var auth: AuthenticationMode?

    @Option(
        help: """
            Whether the reporting window compares the timestamp itself (raw), or accepts back \
            to the start of the hour in which the limit falls (hour) (default: raw).
            """)
    var windowAlignment: WindowAlignment?

    @Flag(
        inversion: .prefixedNo,
        help: """
            Whether answers carry the header x-turnpike-explanation (default: on loopback only).
            """)
    var explainHeader: Bool?

    @Flag(help: "Deliver events to other machines too (default: to loopback only).")
    var allowRemoteTargets = false

    /// What the options and the environment say together; reads the seed file.
    func configuration(
        in environment: Environment
    ) throws -> TurnpikeConfiguration {
        var configuration = TurnpikeConfiguration()
        configuration.host = host ?? environment[.host] ?? configuration.host
        configuration.port = try port(in: environment) ?? configuration.port
        configuration.storage = try storage(in: environment)
        if let path = seed ?? environment[.seed] {
            configuration.seed = TurnpikeConfiguration.Seed(
                name: path, text: try readText(path, called: "the seed file"))
        }
        configuration.isDemo = try demo || environment.flag(.demo) ?? false
        if let name = contract ?? environment[.contract] {
            guard let contract = Contract.named(name) else {
                let names = Contract.all.map(\.name).joined(separator: ", ")
                throw CommandFailure("there is no contract '\(name)': choose one of \(names)")
            }
            configuration.contract = contract
        }
        configuration.authentication =
            try auth ?? environment.choice(.auth, AuthenticationMode.self)
            ?? configuration.authentication
        configuration.windowAlignment =
            try windowAlignment ?? environment.choice(.windowAlignment, WindowAlignment.self)
            ?? configuration.windowAlignment
        configuration.explainsInHeader = try explainHeader ?? environment.flag(.explainHeader)
        configuration.allowsRemoteTargets =
            try allowRemoteTargets || environment.flag(.allowRemoteTargets) ?? false
        configuration.controlToken = environment[.controlToken]
        return configuration
    }

    private func port(in environment: Environment) throws(CommandFailure) -> Int? {
        guard let text = port.map(String.init) ?? environment[.port] else { return nil }
        guard let number = WholeNumber.read(text, in: 0...65_535) else {
            throw CommandFailure("'\(text)' is no port: choose a number from 0 to 65535")
        }
        return Int(number)
    }

    private func storage(
        in environment: Environment
    ) throws -> TurnpikeConfiguration.Storage {
        // An option of either kind wins over both variables.
        let asked = inMemory || data != nil
        let memory = try asked ? inMemory : environment.flag(.inMemory) ?? false
        let path = asked ? data : environment[.data]
        guard !memory || path == nil else {
            throw CommandFailure(
                "the marketplace cannot be both in memory and in \(path ?? ""): leave out "
                    + "--in-memory or --data")
        }
        return memory ? .memory : .file(path ?? "./turnpike.db")
    }
}

extension AuthenticationMode: ExpressibleByArgument {}
extension WindowAlignment: ExpressibleByArgument {}
