import Foundation
import GRDB
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("The writer", .timeLimit(.minutes(20)))
struct GroupCommitTests {
    @Test("commits what has queued up in one transaction")
    func groups() async throws {
        let gate = Gate()
        try await withStore(gate) { store in
            let answers = await fill(store, gate, with: (0..<20).map { entry($0) })
            #expect(store.activity.commits == 1)
            #expect(store.activity.calls == 20)
            #expect(store.activity.entries == 20)
            #expect(store.activity.waiting == 0)
            #expect(answers.count == 20)
            for (number, answer) in answers {
                #expect(answer == .success([.recorded(.sample(number), billedTwiceWith: nil)]))
            }
        }
    }

    @Test(
        "refuses what does not fit in its queue, allocations included, and stores none of it",
        arguments: [
            (0..<3).map { entry($0) },
            [
                .sample(
                    0,
                    allocations: ["a", "b"].map { team in
                        RecordedAllocation(quantity: Quantity(1), tags: ["team": team])
                    })
            ],
        ])
    func overload(_ tooMuch: [UsageEntry]) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var options = SQLiteStore.Options()
        options.file.limits.waiting = 2
        let store = try SQLiteStore(path: folder.dataFile, options: options)
        let error = await #expect(throws: StoreError.self) {
            try await store.record(tooMuch)
        }
        #expect(error?.code == .overloaded)
        #expect(try await store.usage(UsageFilter(), after: nil, limit: 9).items.isEmpty)
        #expect(try await store.record([entry(0), entry(1)]).count == 2)
        await store.close()
    }

    @Test("stores nothing of a call that fails, and all of the others in its transaction")
    func failingCall() async throws {
        let gate = Gate()
        let bad = UsageEntry.sample(
            3, .sample(dimension: "3"), quantity: Quantity(millionths: -1))
        try await withStore(gate) { store in
            let answers = await fill(
                store, gate, with: (0..<6).map { $0 == 3 ? bad : entry($0) })
            for (number, answer) in answers {
                switch answer {
                case .success: #expect(number != 3)
                case .failure(let error): #expect(number == 3 && error.code == .notStored)
                }
            }
            await #expect(throws: StoreError.self) {
                try await store.record([entry(10), bad, entry(11)])
            }
            let stored = try await store.usage(UsageFilter(), after: nil, limit: 99).items
            #expect(Set(stored.map(\.id)) == Set([0, 1, 2, 4, 5].map { .sample($0) }))
            #expect(try await store.record([entry(10)]).count == 1)
        }
    }

    @Test("stores nothing on a full disk, and works on when there is room again")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        try await store.setPragma("max_page_count = 1")
        let many = (0..<2000).map { entry($0) }
        let error = await #expect(throws: StoreError.self) { try await store.record(many) }
        #expect(error?.code == .notStored)
        #expect(try await store.usage(UsageFilter(), after: nil, limit: 9).items.isEmpty)
        try await store.setPragma("max_page_count = 100000")
        #expect(try await store.record(many).count == 2000)
        await store.close()
    }

    @Test("refuses what was decided before a reset of the same transaction, and nothing else")
    func reset() async throws {
        let gate = Gate()
        try await withStore(gate) { store in
            let before = try await store.loadCatalog().revision
            let bad = UsageEntry.sample(9, quantity: Quantity(millionths: -1))
            let calls: [@Sendable () async throws -> Void] = [
                { _ = try await store.record([entry(0)], decidedOn: before) },
                { try await store.forgetUsage(saving: []) },
                { _ = try await store.record([entry(1)], decidedOn: before) },
                { _ = try await store.record([bad]) },
                { _ = try await store.record([entry(2)]) },
            ]
            let codes = await withTaskGroup(of: (Int, StoreError.Code?).self) { group in
                for (number, call) in calls.enumerated() {
                    group.addTask {
                        do {
                            try await call()
                            return (number, nil)
                        } catch {
                            return (number, (error as? StoreError)?.code)
                        }
                    }
                    while store.activity.waiting <= number, !Task.isCancelled {
                        await Task.yield()
                    }
                }
                gate.open()
                return await group.reduce(into: [Int: StoreError.Code?]()) { $0[$1.0] = $1.1 }
            }
            #expect(codes == [0: nil, 1: nil, 2: .outdated, 3: .notStored, 4: nil])
            let stored = try await store.usage(UsageFilter(), after: nil, limit: 9).items
            #expect(stored.map(\.id) == [.sample(2)])
            let revision = try await store.loadCatalog().revision
            #expect(revision.hasForgotten(since: before))
            #expect(try await store.record([entry(3)], decidedOn: revision).count == 1)
        }
    }

    @Test("opens the file again after it has failed, and goes on")
    func failedFile() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        _ = try await store.record([entry(0)])
        // The pragma belongs to the connection that fails, not to the one that is made after it.
        try await store.setPragma("query_only = ON")
        let error = await #expect(throws: StoreError.self) {
            try await store.record([entry(1)])
        }
        #expect(error?.code == .notStored)
        // Many at once, of which one opens the file.
        await withTaskGroup(of: Answer.self) { group in
            for _ in 0..<20 { group.addTask { await answer(store, [entry(0), entry(2)]) } }
            for await answer in group { #expect(answer.errorCode == nil) }
        }
        #expect(
            try await store.record([entry(1)]) == [.recorded(.sample(1), billedTwiceWith: nil)])
        let stored = try await store.usage(UsageFilter(), after: nil, limit: 9).items
        #expect(Set(stored.map(\.id)) == Set([0, 1, 2].map { .sample($0) }))
        await store.close()
    }

    @Test("refuses while the file cannot be opened again, and goes on when it can")
    func lostFile() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        _ = try await store.record([entry(0)])
        try await store.setPragma("query_only = ON")
        #expect(await answer(store, [entry(1)]).errorCode == .notStored)
        let files = FileManager.default
        try files.moveItem(atPath: folder.dataFile, toPath: folder.path("away.db"))
        for _ in 1...3 { #expect(await answer(store, [entry(1)]).errorCode == .notStored) }
        try files.moveItem(atPath: folder.path("away.db"), toPath: folder.dataFile)
        #expect(await answer(store, [entry(0), entry(1)]).errorCode == nil)
        #expect(try await store.usage(UsageFilter(), after: nil, limit: 9).items.count == 2)
        await store.close()
    }

    #if os(Linux)
        @Test("does not know what became of a commit that the disk refused, until it is sent again")
        func failedCommit() async throws {
            let gate = Gate()
            try await withStore(gate) { store in
                // The log's descriptor now leads to a file that cannot be written.
                let nowhere = open("/dev/null", O_RDONLY)
                for descriptor in openDescriptors(of: store.file.path + "-wal") {
                    dup2(nowhere, descriptor)
                }
                close(nowhere)
                let answers = await fill(store, gate, with: (0..<3).map { entry($0) })
                for (_, answer) in answers { #expect(answer.errorCode == .unknownOutcome) }
                #expect(store.activity.commits == 0)
                for number in 0..<3 {
                    #expect(await answer(store, [entry(number)]).errorCode == nil)
                }
                let stored = try await store.usage(UsageFilter(), after: nil, limit: 9).items
                #expect(stored.count == 3)
            }
        }
    #endif

    @Test("answers what came before it was closed, and refuses what comes after")
    func closing() async throws {
        let gate = Gate()
        try await withStore(gate) { store async throws in
            gate.open()
            #expect(try await store.record([entry(0)]).count == 1)
            await store.close()
            let error = await #expect(throws: StoreError.self) {
                try await store.record([entry(1)])
            }
            #expect(error?.code == .notStored)
            await #expect(throws: StoreError.self) { try await store.loadCatalog() }
        }
    }

    @Test("deletes expired tokens as new ones come, a few at a time")
    func expiredTokens() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        _ = try await store.record((0..<10).map { tokenEntry($0, at: .noon) })
        #expect(try await store.rows(of: "client_token") == 10)
        let later = Timestamp.noon.adding(hours: 26)
        for (round, left) in [(0, 9), (1, 8), (2, 7)] {
            _ = try await store.record([tokenEntry(20 + round, at: later)])
            #expect(try await store.rows(of: "client_token") == left)
        }
        await store.close()
    }
}

