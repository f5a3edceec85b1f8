import Foundation
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("A log that lacks what was acknowledged", .timeLimit(.minutes(20)))
struct DamagedLogTests {
    /// What is done to the log of a server that was killed.
    enum Loss: String, Sendable, CaseIterable {
        case firstSector = "its first sector is zero"
        case firstPage = "its first page is zero"
        case allButHeader = "it is cut off behind its header"
        case lastFrame = "its last frame is gone"
        case middle = "a sector in its middle is zero"

        func apply(to log: inout [UInt8]) {
            func zero(_ range: Range<Int>) {
                log.replaceSubrange(range, with: repeatElement(0, count: range.count))
            }
            switch self {
            case .firstSector: zero(0..<512)
            case .firstPage: zero(0..<4096)
            case .allButHeader: log = Array(log.prefix(LogLayout.headerSize))
            case .lastFrame: log = Array(log.dropLast(LogLayout.frameSize))
            case .middle: zero(log.count / 2..<log.count / 2 + 512)
            }
        }
    }

    @Test("is refused with a reason, and verify says the same", arguments: Loss.allCases)
    func refused(loss: Loss) async throws {
        let sample = try await DamageSample.killed()
        var files = sample.files
        loss.apply(to: &files["turnpike.db-wal", default: []])
        let copy = try DamagedCopy(of: files)
        defer { copy.remove() }
        #expect(copy.findings() != [])
        let error = #expect(throws: OpenError.self) { try SQLiteStore(path: copy.dataFile) }
        #expect(error?.description.contains("transaction") == true)
        #expect(error?.description.contains("turnpike repair") == true)
    }

    @Test("is not let go of while the server runs, and is in the file when it stops")
    func deleted() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        // A report's connection, which keeps the writer from being the last.
        _ = try await store.loadCatalog()
        _ = try await store.record([.sample(1), .sample(2, .sample(dimension: "other"))])
        try FileManager.default.removeItem(atPath: folder.path("turnpike.db-wal"))
        for number in 3..<6 {
            let error = await #expect(throws: StoreError.self) {
                try await store.record([.sample(number, .sample(dimension: "d\(number)"))])
            }
            #expect(error?.cause.contains("removed, replaced or cut off") == true)
        }
        await store.close()
        let next = try SQLiteStore(path: folder.dataFile)
        let kept = try await next.usage(UsageFilter(), after: nil, limit: 9).items.map(\.id)
        #expect(Set(kept).isSuperset(of: [.sample(1), .sample(2)]))
        await next.close()
    }

    @Test("is not taken from another file, which lies beside one that was repaired")
    func stray() async throws {
        let sample = try await DamageSample.killed()
        let copy = try DamagedCopy(of: sample.files)
        defer { copy.remove() }
        let new = copy.dataFile + "-new"
        _ = try FileRepair(of: copy.dataFile, into: new)
        let files = FileManager.default
        try files.removeItem(atPath: copy.dataFile)
        try files.moveItem(atPath: new, toPath: copy.dataFile)
        let error = #expect(throws: OpenError.self) { try SQLiteStore(path: copy.dataFile) }
        #expect(error?.description.contains("is not of the data file beside it") == true)
        for name in ["-wal", "-mark"] { try? files.removeItem(atPath: copy.dataFile + name) }
        let store = try SQLiteStore(path: copy.dataFile)
        let answers = await StoreAnswers(of: store, sendingAgain: sample.calls)
        #expect(sample.answers.wrong(in: answers) == [])
        await store.close()
    }

    @Test("A damaged page among expired tokens stops nobody who comes with a token")
    func expiredTokens() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var store = try SQLiteStore(path: folder.dataFile)
        func entry(_ number: Int, _ hours: Int64) -> UsageEntry {
            .sample(
                number, .sample(resource: "runtime/\(number)"), at: .noon.adding(hours: hours),
                operation: .meterUsage, isOncePerHour: false,
                token: .sample("token-\(number)", resource: "runtime/\(number)"))
        }
        for start in stride(from: 0, to: 300, by: 50) {
            _ = try await store.record((start..<start + 50).map { entry($0, 0) })
        }
        await store.close()
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder.dataFile)))
        // The root, and then the page with those that expire first.
        let pages = try DamageSample.pages(of: "client_token_by_expiry", in: ["turnpike.db": bytes])
        bytes[try #require(pages.dropFirst().first) * PageChecksum.pageSize - 100] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: folder.dataFile))
        store = try SQLiteStore(path: folder.dataFile)
        // Two days later they have all expired, and only the sweep asks for that page.
        for number in 500..<503 {
            let late = entry(number, 48)
            #expect(try await store.record([late]) == [.recorded(late.id, billedTwiceWith: nil)])
            #expect(try await store.record([late]) == [.tokenReplayed(late.id)])
        }
        await store.close()
    }
}
