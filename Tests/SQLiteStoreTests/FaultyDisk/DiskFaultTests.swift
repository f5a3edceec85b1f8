import Foundation
import Marketplace
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

/// `TURNPIKE_FAULTS=all` lets every call fail, not one in many.
@Suite("A disk that fails once")
struct DiskFaultTests {
    @Test(
        "loses nothing that was acknowledged, whichever call it is that fails",
        arguments: DiskFault.allCases.filter { $0 != .powerLoss })
    func failsOnce(_ fault: DiskFault) async throws {
        let count = try await Self.calls().count {
            fault.concerns($0.kind, makesFile: $0.makesFile)
        }
        #expect(count > 0)
        let isLong = ProcessInfo.processInfo.environment["TURNPIKE_FAULTS"] == "all"
        var failures = 0
        for number in stride(from: 1, through: count, by: isLong ? 1 : max(1, count / 20)) {
            let disk = try FaultyDisk(failing: fault, atCall: number)
            defer { disk.remove() }
            var trial = Trial(on: disk, with: fault)
            do {
                try await trial.run(Step.workload)
                failures += disk.hasFailed ? 1 : 0
            } catch {
                await trial.close()
                Issue.record("\(fault.rawValue) at call \(number), \(disk.failed): \(error)")
            }
        }
        #expect(failures > 0)
        if isLong { print("\(failures) calls failed with \(fault.rawValue)") }
    }

    @Test("that is well lets the store agree with the model")
    func well() async throws {
        let kinds = Set(try await Self.calls().map(\.kind))
        #expect(kinds == [.open, .read, .write, .sync, .truncate, .delete, .shareMemory])
    }

    @Test("again, while the file is being opened again, ends nothing for good")
    func failsTwice() async throws {
        let entries = (1...3).map { UsageEntry.sample($0, .sample(dimension: "d\($0)")) }
        var trials = 0
        while true {
            let disk = try FaultyDisk()
            defer { disk.remove() }
            let store = try SQLiteStore(path: disk.dataFile)
            _ = try await store.record([entries[0]])
            disk.fail(.lostSync)
            await #expect(throws: StoreError.self) { try await store.record([entries[1]]) }
            #expect(disk.hasFailed)
            disk.fail(.inputOutputError, atCall: trials + 1)
            _ = try? await store.record([entries[2]])
            let hasFailed = disk.hasFailed
            let failed = disk.failed
            disk.fail(nil)
            do {
                let outcomes = try await store.record(entries)
                #expect(outcomes[0] == .alreadyRecorded(entries[0].earlier), "\(failed)")
                let all = entries.map { RecordOutcome.alreadyRecorded($0.earlier) }
                #expect(try await store.record(entries) == all, "\(failed)")
            } catch {
                Issue.record("at call \(trials + 1), \(failed): \(error)")
            }
            await store.close()
            // The fault came too late to come at all: every call has failed by now.
            guard hasFailed else { break }
            trials += 1
        }
        #expect(trials > 5)
    }

    @Test("does not let the store forget which pages are damaged")
    func keepsFindings() async throws {
        let sample = try await DamageSample.closed()
        var files = sample.files
        // The first is the root, which each record needs.
        let page = try #require(try sample.pages(of: "usage_run").dropFirst().first)
        // Two bits, because one is set right.
        files["turnpike.db"]?[(page - 1) * 4096 + 2000] ^= 0b11
        let disk = try FaultyDisk(files: files)
        defer { disk.remove() }
        let store = try SQLiteStore(path: disk.dataFile)
        _ = await StoreAnswers(of: store, sendingAgain: [])
        let findings = store.findings
        #expect(findings != [])
        disk.fail(.lostSync)
        let entry = UsageEntry.sample(1, at: .noon.adding(hours: 1000))
        await #expect(throws: StoreError.self) { try await store.record([entry]) }
        #expect(disk.hasFailed)
        #expect(try await store.record([entry]).count == 1)
        #expect(store.findings == findings)
        await store.close()
    }

    @Test("by being full in the midst of a large transaction leaves a log that is no damaged one")
    func fullInLargeTransaction() async throws {
        let first = UsageEntry.sample(1, .sample(dimension: "first"))
        // So many that their pages do not fit into the cache and are written before the commit.
        let many = (2...600).map { UsageEntry.sample($0, at: .noon.adding(hours: Int64($0))) }
        var failures = 0
        for number in 1... {
            let disk = try FaultyDisk()
            defer { disk.remove() }
            let store = try SQLiteStore(path: disk.dataFile)
            _ = try await store.record([first])
            try await store.setPragma("cache_size = 10")
            disk.fail(.full, atCall: 4 * number)
            _ = try? await store.record(many)
            guard disk.hasFailed else {
                await store.close()
                break
            }
            failures += 1
            func check() throws {
                let killed = try FaultyDisk(files: try disk.filesAsTheyAre())
                defer { killed.remove() }
                #expect(try LogCheck(ofLogAt: killed.dataFile + "-wal").damage == nil)
                #expect(try DataFileCheck(path: killed.dataFile).findings == [])
            }
            try check()
            // Its frames lie where those of the large one were.
            _ = try await store.record([.sample(2, .sample(dimension: "second"))])
            try check()
            await store.close()
        }
        #expect(failures > 5)
    }

    @Test("whose log cannot be written anew keeps the log when the store is closed")
    func closesWithoutFolding() async throws {
        let entries = (1...2).map { UsageEntry.sample($0, .sample(dimension: "d\($0)")) }
        let disk = try FaultyDisk()
        defer { disk.remove() }
        // No copy of the log can be written where a folder has its name.
        let copy = disk.dataFile + "-wal-copy"
        func failAndClose() async throws -> Int {
            let store = try SQLiteStore(path: disk.dataFile)
            _ = try await store.record([entries[0]])
            try FileManager.default.createDirectory(
                atPath: copy, withIntermediateDirectories: false)
            disk.fail(.lostSync)
            await #expect(throws: StoreError.self) { try await store.record([entries[1]]) }
            let before = disk.calls.count
            await store.close()
            return before
        }
        let before = try await failAndClose()
        let after = disk.calls.dropFirst(before)
        #expect(!after.contains { $0.kind == .write && $0.name == "turnpike.db" })
        #expect(!after.contains { $0.kind == .delete && $0.name == "turnpike.db-wal" })
        try FileManager.default.removeItem(atPath: copy)
        let store = try SQLiteStore(path: disk.dataFile)
        #expect(try await store.record([entries[0]]) == [.alreadyRecorded(entries[0].earlier)])
        await store.close()
    }

    /// The calls of the workload on a disk that is well.
    static func calls(isCareless: Bool = false) async throws -> [FaultyDisk.Call] {
        let disk = try FaultyDisk()
        defer { disk.remove() }
        var trial = Trial(on: disk, isCareless: isCareless)
        try await trial.run(Step.workload)
        return disk.calls
    }
}
