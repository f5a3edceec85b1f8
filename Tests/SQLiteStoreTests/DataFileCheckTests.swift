import Foundation
import GRDB
import Marketplace
import MeteringAPI
import StoreContract
import Testing

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
                        dimensions: [])))
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
        #expect(check.series == 3)
        #expect(check.facts == 1)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.dataFile)) == bytes)
    }

    @Test(
        "What does not hold between rows is found",
        arguments: [
            ("DELETE FROM series WHERE dimension = 'other'", "do not say what they are of"),
            ("UPDATE usage_record SET hour = hour + 1 WHERE allocations IS NULL", "another hour"),
            ("UPDATE usage_record SET id = zeroblob(16)", "the id of another"),
            (
                "INSERT INTO usage_record SELECT hour, series, 1, randomblob(16), quantity, "
                    + "timestamp, recorded_at, operation, 0, NULL FROM usage_record "
                    + "WHERE occurrence = 0 LIMIT 1",
                "have others as well"
            ),
            ("DELETE FROM usage_record WHERE occurrence > 0", "a record that is not there"),
            ("UPDATE usage_record SET quantity = quantity + 1", "do not sum to them"),
            ("UPDATE catalog SET body = '{}'", "the product prod cannot be read"),
        ])
    func damage(sql: String, finding: String) async throws {
        defer { folder.remove() }
        try await makeFile()
        let file = try DatabaseQueue(path: folder.dataFile)
        try await file.write { try $0.execute(sql: sql) }
        try file.close()
        let check = try DataFileCheck(path: folder.dataFile)
        #expect(check.findings.contains { $0.contains(finding) }, "\(check.findings)")
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
