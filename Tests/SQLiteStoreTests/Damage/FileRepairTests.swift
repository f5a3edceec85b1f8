import Foundation
import GRDB
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("A repair", .timeLimit(.minutes(20)))
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
            ("event", "events may be missing"), ("delivery", "deliveries may be missing"),
            ("catalog", "facts of the catalog may be missing"),
            ("client_token", "whose requests may be recorded again, may be missing"),
            ("usage_allocation", "allocations may be missing"), ("used_dimension", nil),
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

    @Test(
        "keeps every row beside and below damaged pages, and nothing that was deleted",
        arguments: [
            "usage_run", "name", "client_token", "catalog", "event", "delivery",
            "usage_allocation",
        ])
    func damagedTree(table: String) async throws {
        let sample = try await DamageSample.closed()
        let above = try pages(of: table, "internal", in: sample.files)
        let leaves = try pages(of: table, "leaf", in: sample.files)
        #expect(!above.isEmpty, "the sample has no page above the leaves of \(table)")
        let written = try rows(of: table, in: sample.files)
        // Each page above the leaves alone; then leaves with others between and around them.
        let some = stride(from: 1, to: leaves.count, by: 2).map { leaves[$0] }
        for damage in above.map({ [$0] }) + [some] {
            var files = sample.files
            for page in damage { files.overwrite(page) }
            let lost = try rowsInPages(damage, of: table, in: sample.files)
            let copy = try DamagedCopy(of: files)
            defer { copy.remove() }
            let new = copy.dataFile + "-new"
            let repair = try FileRepair(of: copy.dataFile, into: new)
            #expect(try DataFileCheck(path: new).findings == [])
            let kept = try rows(of: table, in: ["turnpike.db": Array(try bytes(of: new))])
            #expect(kept.isSubset(of: written), "pages \(damage) of \(table)")
            #expect(kept.count == written.count - lost, "pages \(damage) of \(table)")
            #expect(lost == 0 || !repair.findings.isEmpty)
        }
    }

    @Test("leaves out what cannot be told from deleted rows where the free list is damaged")
    func damagedFreeList() async throws {
        let sample = try await DamageSample.closed()
        let written = try rows(of: "catalog", in: sample.files)
        var files = sample.files
        files.overwrite(try #require(sample.pages(of: "catalog").first))
        let file = try #require(files["turnpike.db"])
        files.overwrite(Int(file.withUnsafeBytes { $0.bigEndian(at: 32) }))
        let copy = try DamagedCopy(of: files)
        defer { copy.remove() }
        let new = copy.dataFile + "-new"
        let repair = try FileRepair(of: copy.dataFile, into: new)
        #expect(
            try rows(of: "catalog", in: ["turnpike.db": Array(try bytes(of: new))])
                .isSubset(of: written))
        #expect(repair.findings.contains { $0.contains("the list of free pages is damaged") })
    }

    @Test("keeps the transactions behind a page of the log that is damaged")
    func damagedFrame() async throws {
        let sample = try await DamageSample.killed()
        let log = try #require(sample.files["turnpike.db-wal"])
        let count = LogLayout.frames(inLogOf: log.count)
        let written = try rows(of: "usage_run", in: sample.files)
        var damaged: [Int] = []
        // Some of them, because it takes long to find out that no bit alone has flipped.
        let some = Array(stride(from: 0, to: count - 1, by: max(1, count / 8)))
        for frame in some {
            var files = sample.files
            let page = LogLayout.start(ofFrame: frame) + LogLayout.frameHeadSize + 1024
            files["turnpike.db-wal"]?.replaceSubrange(
                page..<page + 512, with: repeatElement(0x55, count: 512))
            let copy = try DamagedCopy(of: files)
            defer { copy.remove() }
            let new = copy.dataFile + "-new"
            let repair = try FileRepair(of: copy.dataFile, into: new)
            #expect(try DataFileCheck(path: new).findings == [])
            let kept = try rows(of: "usage_run", in: ["turnpike.db": Array(try bytes(of: new))])
            #expect(kept.isSubset(of: written), "frame \(frame)")
            // A leaf of usage has some thirty runs at most, and here less than a page of them each.
            #expect(written.count - kept.count < 40, "frame \(frame)")
            #expect(
                repair.findings.contains { $0.hasPrefix("frame \(frame + 1) of the log") })
            if kept.count < written.count { damaged.append(frame) }
        }
        // Most frames hold pages that a later transaction has written again.
        #expect(damaged.count * 2 < some.count, "\(damaged) of \(some)")
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

private func bytes(of path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
}

/// The rows of a table, each as a text.
private func rows(of table: String, in files: [String: [UInt8]]) throws -> Set<String> {
    try query("SELECT * FROM \(table)", in: files) { row in
        row.map { "\($0.1)" }.joined(separator: "|")
    }
}

private func pages(
    of table: String, _ kind: String, in files: [String: [UInt8]]
) throws -> [Int] {
    try query(
        "SELECT pageno FROM dbstat WHERE name = '\(table)' AND pagetype = '\(kind)'", in: files
    ) { $0[0] }.sorted()
}

/// How many rows are in pages: those of leaves, and of what is above them in tables without
/// numbered rows.
private func rowsInPages(
    _ pages: [Int], of table: String, in files: [String: [UInt8]]
) throws -> Int {
    // Names are in their index, too.
    if table == "name" { return 0 }
    let isNumbered = ["usage_run", "event", "delivery"].contains(table)
    let list = pages.map(String.init).joined(separator: ", ")
    let counts: Set<[Int]> = try query(
        "SELECT pageno, ncell, pagetype = 'internal' FROM dbstat WHERE pageno IN (\(list))",
        in: files
    ) { [$0[0], $0[1], $0[2]] }
    return counts.reduce(0) { $0 + ($1[2] == 1 && isNumbered ? 0 : $1[1]) }
}

private func query<Value: Hashable>(
    _ sql: String, in files: [String: [UInt8]], _ value: @escaping (Row) throws -> Value
) throws -> Set<Value> {
    let copy = try DamagedCopy(of: files)
    defer { copy.remove() }
    let file = try DatabaseQueue(path: copy.dataFile)
    defer { try? file.close() }
    return try file.read { Set(try Row.fetchAll($0, sql: sql).map(value)) }
}

extension [String: [UInt8]] {
    /// Writes over a page of the data file.
    fileprivate mutating func overwrite(_ page: Int) {
        let end = page * PageChecksum.pageSize
        self["turnpike.db"]?.replaceSubrange(
            end - PageChecksum.pageSize..<end,
            with: repeatElement(0xAA, count: PageChecksum.pageSize))
    }
}
