import AWSWire
import ArgumentParser
import FoundationEssentials
import TurnpikeServer

struct ScenarioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario",
        abstract: "Let a seller's service live through a scripted story, and check what it left.",
        discussion: """
            Start the service against the server first, in marketplace time (turnpike clock run). \
            Then run a scenario, and check it: the status is 0 where every hour that should be \
            recorded is, once.
            """,
        subcommands: [List.self, Show.self, Run.self, Check.self])

    /// The scenario of a name, or in a file.
    static func find(_ name: String) throws -> Scenario {
        try Scenario(yaml: text(of: name), name: name)
    }

    static func text(of name: String) throws -> String {
        if let known = ScenarioLibrary.all.first(where: { $0.name == name }) { return known.text }
        guard name.contains(".") || name.contains("/") else {
            throw CommandFailure(
                "there is no scenario '\(name)': 'turnpike scenario list' names them, and a file "
                    + "of your own is named by its path")
        }
        return try readText(name, called: "the scenario")
    }
}

extension ScenarioCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Print the scenarios that come with Turnpike.")

        func run() throws {
            let width = ScenarioLibrary.all.map(\.name.count).max() ?? 0
            for (name, text) in ScenarioLibrary.all {
                let title = try Scenario(yaml: text, name: name).title
                Terminal.print(name + String(repeating: " ", count: width - name.count + 2) + title)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print a scenario's YAML, to begin one of your own with.")

        @Argument(help: "The scenario's name.")
        var name: String

        func run() throws {
            Terminal.print(try ScenarioCommand.text(of: name))
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Play a scenario, and print what happens, hour by hour.",
            discussion: """
                The clock is moved to the scenario's start and stopped; only the scenario moves \
                it on. The service has the pace's time to report each hour.
                """)

        @Argument(help: "A scenario's name, or the path of a YAML file.")
        var name: String

        @Option(help: "The product that the service meters.")
        var product = Demo.productCode

        @Option(help: "A buyer's account that is there, which scenarios call $buyer.")
        var buyer = Demo.buyerAccountID

        @Option(help: "The dimension that should be reported each hour.")
        var dimension = Demo.dimension

        @Option(help: "How many real seconds the service has after each move of the clock.")
        var pace = 2.0

        @Option(help: "Where to keep what 'check' needs (default: .turnpike-scenario-NAME.json).")
        var record: String?

        @OptionGroup var server: ServerOptions

        func validate() throws {
            guard (0...3600).contains(pace) else {
                throw ValidationError("--pace is 0 to 3600 seconds, not \(pace)")
            }
        }

        func run() async throws {
            let scenario = try ScenarioCommand.find(name)
            let variables: [ScenarioTexts.Variable: String] = [
                .product: product, .buyer: buyer, .dimension: dimension,
                .newBuyer: String((0..<12).map { _ in "0123456789".randomElement() ?? "0" }),
            ]
            var run = try await ScenarioRun(
                scenario, on: server.control(), variables: variables, pace: .seconds(pace)
            ) { line in
                Terminal.print(line)
                flushOutput()
            }
            let played = try await run.play()
            try played.save(to: record ?? ScenarioRecord.defaultPath(name))
            Terminal.print("The scenario is over: 'turnpike scenario check \(name)' compares.")
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Say which usage of the last run was lost, double, late or refused.",
            discussion: "The status is 1 where an hour is not as the scenario expects.")

        @Argument(help: "The scenario's name, as it was run.")
        var name: String

        @Option(help: "Where 'run' kept it (default: .turnpike-scenario-NAME.json).")
        var record: String?

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let record = try ScenarioRecord(
                path: record ?? ScenarioRecord.defaultPath(name))
            let control = try server.control()
            let usage = try await control.items("/control/v1/usage", []).map {
                ScenarioCheck.Usage($0.root)
            }
            let refused = try await Self.refusals(control, since: record.trailCursor)
            let check = ScenarioCheck(record, usage: usage, refused: refused)
            Terminal.print(check.text, terminator: "")
            if !check.findings.isEmpty { throw ExitCode(1) }
        }

        private static func refusals(
            _ control: ControlClient, since start: String
        ) async throws -> [ScenarioCheck.Refusal] {
            var refusals: [ScenarioCheck.Refusal] = []
            try await control.pages("/control/v1/trail", [], from: start) { items in
                refusals += items.flatMap { ScenarioCheck.Refusal.all(in: $0.root) }
            }
            return refusals
        }
    }
}

extension ScenarioCheck {
    /// The findings, and what was refused, as lines for people.
    var text: String {
        var lines = ["\(hours - findings.count) of \(hours) hours are as expected."]
        for finding in findings {
            lines.append(
                "\(finding.hour)  \(finding.agreement) \(finding.dimension)  \(finding.verdict)")
        }
        for (error, refusals) in Dictionary(grouping: refused, by: \.error).sorted(by: {
            $0.key < $1.key
        }) {
            let ids = refusals.prefix(5).map(\.id).joined(separator: ", ")
            let more = refusals.count > 5 ? ", …" : ""
            lines.append("Refused with \(error): \(refusals.count) (\(ids)\(more))")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
