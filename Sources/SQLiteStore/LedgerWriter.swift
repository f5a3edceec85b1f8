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
    private let facts: CatalogTable
    private var runs: RunTable
    private var names: NameTable
    private var hours: OpenHours
    private var tokens: TokenTable

    init(_ database: Database, limits: SQLiteStore.Limits) throws(SQLiteFailure) {
        guard let connection = database.sqliteConnection else {
            throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
        }
        self.connection = connection
        begin = try Statement("BEGIN IMMEDIATE", on: connection)
        commit = try Statement("COMMIT", on: connection)
        rollback = try Statement("ROLLBACK", on: connection)
        facts = try CatalogTable(on: connection)
        runs = try RunTable(on: connection)
        names = try NameTable(on: connection, limit: limits.namesInMemory)
        hours = OpenHours(limit: limits.openRecordsInMemory)
        tokens = try TokenTable(on: connection)
    }

    /// Runs the work and commits it; what it wrote is on stable storage when this returns.
    func transaction<Result>(
        on database: Database, _ work: () throws(SQLiteFailure) -> Result
    ) throws(TransactionFailure) -> Result {
        precondition(
            database.sqliteConnection == connection, "The ledger was given another connection.")
        hours.tidy()
        let result: Result
        do {
            try begin.run()
            result = try work()
            try runs.flush()
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
        forget()
        if sqlite3_get_autocommit(connection) == 0 { _ = try? rollback.run() }
        return TransactionFailure(
            failure, isCertain: sqlite3_get_autocommit(connection) != 0)
    }

    private func forget() {
        runs.forget()
        names.forget()
        hours.forget()
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
        guard entry.quantity >= .zero else {
            throw SQLiteFailure(
                code: SQLITE_CONSTRAINT, message: "a quantity is below zero: \(entry.quantity)")
        }
        let series = try names.numbers(of: entry.series)
        let hour = entry.timestamp.hour.ordinal
        let index = try hours.index(of: hour, usedAt: entry.recordedAt) {
            (add) throws(SQLiteFailure) in
            try runs.runs(ofHour: hour, add)
        }
        let fingerprint = hours.fingerprint(series.usage)
        let met = try meet(entry, series, index, fingerprint)
        if let same = met.same { return try answer(entry, with: same) }
        try add(entry, series, allocations, isBilledTwice: met.twin != nil) { place in
            index.insert(fingerprint, place)
        }
        return .recorded(entry.id, billedTwiceWith: met.twin)
    }

    /// Records that an entry meets: the one of its own series and hour, and the earliest of the
    /// same usage in the other of the two spaces.
    private func meet(
        _ entry: UsageEntry, _ series: SeriesNames, _ index: HourIndex, _ fingerprint: UInt32
    ) throws(SQLiteFailure) -> (same: EarlierRecord?, twin: EarlierRecord?) {
        var twin: (record: PackedRecord, place: RecordPlace)?
        var slot = index.start(fingerprint)
        while let place = index.next(fingerprint, from: &slot) {
            let (record, key) = try runs.record(at: place)
            guard record.usage(in: key) == series.usage else { continue }
            if record.space == series.space.rawValue, record.license == series.license {
                guard entry.isOncePerHour, record.flags.contains(.oncePerHour) else { continue }
                return (try earlier(record, at: place, metBy: entry), nil)
            }
            if record.isTwin(of: series),
                twin.map({ record.recordedAt < $0.record.recordedAt }) ?? true
            {
                twin = (record, place)
            }
        }
        guard let twin else { return (nil, nil) }
        return (nil, try earlier(twin.record, at: twin.place, metBy: entry))
    }

    private func earlier(
        _ record: PackedRecord, at place: RecordPlace, metBy entry: UsageEntry
    ) throws(SQLiteFailure) -> EarlierRecord {
        let allocations =
            record.flags.contains(.hasAllocations) ? try runs.allocations(at: place) : []
        return EarlierRecord(
            id: record.id, quantity: Quantity(millionths: record.quantity),
            timestamp: record.timestamp(inHour: entry.timestamp.hour.ordinal),
            recordedAt: Timestamp(milliseconds: record.recordedAt),
            hasSameAllocations: entry.hasAllocations(allocations))
    }

    private func answer(
        _ entry: UsageEntry, with first: EarlierRecord
    ) throws(SQLiteFailure) -> RecordOutcome {
        guard first.quantity == entry.quantity else { return .conflict(first) }
        try remember(entry, id: first.id)
        return .alreadyRecorded(first)
    }

    private func add(
        _ entry: UsageEntry, _ series: SeriesNames, _ allocations: String?, isBilledTwice: Bool,
        note: (RecordPlace) -> Void
    ) throws(SQLiteFailure) {
        var flags: PackedRecord.Flags = entry.isOncePerHour ? .oncePerHour : []
        if isBilledTwice { flags.insert(.billedTwice) }
        if allocations != nil { flags.insert(.hasAllocations) }
        let record = PackedRecord(entry, series, flags)
        let place = append(record, at: entry.timestamp.hour, series, allocations)
        if record.canBeMet { note(place) }
        try names.use(series.usage)
        try remember(entry, id: entry.id)
    }

    private func append(
        _ record: PackedRecord, at hour: Hour, _ series: SeriesNames, _ allocations: String?
    ) -> RecordPlace {
        let key = UsageRun.Key(
            hour: hour.ordinal, product: series.usage.product, region: series.usage.region)
        return runs.append(record, to: key, allocations: allocations)
    }

    private func remember(_ entry: UsageEntry, id: MeteringRecordID) throws(SQLiteFailure) {
        guard let token = entry.clientToken else { return }
        try tokens.remember(token, id: id, at: entry.recordedAt)
    }

    /// Applies changes of the catalog, after forgetting what is to be forgotten.
    func change(
        forgetting: Forgetting, _ changes: [StoredChange]
    ) throws(SQLiteFailure) {
        if forgetting != .nothing {
            // What came before in this transaction is forgotten with the rest.
            forget()
            for table in FileFormat.usageTables {
                try Statement("DELETE FROM \(table)", on: connection).run()
            }
        }
        if forgetting == .everything {
            try Statement("DELETE FROM catalog", on: connection).run()
        }
        for change in changes { try facts.apply(change) }
    }
}

extension PackedRecord {
    /// Whether it and the same usage in the other series are both billed.
    fileprivate func isTwin(of series: SeriesNames) -> Bool {
        let resource = UsageSeries.Space.resource
        return series.space != resource && space != resource.rawValue
            && space != series.space.rawValue
    }
}

/// What is forgotten before changes are saved.
enum Forgetting: Sendable {
    case nothing, usage, everything
}
