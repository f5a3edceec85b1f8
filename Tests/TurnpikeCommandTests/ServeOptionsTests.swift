import ArgumentParser
import Marketplace
import MeteringEndpoint
import TestProcesses
import Testing
import TurnpikeServer

@testable import TurnpikeCommand

@Suite("The options of serve, and their variables")
struct ServeOptionsTests {
    @Test("An option sets one thing", arguments: Setting.all)
    func option(setting: Setting) throws {
        let configuration = try configuration(setting.arguments)
        #expect(setting.value(of: configuration) == setting.expected)
    }

    @Test("Its variable sets the same", arguments: Setting.all)
    func variable(setting: Setting) throws {
        let configuration = try configuration([], setting.variable)
        #expect(setting.value(of: configuration) == setting.expected)
    }

    @Test("The option wins over its variable", arguments: Setting.all)
    func precedence(setting: Setting) throws {
        let configuration = try configuration(setting.arguments, setting.otherVariable)
        #expect(setting.value(of: configuration) == setting.expected)
    }

    @Test("An empty variable is none", arguments: Setting.all)
    func empty(setting: Setting) throws {
        let name = try #require(setting.variable.keys.first)
        let configuration = try configuration([], [name: ""])
        #expect(setting.value(of: configuration) == setting.value(of: try self.configuration([])))
    }

    @Test("Without options there is a file, loopback, checked signatures, the newest contract")
    func defaults() throws {
        let configuration = try configuration([])
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.port == 8655)
        #expect(configuration.storage == .file("./turnpike.db"))
        #expect(configuration.contract.name == "2026-10")
        #expect(configuration.authentication == .verified)
        #expect(configuration.windowAlignment == .raw)
        #expect(!configuration.isDemo)
        #expect(configuration.controlToken == nil)
    }

    @Test("The control API's token comes from the environment only")
    func controlToken() throws {
        let configuration = try configuration([], ["TURNPIKE_CONTROL_TOKEN": "secret"])
        #expect(configuration.controlToken == "secret")
    }

    @Test(
        "A marketplace cannot be both in memory and in a file",
        arguments: [
            (["--in-memory", "--data", "a.db"], [:]),
            ([], ["TURNPIKE_IN_MEMORY": "1", "TURNPIKE_DATA": "a.db"]),
        ] as [([String], [String: String])])
    func bothStores(arguments: [String], variables: [String: String]) {
        #expect(
            throws: CommandFailure(
                "the marketplace cannot be both in memory and in a.db: leave out --in-memory or "
                    + "--data")
        ) {
            try configuration(arguments, variables)
        }
    }

    @Test("An option of either kind of store wins over the variables of both")
    func storePrecedence() throws {
        let memory = try configuration(["--in-memory"], ["TURNPIKE_DATA": "a.db"])
        #expect(memory.storage == .memory)
        let file = try configuration(["--data", "b.db"], ["TURNPIKE_IN_MEMORY": "1"])
        #expect(file.storage == .file("b.db"))
    }

    @Test("The seed file is read, by its option or else its variable")
    func seed() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let asked = try folder.write("accounts: []\n", to: "asked.yaml")
        let other = try folder.write("products: []\n", to: "other.yaml")
        let byOption = try configuration(["--seed", asked], ["TURNPIKE_SEED": other])
        #expect(byOption.seed == .init(name: asked, text: "accounts: []\n"))
        let byVariable = try configuration([], ["TURNPIKE_SEED": other])
        #expect(byVariable.seed == .init(name: other, text: "products: []\n"))
        #expect(try configuration([]).seed == nil)
    }

    @Test("A wrong value is named with the way out", arguments: WrongValue.all)
    func wrongValue(_ wrong: WrongValue) {
        #expect(throws: CommandFailure(wrong.message)) {
            try configuration(wrong.arguments, wrong.variables)
        }
    }

    private func configuration(
        _ arguments: [String], _ variables: [String: String] = [:]
    ) throws -> TurnpikeConfiguration {
        try ServeOptions.parse(arguments).configuration(in: Environment(variables))
    }
}

