import GRDB
import GRDBSQLite
import Marketplace
import MeteringAPI

/// Decides and writes on the one writing connection, with statements that are prepared once.
///
/// It is not safe to use from two places at once. `@unchecked Sendable` holds because every use
/// goes through `transaction(on:_:)`, which wants the connection that GRDB hands out only on the
/// queue of its writer, and `finish`, which is called there too.
final class LedgerWriter: @unchecked Sendable {
    private let connection: OpaquePointer
    private let begin: Statement
    private let commit: Statement
    private let rollback: Statement
    private let records: RecordTable
    private let facts: CatalogTable
    private var tokens: TokenTable
    private var series: SeriesIndex

    init(_ database: Database, seriesLimit: Int) throws(SQLiteFailure) {
        guard let connection = database.sqliteConnection else {
            throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
        }
        self.connection = connection
        begin = try Statement("BEGIN IMMEDIATE", on: connection)
        commit = try Statement("COMMIT", on: connection)
        rollback = try Statement("ROLLBACK", on: connection)
        records = try RecordTable(on: connection)
        facts = try CatalogTable(on: connection)
        tokens = try TokenTable(on: connection)
        series = try SeriesIndex(on: connection, limit: seriesLimit)
    }

    /// Runs the work and commits it; what it wrote is on stable storage when this returns.
    func transaction<Result>(
        on database: Database, _ work: () throws(SQLiteFailure) -> Result
    ) throws(TransactionFailure) -> Result {
        precondition(
            database.sqliteConnection == connection, "The ledger was given another connection.")
        let result: Result
        do {
            try begin.run()
            result = try work()
            try tokens.sweep()
        } catch {
            throw undo(after: error)
        }
        do {
            try commit.run()
        } catch {
            let failure = undo(after: error)
            // A full disk stops before the mark of a commit is in the file. After anything else
            // the mark may have been written, and a restart may find it.
            throw error.isLasting ? TransactionFailure(error, isCertain: false) : failure
        }
        return result
    }

    /// Nothing of a transaction remains, if SQLite says so.
    private func undo(after failure: SQLiteFailure) -> TransactionFailure {
        series.forget()
        if sqlite3_get_autocommit(connection) == 0 { _ = try? rollback.run() }
        return TransactionFailure(
            failure, isCertain: sqlite3_get_autocommit(connection) != 0)
    }
}

/// A transaction that was not committed.
struct TransactionFailure: Error, Sendable {
    let cause: SQLiteFailure
    /// Whether nothing of it is stored for certain.
    let isCertain: Bool

    init(_ cause: SQLiteFailure, isCertain: Bool) {
        self.cause = cause
        self.isCertain = isCertain
    }
}

extension LedgerWriter {
    /// Decides one entry, as the promise of `UsageLedger` has it.
    ///
    /// Its allocations come as the text that is stored.
    func record(
        _ entry: UsageEntry, allocations: String?
    ) throws(SQLiteFailure) -> RecordOutcome {
        if let token = entry.clientToken, let known = try tokens.find(token),
            entry.recordedAt < known.expiresAt
        {
            return known.requestDigest == token.requestDigest
                ? .tokenReplayed(known.recordID) : .tokenConflict
        }
        let (number, twins) = try series.resolve(entry.series)
        let twin = twins.isEmpty ? nil : try twin(of: entry, among: twins)
        let occurrence = entry.isOncePerHour ? 0 : try records.nextOccurrence(of: entry, number)
        if try records.insert(
            entry, allocations: allocations, series: number, occurrence: occurrence,
            isBilledTwice: twin != nil)
        {
            try remember(entry, id: entry.id)
            return .recorded(entry.id, billedTwiceWith: twin)
        }
        return try meet(entry, in: number)
    }

    /// Applies changes of the catalog, after forgetting what is to be forgotten.
    func change(
        forgetting: Forgetting, _ changes: [StoredChange]
    ) throws(SQLiteFailure) {
        if forgetting != .nothing {
            for table in ["usage_record", "client_token", "series"] {
                try Statement("DELETE FROM \(table)", on: connection).run()
            }
            series.forget()
        }
        if forgetting == .everything {
            try Statement("DELETE FROM catalog", on: connection).run()
        }
        for change in changes { try facts.apply(change) }
    }

    private func meet(_ entry: UsageEntry, in series: Int64) throws(SQLiteFailure) -> RecordOutcome
    {
        guard let first = try records.first(at: entry.timestamp.hour, in: series, metBy: entry)
        else {
            throw SQLiteFailure(
                code: SQLITE_CORRUPT, message: "a record is refused that is not there")
        }
        guard first.quantity == entry.quantity else { return .conflict(first) }
        try remember(entry, id: first.id)
        return .alreadyRecorded(first)
    }

    /// The earliest record of the same usage in the other of the two spaces.
    private func twin(
        of entry: UsageEntry, among twins: [Int64]
    ) throws(SQLiteFailure) -> EarlierRecord? {
        var earliest: EarlierRecord?
        for series in twins {
            let hour = entry.timestamp.hour
            guard let record = try records.first(at: hour, in: series, metBy: entry) else {
                continue
            }
            if earliest.map({ record.recordedAt < $0.recordedAt }) ?? true { earliest = record }
        }
        return earliest
    }

    private func remember(_ entry: UsageEntry, id: MeteringRecordID) throws(SQLiteFailure) {
        guard let token = entry.clientToken else { return }
        try tokens.remember(token, id: id, at: entry.recordedAt)
    }
}

/// What is forgotten before changes are saved.
enum Forgetting: Sendable {
    case nothing, usage, everything
}
