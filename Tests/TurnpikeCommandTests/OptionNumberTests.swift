import AWSWire
import ArgumentParser
import Documents
import TestProcesses
import Testing
import TurnpikeServer

@testable import TurnpikeCommand

@Suite("Numbers of options and variables", .serialized, .timeLimit(.minutes(20)))
struct OptionNumberTests {
    /// What commands may be given as numbers: at every edge of what is stored, and other spellings.
    static let edges = [
        "0", "-1", "0.001", "1.5", "65536", "2147483648", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "1e309", "nan", "inf", "",
        "9223372036854775807s", "106751991167301d", "+1", "01",
    ]

    private struct Parameter {
        let command: [String]
        /// Nil for an argument without a name.
        let name: String?
        let required: [String]
    }

    /// All commands and what they take, from the command's own dump.
    private static func parameters() async throws -> [Parameter] {
        let dump = try await TurnpikeProcess.run(["--experimental-dump-help"])
        let root = try JSONDocument(parsing: Array(dump.output.utf8)).root
        let command = try #require(root["command"])
        return parameters(of: command, [])
    }

    private static func parameters(of command: JSONValue, _ path: [String]) -> [Parameter] {
        let arguments = command["arguments"].map { Array($0.elements) } ?? []
        let isOptional = { (argument: JSONValue) in argument["isOptional"]?.numberText == "true" }
        let required = arguments.filter { !isOptional($0) }.flatMap { argument -> [String] in
            guard argument["kind"]?.text == "option" else { return ["1"] }
            return ["--\(argument["valueName"]?.text ?? "")", "1"]
        }
        let own = arguments.compactMap { argument -> Parameter? in
            guard argument["kind"]?.text != "flag" else { return nil }
            let names = argument["names"].map { Array($0.elements) } ?? []
            let name = names.first.map { "--\($0["name"]?.text ?? "")" }
            return Parameter(command: path, name: name, required: required)
        }
        let below = command["subcommands"].map { Array($0.elements) } ?? []
        return own
            + below.filter { $0["commandName"]?.text != "help" }.flatMap {
                parameters(of: $0, path + [$0["commandName"]?.text ?? ""])
            }
    }

    @Test("Every option and argument takes or refuses every number")
    func options() async throws {
        let parameters = try await Self.parameters()
        #expect(parameters.contains { $0.command == ["serve"] && $0.name == "--port" })
        #expect(parameters.contains { $0.command == ["clock", "start"] && $0.name == "--speed" })
        #expect(parameters.contains { $0.command == ["clock", "advance"] && $0.name == nil })
        for parameter in parameters {
            for edge in Self.edges {
                // Tests that run beside this one have deadlines.
                await Task.yield()
                let value = parameter.name.map { ["\($0)=\(edge)"] } ?? ["--", edge]
                let named = parameter.required.filter { _ in parameter.name != nil }
                let words = parameter.command + named + value
                guard let command = try? TurnpikeCommand.parseAsRoot(words) else { continue }
                if let serve = command as? Serve { Self.configure(serve, Environment([:])) }
                if let start = command as? Clock.Start {
                    #expect((0.001...86_400).contains(start.speed), "\(words)")
                }
                if let advance = command as? Clock.Advance {
                    #expect(advance.duration.seconds <= 10_000 * 366 * 86_400, "\(words)")
                }
                if let subscribe = command as? Subscribe {
                    #expect((0...3600).contains(subscribe.wait), "\(words)")
                }
            }
        }
    }

    @Test("Every variable takes or refuses every number", arguments: EnvironmentVariable.allCases)
    func variables(variable: EnvironmentVariable) throws {
        for edge in Self.edges {
            let environment = Environment([variable.rawValue: edge])
            Self.configure(try Serve.parse([]), environment)
            _ = try? Env.parse([]).text(in: environment)
        }
    }

    private static func configure(_ serve: Serve, _ environment: Environment) {
        guard let made = try? serve.options.configuration(in: environment) else { return }
        #expect((0...65_535).contains(made.port))
    }

    @Test("The clock's commands send what the server can take")
    func clock() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let endpoint = ["--endpoint", "http://127.0.0.1:\(server.port)"]
        for edge in Self.edges {
            for words in [
                ["clock", "start", "--speed=\(edge)"] + endpoint,
                ["clock", "advance"] + endpoint + ["--", edge],
            ] {
                let outcome = try await TurnpikeProcess.run(words)
                #expect([0, 1, 64].contains(outcome.status), "\(words): \(outcome.errors)")
            }
        }
        #expect(try await TurnpikeProcess.run(["clock"] + endpoint).status == 0)
        #expect(try await server.terminate() == 0)
    }

    @Test("A scenario's numbers are taken or refused with their line", arguments: edges)
    func scenarios(edge: String) throws {
        let agreement = "{as: a, productCode: $product, buyerAccountId: $buyer}"
        for step in ["hours: \(edge)", "advance: \(edge)", "wait: \(edge)", "hours: \(edge)s"] {
            let text = "title: t\nsteps:\n  - \(step)\n"
            do {
                for step in try Scenario(yaml: text, name: "s.yaml").steps {
                    switch step.action {
                    case .hours(let count): #expect((1...10_000).contains(count))
                    case .wait(let seconds): #expect((0...86_400).contains(seconds))
                    case .advance(let seconds): #expect(seconds >= 0)
                    default: break
                    }
                }
            } catch {
                #expect(error.description.hasPrefix("s.yaml:"), "\(error)")
            }
        }
        for member in ["from: +\(edge), to: +2h", "from: +0s, to: +\(edge)"] {
            for quantity in ["any", edge] {
                let text = """
                    title: t
                    steps:
                      - agreement: \(agreement)
                    expect:
                      - {agreement: a, dimension: $dimension, \(member), quantity: "\(quantity)"}

                    """
                do {
                    let scenario = try Scenario(yaml: text, name: "s.yaml")
                    for expected in scenario.expectations {
                        #expect(expected.to - expected.from >= 3600)
                    }
                } catch {
                    #expect(error.description.hasPrefix("s.yaml:"), "\(error)")
                }
            }
        }
    }
}
