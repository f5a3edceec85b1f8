import GRDB
package import Marketplace
package import MeteringAPI
import Synchronization

/// The embedded store: catalog, usage and client tokens in one SQLite file.
///
/// One connection writes, on a queue of its own that commits what has queued up in one
/// transaction and syncs it before anyone is answered. Reports read on other connections, each in
/// a snapshot of its own, and hold nobody up.
package final class SQLiteStore: MarketplaceStore {
    /// What can be chosen when a store is opened.
    package struct Options: Sendable {
        package var limits = Limits()
        /// Called on the writer's queue before it takes the next calls: only for tests, which
        /// hold the writer with it to fill the queue.
        package var beforeEachGroup: (@Sendable () -> Void)?
        /// Called with a sentence for the log when opening a file takes longer than people expect.
        package var notify: @Sendable (String) -> Void = { _ in }

        package init() {}
    }

    private let file: DataFile
    /// Calls that failed.
    private let errors = Mutex<[StoreError.Code: Int]>([:])

    /// Opens a data file, or makes a new one that only its owner may read.
    ///
    /// It blocks while it reads and migrates, so it belongs to the start of a program.
    package init(path: String, options: Options = Options()) throws(OpenError) {
        file = try DataFile(path: path, options)
    }

    /// The data file's real path.
    var path: String { file.path }

    package var activity: StoreActivity {
        var activity = file.current.queue.activity
        activity.errors = errors.withLock(\.self)
        return activity
    }

    /// An error, once it is counted.
    func counted(_ error: StoreError) -> StoreError {
        errors.withLock { $0[error.code, default: 0] += 1 }
        return error
    }

    private func perform(
        _ work: WriteCall.Work
    ) async throws(StoreError) -> WriteCall.Outcome {
        do throws(StoreError) {
            return try await file.opened().queue.perform(work)
        } catch {
            throw counted(error)
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

    package var findings: [String] { file.current.pages.findings }

    package func close() async {
        await file.close()
    }

    /// The connections to the file, opened again where it had failed.
    var pool: DatabasePool {
        get async throws(StoreError) { try await connections.pool }
    }

    var connections: DataFile.Connections {
        get async throws(StoreError) { try await file.opened() }
    }

    private func change(
        _ forgetting: Forgetting, _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText> = []
    ) async throws(StoreError) -> SaveOutcome {
        let stored: [StoredChange]
        do {
            stored = try changes.compactMap(StoredChange.init)
        } catch {
            throw StoreError(.notStored, cause: "\(error)")
        }
        return try await perform(
            .change(forgetting: forgetting, stored, expecting: revision, ifUnused: products)
        ).saved
    }
}
