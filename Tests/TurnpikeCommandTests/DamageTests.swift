import AWSWire
import Foundation
import MeteringAPI
import TestProcesses
import Testing

@Suite("A damaged data file", .timeLimit(.minutes(20)))
struct DamageTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("with a broken page of usage refuses reports for that hour only, and health says so")
    func usagePage() async throws {
        defer { folder.remove() }
        let sample = try await DataFileSample()
        let page = try sample.usagePage
        let path = try folder.write(sample.damaged(page: page, bits: 1), to: "a.db")
        let server = try await TurnpikeProcess(["--data", path])
        let client = ManyDimensions.client(of: server)
        let atStart = try await client.text("/health")
        #expect(atStart.hasPrefix(#"{"status":"ok","#), "\(atStart)")
        #expect(try await client.text("/metrics").contains("\nturnpike_damage 0\n"))

        let damaged = try await report(client, at: sample.hours[1])
        #expect(damaged.isEmpty)
        for hour in [sample.hours[0], sample.hours[1] + 3600] {
            let statuses = try await report(client, at: hour)
            #expect(statuses == Array(repeating: "Success", count: 25))
        }

        let health = try await client.get("/health")
        #expect(health.root["status"]?.text == "damaged")
        let damage = health.root["damage"]?.elements.map(\.text) ?? []
        let hour = Timestamp(seconds: sample.hours[1] / 3600 * 3600).iso8601
        #expect(damage.contains { $0.contains("page \(page) of the data file") }, "\(damage)")
        #expect(damage.contains("the usage of \(hour) cannot be read"), "\(damage)")
        let metrics = try await client.text("/metrics")
        #expect(metrics.contains("\nturnpike_damage \(damage.count)\n"), "\(metrics)")
        // A copy would carry the damage on.
        let backup = try await TurnpikeProcess.run([
            "backup", folder.path("b.db"), "--endpoint", "http://127.0.0.1:\(server.port)",
        ])
        #expect(backup.status == 1)
        #expect(backup.isOneSentence(naming: ["refuses", "damaged"]), "\(backup.errors)")
        #expect(try await server.terminate() == 0)
        #expect(try folder.names == ["a.db"])
    }

    /// The statuses of the records of an hour that nobody has reported yet.
    private func report(_ client: SigningClient, at hour: Int64) async throws -> [String?] {
        let body = ManyDimensions.bodies(at: hour)[DataFileSample.requests]
        let answer = try await client.send(.batchMeterUsage, body)
        return answer.root["Results"]?.elements.map { $0["Status"]?.text } ?? []
    }

    @Test("is found by verify and set right by repair where one bit of it has flipped")
    func oneBit() async throws {
        defer { folder.remove() }
        let sample = try await DataFileSample()
        let page = try sample.usagePage
        let path = try folder.write(sample.damaged(page: page, bits: 1), to: "a.db")
        let verify = try await TurnpikeProcess.run(["verify", path])
        #expect(verify.status == 1)
        #expect(verify.output == "page \(page) is not what was written\n")
        #expect(verify.errors.contains("'turnpike repair'"))

        let new = folder.path("new.db")
        let repair = try await TurnpikeProcess.run(["repair", path, new])
        #expect(repair.status == 0, "\(repair.errors)")
        #expect(
            repair.output.hasPrefix("one flipped bit each was set right in the pages \(page)\n"),
            "\(repair.output)")
        #expect(repair.output.contains(" has \(DataFileSample.records) records and "))
        #expect(try await isSound(new, records: DataFileSample.records))
        let left = Array(try Data(contentsOf: URL(filePath: path)))
        #expect(left == sample.damaged(page: page, bits: 1))
    }

    @Test("is repaired without what nobody can read any more")
    func twoBits() async throws {
        defer { folder.remove() }
        let sample = try await DataFileSample()
        let path = try folder.write(
            sample.damaged(page: try sample.usagePage, bits: 2), to: "a.db")
        let new = folder.path("new.db")
        let repair = try await TurnpikeProcess.run(["repair", path, new])
        #expect(repair.status == 0, "\(repair.errors)")
        // Findings, and the line that says what there is.
        #expect(repair.output.split(separator: "\n").count > 1, "\(repair.output)")
        let verify = try await TurnpikeProcess.run(["verify", new])
        #expect(verify.status == 0, "\(verify.output)")
        let server = try await TurnpikeProcess(["--data", new])
        let statuses = try await report(
            ManyDimensions.client(of: server), at: sample.hours[0])
        #expect(statuses == Array(repeating: "Success", count: 25))
        #expect(try await server.terminate() == 0)
    }

    @Test("whose first page is broken does not start, and is repaired")
    func firstPage() async throws {
        defer { folder.remove() }
        let sample = try await DataFileSample()
        let path = try folder.write(sample.damaged(page: 1, bits: 1), to: "a.db")
        let start = try await TurnpikeProcess.run(["serve", "--port", "0", "--data", path])
        #expect(start.status == 1)
        #expect(start.isOneSentence(naming: [path, "damaged", "'turnpike repair'"]))
        let new = folder.path("new.db")
        #expect(try await TurnpikeProcess.run(["repair", path, new]).status == 0)
        #expect(try await isSound(new, records: DataFileSample.records))
    }

    @Test("with a broken log does not start, and loses nothing when it is repaired")
    func log() async throws {
        defer { folder.remove() }
        let path = folder.path("a.db")
        let seed = try folder.write(ManyDimensions.seed, to: "seed.yaml")
        let server = try await TurnpikeProcess(["--data", path, "--seed", seed])
        let client = ManyDimensions.client(of: server)
        let hour = Int64(Date().timeIntervalSince1970) - 3600
        for body in ManyDimensions.bodies(at: hour).prefix(DataFileSample.requests) {
            _ = try await client.send(.batchMeterUsage, body)
        }
        try await server.kill()
        var log = Array(try Data(contentsOf: URL(filePath: path + "-wal")))
        log[log.count / 2] ^= 16
        _ = try folder.write(log, to: "a.db-wal")

        for arguments in [["serve", "--port", "0", "--data", path], ["verify", path]] {
            let outcome = try await TurnpikeProcess.run(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("'turnpike repair'"), "\(outcome.errors)")
            #expect((outcome.errors + outcome.output).contains("he log "), "\(outcome.errors)")
        }
        let new = folder.path("new.db")
        let repair = try await TurnpikeProcess.run(["repair", path, new])
        #expect(repair.status == 0, "\(repair.errors)")
        #expect(repair.output.contains("in the log, 1 flipped bit"), "\(repair.output)")
        #expect(try await isSound(new, records: DataFileSample.requests * 25))
    }

    @Test("and its repair are never guessed: what is missing, taken or in use is one sentence")
    func refusals() async throws {
        defer { folder.remove() }
        let path = folder.path("a.db")
        let taken = try folder.write("mine", to: "taken.db")
        let server = try await TurnpikeProcess(["--data", path])
        let new = folder.path("new.db")
        for (arguments, words) in [
            (["repair", path, new], [path, "in use by another server"]),
            (["verify", path], [path, "in use by another server"]),
            (["repair", path, taken], [taken, "is there already"]),
            (["repair", folder.path("no.db"), new], ["There is no data file", "no.db"]),
            (["repair", taken, new], [taken, "cannot be read"]),
        ] {
            let outcome = try await TurnpikeProcess.run(arguments)
            #expect(outcome.status == 1, "\(arguments)")
            #expect(outcome.isOneSentence(naming: words), "\(arguments) \(outcome.errors)")
        }
        #expect(try await TurnpikeProcess.run(["repair", path]).status == 64)
        #expect(try await server.terminate() == 0)
        #expect(try folder.names == ["a.db", "taken.db"])
        #expect(try folder.text("taken.db") == "mine")
    }

    private func isSound(_ path: String, records: Int) async throws -> Bool {
        let verify = try await TurnpikeProcess.run(["verify", path])
        return verify.status == 0
            && verify.output.hasPrefix("The data file \(path) is sound: \(records) records, ")
    }
}
