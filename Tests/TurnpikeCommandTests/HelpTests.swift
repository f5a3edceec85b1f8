import ArgumentParser
import Testing

@testable import TurnpikeCommand

@Suite("Help texts")
struct HelpTests {
    @Test("Every option of serve has a variable of its name, and every variable an option")
    func variables() {
        let options = Set(Self.options(of: Serve.self))
        let variables = EnvironmentVariable.allCases.filter {
            $0 != .controlToken && $0 != .endpoint
        }
        let named = variables.map { variable in
            "--"
                + variable.rawValue.dropFirst("TURNPIKE_".count).lowercased()
                .replacing("_", with: "-")
        }
        #expect(options == Set(named))
    }

    @Test("Every option is explained")
    func explained() {
        let commands: [any ParsableCommand.Type] = [
            Serve.self, Env.self, Subscribe.self, Usage.self, Events.self, Backup.self,
            Verify.self, Repair.self,
        ]
        for command in commands {
            let explanations = Self.entries(of: command)
            #expect(!explanations.isEmpty)
            for (names, text) in explanations {
                #expect(text.count > 8, "\(command) \(names)")
            }
        }
    }

    @Test("Commands that talk to a server say how they find it")
    func endpoint() {
        let commands: [any ParsableCommand.Type] = [
            Env.self, Subscribe.self, Usage.self, Events.self, Backup.self,
        ]
        for command in commands {
            let text = Self.entries(of: command)["--endpoint <endpoint>"] ?? ""
            #expect(text.contains("TURNPIKE_ENDPOINT"))
            #expect(text.contains("http://127.0.0.1:8655"))
        }
    }

    /// The names of a command's options; of a pair that excludes each other, the first.
    private static func options(of command: any ParsableCommand.Type) -> [String] {
        entries(of: command).keys.compactMap { names in
            names.split(whereSeparator: { " /,".contains($0) }).first.map(String.init)
        }
    }

    /// What a help text says about each option and argument but those that every command has.
    private static func entries(of command: any ParsableCommand.Type) -> [String: String] {
        let help = command.helpMessage(columns: 1000)
        var entries: [String: String] = [:]
        var names = ""
        for line in help.split(separator: "\n") where line.hasPrefix("  ") {
            let words = line.split(separator: " ")
            // Long names have a line of their own, and every further line of a text is indented.
            let isText = line.hasPrefix("   ")
            let named = isText ? [] : words.prefix { "-<".contains($0.first ?? " ") }
            if !isText { names = named.joined(separator: " ") }
            let text = words.dropFirst(named.count).joined(separator: " ")
            entries[names, default: ""] += text
        }
        return entries.filter { !["-h, --help", "--version"].contains($0.key) }
    }
}
