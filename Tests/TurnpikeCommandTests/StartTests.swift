import AWSWire
import Foundation
import TestProcesses
import Testing

@Suite("The command, in a process of its own")
struct StartTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("Without --data the file is ./turnpike.db, and the start message says so")
    func defaultFile() async throws {
        defer { folder.remove() }
        let server = try await TurnpikeProcess([], in: folder.url)
        #expect(
            server.startMessage == """
                Turnpike 0.1.0 serves contract 2026-10 on http://127.0.0.1:\(server.port)
                The marketplace is kept in ./turnpike.db. Stop with Ctrl-C.

                """)
        #expect(try await server.terminate() == 0)
        #expect(FileManager.default.fileExists(atPath: folder.path("turnpike.db")))
    }

    @Test("A port in use is one sentence")
    func portInUse() async throws {
        defer { folder.remove() }
        let server = try await TurnpikeProcess(["--in-memory"])
        let outcome = try await TurnpikeProcess.run([
            "serve", "--in-memory", "--port", "\(server.port)",
        ])
        #expect(
            outcome.isFailure(
                "127.0.0.1:\(server.port) is in use: stop what listens there, or choose another "
                    + "--port"))
        #expect(try await server.terminate() == 0)
    }

    @Test("A host that nobody knows is one sentence", arguments: ["nowhere.invalid", "192.0.2.1"])
    func unknownHost(host: String) async throws {
        defer { folder.remove() }
        let outcome = try await TurnpikeProcess.run([
            "serve", "--in-memory", "--port", "0", "--host", host,
        ])
        #expect(outcome.status == 1)
        #expect(outcome.isOneSentence(naming: [host, "--host"]))
    }

    @Test("A data file that is in use is one sentence")
    func fileInUse() async throws {
        defer { folder.remove() }
        let arguments = ["--data", folder.path("a.db")]
        let server = try await TurnpikeProcess(arguments)
        let outcome = try await TurnpikeProcess.run(["serve", "--port", "0"] + arguments)
        #expect(outcome.status == 1)
        #expect(outcome.isOneSentence(naming: ["a.db", "another"]))
        #expect(try await server.terminate() == 0)
    }

    @Test("A file that is no database is left as it is")
    func noDatabase() async throws {
        defer { folder.remove() }
        let text = String(repeating: "These are my notes.\n", count: 400)
        let path = try folder.write(text, to: "notes.txt")
        let outcome = try await TurnpikeProcess.run(["serve", "--port", "0", "--data", path])
        #expect(outcome.status == 1)
        #expect(outcome.isOneSentence(naming: [path]))
        #expect(try folder.text("notes.txt") == text)
    }

    @Test("verify says what a sound file holds, and fails for one that is not there or damaged")
    func verify() async throws {
        defer { folder.remove() }
        let path = folder.path("a.db")
        let server = try await TurnpikeProcess(["--data", path, "--demo"])
        #expect(try await server.terminate() == 0)
        let sound = try await TurnpikeProcess.run(["verify", path])
        #expect(sound.status == 0)
        #expect(sound.output.hasPrefix("The data file \(path) is sound: 0 records, 21 facts"))
        let missing = try await TurnpikeProcess.run(["verify", folder.path("b.db")])
        #expect(missing.status == 1)
        #expect(missing.isOneSentence(naming: ["b.db"]))
        let bytes = try Data(contentsOf: URL(filePath: path))
        let damaged = folder.url.appending(path: "damaged.db")
        try bytes.prefix(bytes.count / 2).write(to: damaged)
        let cut = try await TurnpikeProcess.run(["verify", damaged.path])
        #expect(cut.status == 1)
        #expect(cut.errors.contains("backup"))
        let notes = try folder.write("These are my notes.\n", to: "notes.txt")
        let foreign = try await TurnpikeProcess.run(["verify", notes])
        #expect(foreign.status == 1)
        #expect(foreign.isOneSentence(naming: [notes]))
    }

    @Test("A data path where no file can be is one sentence", arguments: ["", "/nowhere/a.db"])
    func badPath(suffix: String) async throws {
        defer { folder.remove() }
        let path = folder.url.path + suffix
        let outcome = try await TurnpikeProcess.run(["serve", "--port", "0", "--data", path])
        #expect(outcome.status == 1)
        #expect(outcome.isOneSentence(naming: [path]))
    }

    @Test("A mistake in a seed file's line 12 is named by its line, and nothing is applied")
    func seedMistake() async throws {
        defer { folder.remove() }
        let seed = try folder.write(Self.seed, to: "seed.yaml")
        let data = folder.path("a.db")
        let outcome = try await TurnpikeProcess.run([
            "serve", "--port", "0", "--data", data, "--seed", seed,
        ])
        #expect(
            outcome.isFailure(
                "\(seed):12: agreements[0].productCode: there is no product 'typo': make it "
                    + "first"))
        let server = try await TurnpikeProcess(["--data", data])
        let client = SigningClient(port: server.port, accessKeyID: "", secretAccessKey: "")
        let accounts = try await client.get("/control/v1/accounts")
        #expect(accounts.root["items"]?.elements.map { _ in 1 } == [])
        #expect(try await server.terminate() == 0)
    }

    private static let seed = """
        accounts:
          - {accountId: "111122223333", role: seller, name: Acme}
          - {accountId: "222233334444", role: buyer, name: Globex}
        products:
          - productCode: analytics
            type: saas
            title: Analytics
            sellerAccountId: "111122223333"
            dimensions: [{name: requests}]
        agreements:
          - agreementId: agmt-1
            productCode: typo
            buyerAccountId: "222233334444"
        """

    @Test("The demo binds to loopback only")
    func demoAbroad() async throws {
        defer { folder.remove() }
        let outcome = try await TurnpikeProcess.run([
            "serve", "--port", "0", "--in-memory", "--demo", "--host", "0.0.0.0",
        ])
        #expect(outcome.status == 1)
        #expect(outcome.isOneSentence(naming: ["--demo", "0.0.0.0"]))
    }

    @Test(
        "Mistakes in the arguments end with 64, on standard error",
        arguments: [["serve", "--prot", "1"], ["serve", "--auth", "none"], ["sevre"]])
    func badArguments(arguments: [String]) async throws {
        defer { folder.remove() }
        let outcome = try await TurnpikeProcess.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains(arguments[1...].first ?? arguments[0]))
    }

    @Test(
        "Help names every option",
        arguments: [
            (
                "serve",
                [
                    "--host", "--port", "--data", "--in-memory", "--seed", "--demo", "--contract",
                    "--auth", "--window-alignment", "--explain-header", "TURNPIKE_PORT",
                    "TURNPIKE_CONTROL_TOKEN", "8655", "./turnpike.db", "2026-10",
                ]
            ),
            ("env", ["seller", "ecs-task", "--endpoint", "TURNPIKE_ENDPOINT", "--json"]),
            (
                "usage",
                [
                    "--product-code", "--buyer", "--dimension", "--from", "--to", "--json",
                    "--endpoint", "TURNPIKE_CONTROL_TOKEN",
                ]
            ),
        ])
    func help(command: String, names: [String]) async throws {
        defer { folder.remove() }
        let outcome = try await TurnpikeProcess.run([command, "--help"])
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        for name in names { #expect(outcome.output.contains(name), "\(name)") }
    }
}

extension TurnpikeProcess.Outcome {
    /// Whether the command failed with this sentence and nothing else.
    func isFailure(_ sentence: String) -> Bool {
        status == 1 && output.isEmpty && errors == "turnpike: \(sentence)\n"
    }

    /// Whether standard error is one line with all of these words, and standard output is empty.
    func isOneSentence(naming words: [String]) -> Bool {
        output.isEmpty && errors.hasPrefix("turnpike: ") && errors.hasSuffix("\n")
            && errors.count { $0 == "\n" } == 1 && words.allSatisfy(errors.contains)
    }
}
