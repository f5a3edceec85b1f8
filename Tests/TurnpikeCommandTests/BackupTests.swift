import AWSWire
import Foundation
import MeteringAPI
import NIOCore
import Synchronization
import TestProcesses
import Testing

@testable import TurnpikeCommand

@Suite("turnpike backup", .timeLimit(.minutes(20)))
struct BackupTests {
    private let folder: TemporaryFolder
    private var copy: String { folder.path("copy.db") }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("copies a server's file while it is written to; the copy is sound and serves")
    func underLoad() async throws {
        defer { folder.remove() }
        let seed = try folder.write(ManyDimensions.seed, to: "seed.yaml")
        let server = try await TurnpikeProcess([
            "--data", folder.path("a.db"), "--seed", seed,
        ])
        let client = ManyDimensions.client(of: server)
        let bodies = ManyDimensions.bodies(at: Int64(Date().timeIntervalSince1970) - 3600)
        let before = 10
        for body in bodies.prefix(before) { _ = try await client.send(.batchMeterUsage, body) }
        async let others: Void = {
            for body in bodies.dropFirst(before) {
                _ = try await client.send(.batchMeterUsage, body)
            }
        }()
        let outcome = try await TurnpikeProcess.run([
            "backup", copy, "--endpoint", "http://127.0.0.1:\(server.port)",
        ])
        try await others
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("The copy \(copy) is sound: "), "\(outcome.output)")
        let files = FileManager.default
        #expect(try files.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
        #expect(try folder.names.filter { $0.hasPrefix("copy") } == ["copy.db"])
        let verified = try await TurnpikeProcess.run(["verify", copy])
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(try await server.terminate() == 0)

        let second = try await TurnpikeProcess(["--data", copy])
        let secondClient = ManyDimensions.client(of: second)
        let totals = try await secondClient.get("/control/v1/usage/totals")
        let records = totals.root["items"]?.elements.first { _ in true }?["records"]?.numberText
        let count = try #require(records.flatMap { Int($0) })
        #expect((before * 25...ManyDimensions.count).contains(count))
        #expect(count % 25 == 0)
        // What the copy has already is not recorded again, and what it lacks is.
        for body in bodies { _ = try await secondClient.send(.batchMeterUsage, body) }
        let all = try await secondClient.get("/control/v1/usage/totals")
        #expect(
            all.root["items"]?.elements.first { _ in true }?["records"]?.numberText
                == String(ManyDimensions.count))
        #expect(try await second.terminate() == 0)
    }

    @Test(
        "replaces nothing, and puts no copy beside the log of another file",
        arguments: ["", ".part", "-wal", "-journal", "-mark"])
    func existing(suffix: String) async throws {
        defer { folder.remove() }
        let path = try folder.write("mine", to: "copy.db" + suffix)
        let server = try await TurnpikeProcess(["--data", folder.path("a.db")])
        let outcome = try await TurnpikeProcess.run([
            "backup", copy, "--endpoint", "http://127.0.0.1:\(server.port)",
        ])
        #expect(outcome.status == 1)
        #expect(outcome.isOneSentence(naming: [path, "is there already"]), "\(outcome.errors)")
        #expect(try folder.text("copy.db" + suffix) == "mine")
        #expect(try folder.names.filter { $0.hasPrefix("copy") } == ["copy.db" + suffix])
        #expect(try await server.terminate() == 0)
    }

    @Test("of a marketplace in memory, or where no server is, is one sentence")
    func noFile() async throws {
        defer { folder.remove() }
        let server = try await TurnpikeProcess(["--in-memory"])
        let arguments = ["backup", copy, "--endpoint", "http://127.0.0.1:\(server.port)"]
        let inMemory = try await TurnpikeProcess.run(arguments)
        #expect(inMemory.status == 1)
        #expect(inMemory.isOneSentence(naming: ["refuses", "in memory"]), "\(inMemory.errors)")
        #expect(try await server.terminate() == 0)
        let nobody = try await TurnpikeProcess.run(arguments)
        #expect(nobody.isOneSentence(naming: ["no Turnpike answers"]), "\(nobody.errors)")
        let nowhere = try await TurnpikeProcess.run([
            "backup", folder.path("nowhere/copy.db"),
        ])
        #expect(nowhere.isOneSentence(naming: ["nowhere/copy.db"]), "\(nowhere.errors)")
        #expect(try folder.names.isEmpty)
    }

    /// What a server that is broken, or none of ours, sends in place of a copy.
    enum Broken: CaseIterable {
        case cut, short, shortByAPage, empty, rubbish, flippedBit

        func reply(_ bytes: [UInt8]) -> ControlStub.Reply {
            switch self {
            case .cut: .bytes(Array(bytes.prefix(bytes.count / 2)), then: .cut)
            case .short: .bytes(Array(bytes.prefix(bytes.count / 2)), then: .whole)
            case .shortByAPage: .bytes(bytes.dropLast(4096), then: .whole)
            case .empty: .bytes([], then: .whole)
            case .rubbish: .bytes(Array("nothing of a database".utf8), then: .whole)
            case .flippedBit:
                .bytes(
                    bytes.indices.map { $0 == 20_000 ? bytes[$0] ^ 1 : bytes[$0] }, then: .whole)
            }
        }
    }

    @Test("keeps nothing of a copy that breaks off or is not sound", arguments: Broken.allCases)
    func broken(how: Broken) async throws {
        defer { folder.remove() }
        let bytes = try await DataFileSample().bytes
        let stub = try await ControlStub { request, _ in
            request.uri.hasPrefix("/health") ? .json(#"{"status":"ok"}"#) : how.reply(bytes)
        }
        let outcome = try await TurnpikeProcess.run(["backup", copy, "--endpoint", stub.url])
        #expect(outcome.status == 1)
        let reason = how == .cut ? "broke off" : "is not sound"
        #expect(
            outcome.isOneSentence(naming: [stub.url, reason, "not kept"]), "\(outcome.errors)")
        #expect(try folder.names.isEmpty)
        try await stub.stop()
    }

    @Test("takes only a stream of bytes for a copy, and says why a server refuses")
    func noBytes() async throws {
        defer { folder.remove() }
        for (status, reason) in [(200, "is no Turnpike"), (500, "refuses: the disk is gone")] {
            let stub = try await ControlStub { request, _ in
                request.uri.hasPrefix("/health")
                    ? .json("{}") : .json(#"{"detail":"the disk is gone"}"#, status: status)
            }
            let client = ControlClient(endpoint: stub.url, token: nil)
            let failure = await #expect(throws: CommandFailure.self) {
                try await BackupStream(client).read { _ in }
            }
            #expect(failure?.description.contains(reason) == true)
            try await stub.stop()
        }
    }

    @Test("waits for a server that goes on sending, not for one that is silent")
    func silence() async throws {
        defer { folder.remove() }
        let stub = try await ControlStub { request, _ in
            request.uri.hasPrefix("/health")
                ? .json("{}") : .bytes([1, 2, 3], then: .silence)
        }
        let client = ControlClient(endpoint: stub.url, token: nil)
        let taken = Mutex<[UInt8]>([])
        let failure = await #expect(throws: CommandFailure.self) {
            try await BackupStream(client, silence: .milliseconds(200)).read { part in
                taken.withLock { $0 += Array(part.readableBytesView) }
            }
        }
        #expect(failure?.description.contains("broke off after 3 bytes") == true)
        #expect(taken.withLock { $0 } == [1, 2, 3])
        try await stub.stop()
    }
}