private func entry(_ number: Int) -> UsageEntry {
    .sample(number, .sample(dimension: "\(number)"))
}

private func tokenEntry(_ number: Int, at moment: Timestamp) -> UsageEntry {
    .sample(
        number, .agent, recordedAt: moment, isOncePerHour: false, token: .sample("\(number)"))
}

/// Holds the writer until it is opened.
private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func pass() {
        semaphore.wait()
        semaphore.signal()
    }

    func open() { semaphore.signal() }
}

/// A store whose writer waits behind a gate.
private func withStore(
    _ gate: Gate, _ body: (SQLiteStore) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var options = SQLiteStore.Options()
    options.file.beforeEachGroup = { gate.pass() }
    let store = try SQLiteStore(path: folder.dataFile, options: options)
    try await body(store)
    await store.close()
}

private typealias Answer = Result<[RecordOutcome], StoreError>

extension Result<[RecordOutcome], StoreError> {
    fileprivate var errorCode: StoreError.Code? {
        switch self {
        case .success: nil
        case .failure(let error): error.code
        }
    }
}

/// Sends each entry in a call of its own while the writer is held, and lets it go when all wait.
private func fill(
    _ store: SQLiteStore, _ gate: Gate, with entries: [UsageEntry]
) async -> [(Int, Answer)] {
    await withTaskGroup(of: (Int, Answer).self) { group in
        for (number, entry) in entries.enumerated() {
            group.addTask { (number, await answer(store, [entry])) }
        }
        while store.activity.waiting < entries.count, !Task.isCancelled { await Task.yield() }
        gate.open()
        return await group.reduce(into: []) { $0.append($1) }
    }
}

private func answer(_ store: SQLiteStore, _ entries: [UsageEntry]) async -> Answer {
    do throws(StoreError) {
        return .success(try await store.record(entries))
    } catch {
        return .failure(error)
    }
}

extension SQLiteStore {
    /// Sets a pragma on the writing connection.
    func setPragma(_ pragma: String) async throws {
        try await file.current.pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA \(pragma)")
        }
    }

    fileprivate func rows(of table: String) async throws -> Int? {
        try await file.current.pool.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)")
        }
    }
}
