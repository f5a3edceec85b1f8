import Foundation
import GRDB
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("The check of a data file")
struct DataFileCheckTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Makes a data file with some of everything, and closes it.
    private func makeFile() async throws {
        let store = try SQLiteStore(path: folder.dataFile)
        try await store.save([
            .put(
                .product(
                    Product(
                        code: "prod", type: .saas, title: "P", sellerAccountID: "999988887777",
                        dimensions: []))),
            .publish(.sample, deliveries: [PlannedDelivery(target: "t", time: .noon)]),
        ])
        _ = try await store.record([
            .sample(
                1,
                allocations: [
                    RecordedAllocation(quantity: UsageEntry.sample(1).quantity, tags: [:])
                ]
            ),
            .sample(2, .sample(dimension: "other")),
            .sample(3, .agent, isOncePerHour: false, token: .sample()),
        ])
        await store.close()
    }

    @Test("A sound file has no findings, and its contents are counted")
    func sound() async throws {
        defer { folder.remove() }
        try await makeFile()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.dataFile))
        let check = try DataFileCheck(path: folder.dataFile)
        #expect(check.findings == [])
        #expect(check.records == 3)
        #expect(check.facts == 1)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.dataFile)) == bytes)
    }

    @Test(
        "What does not hold between rows is found",
        arguments: [
            ("DELETE FROM name WHERE text = 'other'", "a name that is not there"),
            ("UPDATE name SET text = 'another' WHERE text = 'other'", "names are not what was"),
            ("DELETE FROM used_dimension", "have usage that is not noted"),
            ("UPDATE usage_run SET hour = hour + 1", "runs of records are not what was written"),
            ("UPDATE usage_run SET records = zeroblob(56)", "runs of records are not what was"),
            ("DELETE FROM usage_run", "a record that is not there"),
            ("DELETE FROM usage_run", "allocations belong to no record"),
            ("DELETE FROM usage_allocation", "do not sum to them"),
            ("UPDATE usage_allocation SET body = '[]'", "do not sum to them"),
            ("UPDATE client_token SET token = 'another'", "client tokens are not what was"),
            ("UPDATE used_dimension SET checksum = 1", "have usage that is not noted"),
            ("UPDATE event SET body = '{}'", "event 1 is not what was written"),
            ("UPDATE delivery SET attempts = 1", "delivery 1 is not what was written"),
            ("DELETE FROM event", "delivery 1 is of an event that is not there"),
            ("UPDATE catalog SET body = '{}'", "the product prod is not what was written"),
        ])
    func damage(sql: String, finding: String) async throws {
        defer { folder.remove() }
        try await makeFile()
        try changeFile(at: folder.dataFile) { try $0.execute(sql: sql) }
        let check = try DataFileCheck(path: folder.dataFile)
        #expect(check.findings.contains { $0.contains(finding) }, "\(check.findings)")
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout PackedRecord) -> Void

        static let all = [
            Damage(testDescription: "the id of another") { $0.idLow = 1 },
            Damage(testDescription: "an hour that has one already") { $0.dimension = 1 },
            Damage(testDescription: "of an unknown kind") { $0.operation = 9 },
            Damage(testDescription: "of an unknown kind") { $0.offset = 3_600_000 },
            Damage(testDescription: "do not sum to them") { $0.quantity += 1 },
        ]
    }

    @Test("What does not hold between records is found", arguments: Damage.all)
    func damagedRecords(damage: Damage) async throws {
        defer { folder.remove() }
        try await makeFile()
        try changeFile(at: folder.dataFile) { database in
            let connection = try #require(database.sqliteConnection)
            let rows = try PreparedStatement(
                "SELECT \(UsageRun.columns) FROM usage_run", on: connection)
            var damaged: [UsageRun] = []
            while try rows.step() {
                damaged.append(try UsageRun(rows))
            }
            rows.reset()
            try database.execute(sql: "DELETE FROM usage_run")
            // In the empty table runs get the same numbers again, which allocations lead to.
            var runs = try RunTable(on: connection)
            for run in damaged {
                for var record in run.records {
                    damage.change(&record)
                    _ = runs.append(record, to: run.key, allocations: nil)
                }
            }
            try runs.flush()
        }
        let check = try DataFileCheck(path: folder.dataFile)
        #expect(
            check.findings.contains { $0.contains(damage.testDescription) }, "\(check.findings)")
    }

    @Test("A flipped bit in any page is found, or changes nothing that is read", arguments: 0..<24)
    func flippedBit(step: Int) async throws {
        defer { folder.remove() }
        try await makeFile()
        let url = URL(fileURLWithPath: folder.dataFile)
        var bytes = try Data(contentsOf: url)
        let sound = try DataFileCheck(path: folder.dataFile)
        // The heads of pages, where their structure is.
        let page = 4096
        let offset = step / 3 % (bytes.count / page) * page + [0, 3, 8][step % 3]
        bytes[offset + (offset < page ? 100 : 0)] ^= 0x11
        try bytes.write(to: url)
        if let check = try? DataFileCheck(path: folder.dataFile), check.findings.isEmpty {
            #expect(check.records == sound.records)
            #expect(check.facts == sound.facts)
        }
    }

    @Test("A truncated file is refused or found", arguments: [100, 4096, 9000])
    func truncated(length: Int) async throws {
        defer { folder.remove() }
        try await makeFile()
        let url = URL(fileURLWithPath: folder.dataFile)
        try Data(contentsOf: url).prefix(length).write(to: url)
        let check = try? DataFileCheck(path: folder.dataFile)
        #expect(check?.findings.isEmpty != true)
    }

    @Test("A file that is missing is not made")
    func missing() {
        defer { folder.remove() }
        #expect(throws: OpenError.self) { try DataFileCheck(path: folder.dataFile) }
        #expect(!FileManager.default.fileExists(atPath: folder.dataFile))
    }

    @Test("A file that a server uses is not looked at")
    func inUse() async throws {
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        let error = #expect(throws: OpenError.self) { try DataFileCheck(path: folder.dataFile) }
        #expect(error?.description.contains("in use") == true)
        await store.close()
    }
}
