import Foundation
import Testing

@testable import SQLiteStore

@Suite("A repair", .timeLimit(.minutes(10)))
struct FileRepairTests {
    /// Repairs damaged files and asks the new file everything.
    private func repaired(
        _ files: [String: [UInt8]], _ sample: DamageSample
    ) async throws -> (repair: FileRepair, answers: StoreAnswers) {
        let copy = try DamagedCopy(of: files)
        defer { copy.remove() }
        let new = copy.dataFile + "-new"
        let repair = try FileRepair(of: copy.dataFile, into: new)
        #expect(try DataFileCheck(path: new).findings == [])
        for (name, bytes) in files {
            let path = URL(fileURLWithPath: copy.dataFile).deletingLastPathComponent()
                .appendingPathComponent(name)
            #expect(Array(try Data(contentsOf: path)) == bytes, "\(name) was changed")
        }
        let store = try SQLiteStore(path: new)
        let answers = await StoreAnswers(of: store, sendingAgain: sample.calls)
        await store.close()
        return (repair, answers)
    }

    @Test("of a sound file gives one that says the same")
    func sound() async throws {
        for sample in [try await DamageSample.closed(), try await DamageSample.killed()] {
            let (repair, answers) = try await repaired(sample.files, sample)
            #expect(repair.findings == [])
            #expect(sample.answers.wrong(in: answers) == [])
            #expect(answers.refused == [])
        }
    }

    @Test(
        "sets right a flipped bit, wherever it is, so that nothing is missing",
        arguments: ["turnpike.db", "turnpike.db-wal"])
    func flippedBit(name: String) async throws {
        let sample = try await DamageSample.killed()
        var random = SplitMix(state: 3)
        for try_ in 0..<4 {
            var files = sample.files
            let count = files[name]?.count ?? 1
            // The first in what every page hangs on.
            let byte = try_ == 0 ? 17 : Int.random(in: 0..<count, using: &random)
            files[name]?[byte] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let (repair, answers) = try await repaired(files, sample)
            #expect(sample.answers.wrong(in: answers) == [], "byte \(byte) of \(name)")
            #expect(answers.refused == [])
            #expect(repair.findings.count <= 1, "\(repair.findings)")
        }
    }

    @Test(
        "keeps what is sound of a file with a page that is gone, and lists what is missing",
        arguments: [
            ("usage_run", "usage of 2026-"), ("usage_run_by_hour", nil), ("name", nil),
            ("event", "events are missing"), ("delivery", "deliveries are missing"),
            ("catalog", "facts of the catalog are missing"),
            ("client_token", "client tokens, whose requests may be recorded again, are missing"),
            ("usage_allocation", "allocations are missing"), ("used_dimension", nil),
        ] as [(String, String?)])
    func lostPage(table: String, missing: String?) async throws {
        let sample = try await DamageSample.closed()
        let page = try #require(sample.pages(of: table).last)
        var files = sample.files
        let end = page * PageChecksum.pageSize
        files["turnpike.db"]?.replaceSubrange(
            end - PageChecksum.pageSize..<end,
            with: repeatElement(0xAA, count: PageChecksum.pageSize))
        let copy = try DamagedCopy(of: files)
        defer { copy.remove() }
        let new = copy.dataFile + "-new"
        let repair = try FileRepair(of: copy.dataFile, into: new)
        let check = try DataFileCheck(path: new)
        #expect(check.findings == [])
        #expect(check.records > 1400)
        if let missing {
            #expect(repair.findings.contains { $0.contains(missing) }, "\(repair.findings)")
        } else {
            #expect(check.records == 1500)
        }
    }

    @Test("does not overwrite a file that is there")
    func existing() async throws {
        let sample = try await DamageSample.closed()
        let copy = try DamagedCopy(of: sample.files)
        defer { copy.remove() }
        let error = #expect(throws: OpenError.self) {
            try FileRepair(of: copy.dataFile, into: copy.dataFile)
        }
        #expect(error?.description.contains("is there already") == true)
    }
}
