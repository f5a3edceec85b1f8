import Foundation
import GRDB
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("A data file of format 1")
struct FileFormatTests {
    @Test("is brought to the newest format with everything that is in it")
    func migration() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let whole = UsageEntry.sample(
            1,
            allocations: [RecordedAllocation(quantity: Quantity(5), tags: ["team": "a"])])
        let twin = UsageEntry.sample(2, .sample(license: "arn:l1"))
        let agent = UsageEntry.sample(3, .agent, operation: .meterUsage, isOncePerHour: false)
        let later = UsageEntry.sample(4, at: .noon.adding(seconds: 3600 + 17))
        try writeFormat1(
            at: folder.dataFile, [(whole, 0), (twin, 0), (agent, 1), (later, 0)], billedTwice: 2)

        let store = try SQLiteStore(path: folder.dataFile)
        let stored = try await store.usage(UsageFilter(), after: nil, limit: 9).items
        #expect(
            Set(stored) == [
                RecordedUsage(whole), RecordedUsage(twin, isBilledTwice: true),
                RecordedUsage(agent), RecordedUsage(later),
            ])
        #expect(try await store.loadCatalog().accounts["1"]?.name == "A")
        #expect(try await store.usedDimensions(of: "prod") == [ExactText("users")])
        let outcomes = try await store.record([whole, agent])
        guard case .alreadyRecorded(let first) = outcomes[0] else {
            Issue.record("the first was \(outcomes[0])")
            return
        }
        #expect(first.id == whole.id && first.hasSameAllocations)
        #expect(outcomes[1] == .recorded(agent.id, billedTwiceWith: nil))
        let again = UsageEntry.sample(
            9, .agent, recordedAt: .noon, isOncePerHour: false, token: .sample())
        #expect(try await store.record([again]) == [.tokenReplayed(agent.id)])
        await store.close()
    }

    @Test("is not written anew while another name leads to it")
    func hardLink() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try writeFormat1(
            at: folder.dataFile, (1..<4).map { (.sample($0, .sample(dimension: "d\($0)")), 0) },
            billedTwice: 0)
        let other = folder.path("other.db")
        try FileManager.default.linkItem(atPath: folder.dataFile, toPath: other)
        let before = try Data(contentsOf: URL(fileURLWithPath: other))
        for path in [folder.dataFile, other] {
            let error = #expect(throws: OpenError.self) { try SQLiteStore(path: path) }
            #expect(error?.description.contains("hard links") == true)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == before)
        try FileManager.default.removeItem(atPath: other)
        _ = try SQLiteStore(path: folder.dataFile)
        #expect(!FileManager.default.fileExists(atPath: folder.dataFile + "-lock"))
    }

    @Test("is locked as version 0.1 locks it, while it is written anew")
    func earlyLock() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try Data([0]).write(to: URL(fileURLWithPath: folder.dataFile))
        let lock = try FileLock(forFileAt: folder.dataFile)
        try lock.keepOutEarlyVersions()
        let early = open(folder.dataFile + "-lock", O_RDWR)
        defer { close(early) }
        #expect(flock(early, LOCK_EX | LOCK_NB) != 0)
        lock.release()
        #expect(flock(early, LOCK_EX | LOCK_NB) == 0)
        // Such a server is noticed, too.
        #expect(throws: OpenError.self) { try FileLock(forFileAt: folder.dataFile) }
    }

    @Test("keeps others out at every moment of taking the place of another")
    func lockDuringMove() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let copy = folder.path("copy.db")
        for path in [folder.dataFile, copy] {
            try Data([0]).write(to: URL(fileURLWithPath: path))
        }
        let lock = try FileLock(forFileAt: folder.dataFile)
        func expectKeptOut() {
            #expect(throws: OpenError.self) { try FileLock(forFileAt: folder.dataFile) }
        }
        expectKeptOut()
        try lock.move(toFileAt: copy) { () throws(OpenError) in
            expectKeptOut()
            rename(copy, folder.dataFile)
            expectKeptOut()
        }
        expectKeptOut()
        lock.release()
        try FileLock(forFileAt: folder.dataFile).release()
    }

    @Test("is refused with a log of which a part in the middle does not fit")
    func damagedLog() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try writeFormat1(
            at: folder.dataFile, (1..<4).map { (.sample($0, .sample(dimension: "d\($0)")), 0) },
            billedTwice: 0)
        let file = try DatabaseQueue(path: folder.dataFile)
        try file.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            for number in 0..<10 {
                try database.execute(
                    sql: "INSERT INTO catalog VALUES ('account', ?, '{}')",
                    arguments: ["more \(number)"])
            }
        }
        let copy = try TemporaryFolder()
        defer { copy.remove() }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.dataFile + suffix, toPath: copy.dataFile + suffix)
        }
        try file.close()
        let path = URL(fileURLWithPath: copy.dataFile + "-wal")
        var log = try Data(contentsOf: path)
        log[log.count / 2] ^= 1
        try log.write(to: path)
        let before = try Data(contentsOf: URL(fileURLWithPath: copy.dataFile))
        let error = #expect(throws: OpenError.self) { try SQLiteStore(path: copy.dataFile) }
        #expect(error?.description.contains("earlier version") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy.dataFile)) == before)
    }

    /// Writes entries, each with its number among those of its hour, as format 1 had them.
    private func writeFormat1(
        at path: String, _ entries: [(UsageEntry, occurrence: Int)], billedTwice: Int
    ) throws {
        let file = try DatabaseQueue(path: path)
        try FileFormat.kind.migrator.migrate(file, upTo: "1 ledger and catalog")
        try file.write { database in
            try database.execute(
                sql: "INSERT INTO catalog VALUES ('account', '1', ?)",
                arguments: [#"{"id":"1","role":"buyer","name":"A","isSuspended":false}"#])
            let token = ClientToken.sample()
            try database.execute(
                sql: "INSERT INTO client_token VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    token.scope.accountID, token.scope.resourceID, token.scope.region,
                    token.token, Self.bytes(token.requestDigest), Self.bytes(of: entries[2].0.id),
                    Timestamp.noon.adding(hours: 24).milliseconds,
                ])
            for (number, (entry, occurrence)) in entries.enumerated() {
                let series = entry.series
                try database.execute(
                    sql: "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        number, series.productCode, series.dimension, series.buyerAccountID,
                        series.region, series.resourceID, series.space.rawValue,
                        series.licenseARN,
                    ])
                let allocations =
                    entry.allocations.isEmpty ? nil : try AllocationText.encode(entry.allocations)
                try database.execute(
                    sql: "INSERT INTO usage_record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        entry.timestamp.hour.ordinal, number, occurrence, Self.bytes(of: entry.id),
                        entry.quantity.millionths, entry.timestamp.milliseconds,
                        entry.recordedAt.milliseconds, entry.operation.storedNumber,
                        number + 1 == billedTwice, allocations,
                    ])
            }
        }
        try file.close()
    }

    private static func bytes(_ value: UInt128) -> Data {
        withUnsafeBytes(of: value.bigEndian) { Data($0) }
    }

    private static func bytes(of id: MeteringRecordID) -> Data {
        bytes(UInt128(id.high) << 64 | UInt128(id.low))
    }
}
