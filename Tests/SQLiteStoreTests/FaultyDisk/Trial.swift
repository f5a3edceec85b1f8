import GRDB
import InMemoryStore
import Marketplace
import MeteringAPI
import StoreContract

@testable import DurableFile
@testable import SQLiteStore

/// A store on a faulty disk beside a store in memory, which knows what the first must have.
///
/// Whatever the store acknowledges is compared with the model at once. Where it refuses, what it
/// said about its state is put to the proof: `notStored` must mean that nothing was stored, and
/// after `unknownOutcome` all or nothing of the call is there when the file is opened again.
struct Trial {
    /// The store and the model differ.
    struct Difference: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// The disk is dead; nothing more can be asked of this store.
    struct PowerLost: Error {}

    let disk: FaultyDisk
    private let fault: DiskFault?
    private var store: SQLiteStore?
    private var model = InMemoryStore()
    /// What the model was asked, in order.
    private var applied: [Step] = []
    /// What may or may not be stored, each whole.
    private var doubtful: [Step] = []
    /// A store that does not wait for the disk, which the laboratory must find out.
    private let isCareless: Bool

    init(on disk: FaultyDisk, with fault: DiskFault? = nil, isCareless: Bool = false) {
        self.disk = disk
        self.fault = fault
        self.isCareless = isCareless
    }

    /// A trial of what another left behind when the power went.
    init(on disk: FaultyDisk, after other: Trial) async throws {
        self.init(on: disk)
        applied = other.applied
        doubtful = other.doubtful
        model = try await Self.model(of: applied)
    }

    /// Runs the steps, and whatever is left when they are done is compared and closed.
    mutating func run(_ steps: [Step]) async throws {
        try await open()
        for step in steps {
            switch step {
            case .reopen:
                await close()
                try await open()
            case .read: try await compare()
            case .checkpoint: _ = try await step.perform(on: opened)
            case .together(let calls): try await perform(together: calls)
            case .save, .record, .forgetUsage: try await perform(step)
            }
        }
        try await finish()
    }

    /// Opens what is there, compares it, and runs the steps.
    mutating func settleAndRun(_ steps: [Step]) async throws {
        try await open()
        do {
            try await settle()
        } catch let error as StoreError {
            if disk.isDead { throw PowerLost() }
            throw error
        }
        for step in steps { try await perform(step) }
    }

    /// Opens what is there, compares it, sends again what was in doubt, and closes.
    mutating func resume() async throws {
        try await open()
        try await settle()
        try await finish()
    }

    mutating func close() async {
        await store?.close()
        store = nil
    }

    private var opened: SQLiteStore {
        get throws {
            guard let store else { throw Difference("no store is open") }
            return store
        }
    }

