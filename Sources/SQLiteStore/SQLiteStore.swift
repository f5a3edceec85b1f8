package import DurableFile
package import Marketplace
package import MeteringAPI

/// The embedded store: catalog, usage and client tokens in one SQLite file.
package final class SQLiteStore: MarketplaceStore {
    /// What can be chosen when a store is opened.
    package struct Options: Sendable {
        package var file = FileOptions()
        package var memory = MemoryLimits()

        package init() {}
    }

    let file: DurableFile<DataTables>
    private let counters: StoreCounters

    /// Opens a data file, or makes a new one that only its owner may read.
    ///
    /// It blocks while it reads and migrates, so it belongs to the start of a program.
    package init(path: String, options: Options = Options()) throws(OpenError) {
        let counters = StoreCounters()
        self.counters = counters
        file = try DurableFile(path: path, of: FileFormat.kind, options.file) {
            connection throws(SQLiteFailure) in
            try DataTables(on: connection, limits: options.memory, counters: counters)
        }
    }

    package var activity: StoreActivity {
        var activity = counters.activity
        activity.waiting = file.waiting
        return activity
    }

    private func perform(_ work: StoreWork) async throws(StoreError) -> StoreOutcome {
        let answer: Result<StoreOutcome, StoreError>
        do throws(WriteError) {
            answer = try await file.perform(work)
        } catch {
            answer = .failure(StoreError(error))
        }
        return try answer.mapError(counters.counted).get()
    }

    /// Reads in one snapshot; the subject is what is read, for the sentence that says it cannot be.
    func read<Result: Sendable>(
        _ subject: String, _ work: @escaping @Sendable (OpaquePointer) throws -> Result
    ) async throws(StoreError) -> Result {
        do throws(WriteError) {
            return try await file.read(subject, work)
        } catch {
            throw counters.counted(StoreError(error))
        }
    }

    package func record(
        _ entries: [UsageEntry], decidedOn revision: CatalogRevision?
    ) async throws(StoreError) -> [RecordOutcome] {
        guard !entries.isEmpty else { return [] }
        var allocations: [Int: String] = [:]
        for (position, entry) in entries.enumerated() where !entry.allocations.isEmpty {
            do throws(SQLiteFailure) {
                allocations[position] = try AllocationText.encode(entry.allocations)
            } catch {
                throw StoreError(.notStored, cause: error.description)
            }
        }
        return try await perform(
            .record(entries, allocations: allocations, decidedOn: revision)
        ).entries
    }

    package func save(
        _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        try await change(.nothing, changes, expecting: revision, ifUnused: products)
    }

    @discardableResult
    package func forgetUsage(
        saving changes: [CatalogChange], expecting revision: CatalogRevision?
    ) async throws(StoreError) -> SaveOutcome {
        try await change(.usage, changes, expecting: revision)
    }

    @discardableResult
    package func forgetEverything() async throws(StoreError) -> CatalogRevision {
        guard case .saved(let revision) = try await change(.everything, [], expecting: nil) else {
            preconditionFailure("What expects no revision cannot be stale.")
        }
        return revision
    }

    package func claim(
        _ target: String, for claimant: String, at time: Timestamp, until end: Timestamp
    ) async throws(StoreError) -> DeliveryClaim {
        let claim = DeliveryClaim(claimant: claimant, until: end)
        let outcome = try await perform(
            .claim(target: target, claim, at: time))
        return outcome.claim ?? claim
    }

    package func settle(
        _ delivery: Delivery, by claimant: String
    ) async throws(StoreError) -> Bool {
        try await perform(.settle(delivery, claimant: claimant)).isSettled
    }

    package var findings: [String] { file.findings }

    package func close() async {
        await file.close()
    }

    package func backup() async throws(StoreError) -> StoreCopy? {
        do throws(WriteError) {
            return try await file.copy()
        } catch {
            throw counters.counted(StoreError(error))
        }
    }

    private func change(
        _ forgetting: Forgetting, _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText> = []
    ) async throws(StoreError) -> SaveOutcome {
        let stored: [StoredChange]
        do {
            stored = try changes.lastOfEachFact.concurrentMap(StoredChange.init).compactMap(\.self)
        } catch {
            throw StoreError(.notStored, cause: "\(error)")
        }
        return try await perform(
            .change(forgetting: forgetting, stored, expecting: revision, ifUnused: products)
        ).saved
    }
}

extension StoreError {
    /// What the file says, in the words of a store.
    fileprivate init(_ error: WriteError) {
        let code: Code =
            switch error.reason {
            case .notStored: .notStored
            case .overloaded: .overloaded
            case .damaged: .damaged
            case .unknownOutcome: .unknownOutcome
            }
        self.init(code, cause: error.cause)
    }
}