/// A setting by its option and its variable.
struct Setting: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    /// The same in the environment.
    let variable: [String: String]
    /// Another value in the environment.
    let otherVariable: [String: String]
    let expected: String
    let value: @Sendable (TurnpikeConfiguration) -> String

    var testDescription: String { arguments.joined(separator: " ") }

    func value(of configuration: TurnpikeConfiguration) -> String { value(configuration) }

    private init(
        _ arguments: [String], _ name: String, _ text: String, other: String, _ expected: String,
        _ value: @escaping @Sendable (TurnpikeConfiguration) -> String
    ) {
        self.arguments = arguments
        variable = [name: text]
        otherVariable = [name: other]
        self.expected = expected
        self.value = value
    }

    static let all = [
        Setting(["--host", "::1"], "TURNPIKE_HOST", "::1", other: "0.0.0.0", "::1") { $0.host },
        Setting(["--port", "0"], "TURNPIKE_PORT", "0", other: "1", "0") { "\($0.port)" },
        Setting(["--data", "a.db"], "TURNPIKE_DATA", "a.db", other: "b.db", "file(\"a.db\")") {
            "\($0.storage)"
        },
        Setting(["--in-memory"], "TURNPIKE_IN_MEMORY", "yes", other: "0", "memory") {
            "\($0.storage)"
        },
        Setting(["--demo"], "TURNPIKE_DEMO", "TRUE", other: "false", "true") { "\($0.isDemo)" },
        Setting(
            ["--contract", "2025-01"], "TURNPIKE_CONTRACT", "2025-01", other: "2026-02", "2025-01"
        ) { $0.contract.name },
        Setting(["--auth", "trusting"], "TURNPIKE_AUTH", "trusting", other: "verified", "trusting")
        { $0.authentication.rawValue },
        Setting(
            ["--window-alignment", "hour"], "TURNPIKE_WINDOW_ALIGNMENT", "hour", other: "raw",
            "hour"
        ) { $0.windowAlignment.rawValue },
        Setting(
            ["--no-explain-header"], "TURNPIKE_EXPLAIN_HEADER", "no", other: "1", "Optional(false)"
        ) { "\(String(describing: $0.explainsInHeader))" },
    ]
}

/// A value that serve does not take, and what it says.
struct WrongValue: Sendable, CustomTestStringConvertible {
    var arguments: [String] = []
    var variables: [String: String] = [:]
    let message: String

    var testDescription: String { message }

    static let all = [
        WrongValue(
            arguments: ["--port", "65536"],
            message: "'65536' is no port: choose a number from 0 to 65535"),
        WrongValue(
            variables: ["TURNPIKE_PORT": "http"],
            message: "'http' is no port: choose a number from 0 to 65535"),
        WrongValue(
            arguments: ["--contract", "2024-01"],
            message: "there is no contract '2024-01': choose one of 2025-01, 2025-10, 2026-02, "
                + "2026-07, 2026-10"),
        WrongValue(
            variables: ["TURNPIKE_AUTH": "none"],
            message: "TURNPIKE_AUTH is 'none': set it to one of verified, trusting"),
        WrongValue(
            variables: ["TURNPIKE_WINDOW_ALIGNMENT": "day"],
            message: "TURNPIKE_WINDOW_ALIGNMENT is 'day': set it to one of raw, hour"),
        WrongValue(
            variables: ["TURNPIKE_DEMO": "maybe"],
            message: "TURNPIKE_DEMO is 'maybe': set it to 1 or 0"),
        WrongValue(
            arguments: ["--seed", "/nowhere/seed.yaml"],
            message: "the seed file /nowhere/seed.yaml cannot be read: check that it exists and "
                + "is yours"),
    ]
}