    /// Opens the store; where the disk fails, once more, because then it is well again.
    private mutating func open() async throws {
        let store: SQLiteStore
        do {
            store = try SQLiteStore(path: disk.dataFile)
        } catch {
            guard disk.hasFailed else { throw error }
            if disk.isDead { throw PowerLost() }
            store = try SQLiteStore(path: disk.dataFile)
        }
        self.store = store
        // A dozen pages, so that the log is folded back in the midst of the work.
        try await store.file.current.pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA wal_autocheckpoint = 12")
        }
        if isCareless {
            try await store.file.current.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA synchronous = NORMAL")
            }
        }
    }

    private mutating func perform(_ step: Step) async throws {
        do {
            try await agree(on: step, try await step.perform(on: opened))
        } catch let error as StoreError {
            guard disk.hasFailed else { throw error }
            if error.code == .unknownOutcome { doubtful = [step] }
            if disk.isDead { throw PowerLost() }
            try await recover(step, from: error)
        }
    }

    /// Sends calls that share no key at once, so that they are committed together.
    private mutating func perform(together calls: [[UsageEntry]]) async throws {
        var failed: [(step: Step, error: StoreError)] = []
        for (call, answer) in zip(calls, await Self.answers(to: calls, of: try opened)) {
            switch answer {
            case .success(let outcomes): try await agree(on: .record(call), outcomes)
            case .failure(let error): failed.append((.record(call), error))
            }
        }
        guard let first = failed.first else { return }
        guard disk.hasFailed else { throw first.error }
        doubtful = failed.filter { $0.error.code == .unknownOutcome }.map(\.step)
        if disk.isDead { throw PowerLost() }
        try await recover(first.step, from: first.error)
        for (step, _) in failed.dropFirst() { try await perform(step) }
    }

    private typealias Answer = Result<[RecordOutcome], StoreError>

    private static func answers(
        to calls: [[UsageEntry]], of store: SQLiteStore
    ) async -> [Answer] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for (number, call) in calls.enumerated() {
                group.addTask {
                    do throws(StoreError) {
                        return (number, .success(try await store.record(call)))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            let answers = await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            return calls.indices.compactMap { answers[$0] }
        }
    }

    private mutating func recover(_ step: Step, from error: StoreError) async throws {
        guard error.code == .notStored || error.code == .unknownOutcome else {
            throw Difference("a fault became \(error)")
        }
        // The disk is well again, and so must be the store, without being opened again by us.
        do {
            if error.code == .unknownOutcome { try await settle() }
            try await agree(on: step, try await step.perform(on: opened))
        } catch let second as StoreError {
            throw Difference("it did not go on with the disk: \(error), then \(second)")
        }
    }

    /// Asks the model the same, which must answer the same.
    private mutating func agree(on step: Step, _ outcomes: [RecordOutcome]) async throws {
        let expected = try await step.perform(on: model)
        applied.append(step)
        guard outcomes == expected else {
            throw Difference("\(step) had the outcomes \(outcomes), not \(expected)")
        }
    }

    /// Compares what is stored with the model, with any of the calls in doubt.
    private mutating func settle() async throws {
        let stored = try await StoreContents(of: opened)
        for choice in 0..<1 << doubtful.count {
            let chosen = doubtful.indices.filter { choice >> $0 & 1 == 1 }.map { doubtful[$0] }
            let model = chosen.isEmpty ? model : try await Self.model(of: applied + chosen)
            guard stored == (try await StoreContents(of: model)) else { continue }
            applied += chosen
            self.model = model
            doubtful = []
            return
        }
        throw Difference(
            doubtful.isEmpty
                ? "the contents are not the model's" : "a call that failed is there in part")
    }

    private func compare() async throws {
        let stored: StoreContents
        do {
            stored = try await StoreContents(of: opened)
        } catch {
            guard disk.hasFailed else { throw error }
            if disk.isDead { throw PowerLost() }
            stored = try await StoreContents(of: opened)
        }
        guard stored == (try await StoreContents(of: model)) else {
            throw Difference("the contents are not the model's")
        }
    }

    /// Checks the closed file, then opens it and sends everything again.
    private mutating func finish() async throws {
        await close()
        let check = try check()
        guard check.findings.isEmpty else {
            throw Difference("the file's check found \(check.findings)")
        }
        try await open()
        try await compare()
        guard check.records == (try await StoreContents(of: model).records) else {
            throw Difference("the file's check counted \(check.records) records")
        }
        for step in applied {
            if case .record = step { try await perform(step) }
        }
        try await compare()
        await close()
    }

    /// Checks the file; where the disk fails meanwhile, once more.
    private func check() throws -> DataFileCheck {
        let hadFailed = disk.hasFailed
        let check = try? DataFileCheck(path: disk.dataFile)
        if disk.isDead { throw PowerLost() }
        if let check, disk.hasFailed == hadFailed { return check }
        return try DataFileCheck(path: disk.dataFile)
    }

    private static func model(of steps: [Step]) async throws -> InMemoryStore {
        let model = InMemoryStore()
        for step in steps { _ = try await step.perform(on: model) }
        return model
    }
}
