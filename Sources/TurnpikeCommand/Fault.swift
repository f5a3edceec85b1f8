import AWSWire
import ArgumentParser
import ControlAPI
import Documents
import MarketplaceHost
import NIOHTTP1

struct Fault: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Let requests go wrong, on purpose.",
        discussion: """
            A plan is forgotten when the server stops, unless its seed file has it. \
            TURNPIKE_CONTROL_TOKEN is sent where it is set.
            """,
        subcommands: [List.self, Set.self, Add.self, Clear.self], defaultSubcommand: List.self)
}

extension ControlClient {
    /// Prints a fault plan, a rule a line.
    fileprivate func show(_ plan: JSONDocument) {
        let rules = plan.root["rules"].map { Array($0.elements) } ?? []
        if plan.root["quotas"]?.isTrue == true { Terminal.print("AWS's request quotas hold") }
        if rules.isEmpty { Terminal.print("no faults") }
        for (index, rule) in rules.enumerated() {
            Terminal.printJSON("\(index + 1)  \(String(decoding: rule.rawBytes, as: UTF8.self))")
        }
    }
}

extension Fault {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Print the plan, and what has fired of it.")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let control = try server.control()
            control.show(try await control.get("/control/v1/faults"))
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Set the plan from a YAML or JSON file.")

        @Argument(help: "The file, with seed, quotas and rules.", completion: .file())
        var file: String

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let plan = try StructuredValue(
                yaml: try readText(file, called: "the fault plan"), name: file)
            // The server would name the member only; here its line is known.
            let objections = Objections()
            _ = ObjectReader(plan, objections: objections).faultPlan()
            try objections.report(name: file)
            let control = try server.control()
            let texts = ScenarioTexts(start: .realNow, variables: [:])
            control.show(
                try await control.sendValue(.PUT, "/control/v1/faults") { writer in
                    texts.write(plan, to: &writer)
                })
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Add a rule to the plan.",
            discussion: """
                turnpike fault add 'operation: BatchMeterUsage, next: 3, error: ThrottlingException'
                turnpike fault add 'cut: afterCommit, next: 1'
                """)

        @Argument(help: "The rule's members, in YAML.")
        var rule: String

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let rule = try StructuredValue(yaml: "{\(rule)}", name: "the rule")
            let control = try server.control()
            let texts = ScenarioTexts(start: .realNow, variables: [:])
            control.show(
                try await control.sendValue(.POST, "/control/v1/faults") { writer in
                    texts.write(rule, to: &writer)
                })
        }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: "Let nothing go wrong any more.")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let control = try server.control()
            control.show(try await control.sendValue(.DELETE, "/control/v1/faults") { _ in })
        }
    }
}
