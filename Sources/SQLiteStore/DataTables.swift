import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// The tables of a data file, and what is kept of them in memory.
///
/// Used within a transaction, on the writing connection only.
struct DataTables {
    private let connection: OpaquePointer
    private let facts: CatalogTable
    private let log: CatalogLog
    private var revision: RevisionMark
    private var runs: RunTable
    private var names: NameTable
    private var hours: OpenHours
    private var tokens: TokenTable
    private let counters: StoreCounters
    /// Entries of the calls of the transaction that is under way.
    private var entries = 0
    /// Whether expired client tokens stay from this transaction on, because damage was met when
    /// they were swept.
    private var hasStoppedSweeping = false

    init(
        on connection: OpaquePointer, limits: MemoryLimits, counters: StoreCounters
    ) throws(SQLiteFailure) {
        self.connection = connection
        self.counters = counters
        facts = try CatalogTable(on: connection)
        log = try CatalogLog(on: connection)
        revision = try RevisionMark(on: connection)
        runs = try RunTable(on: connection)
        names = try NameTable(on: connection, limit: limits.names)
        hours = OpenHours(limit: limits.openRecords)
        tokens = try TokenTable(on: connection)
    }

    /// Lets go of what is not needed.
    mutating func begin() {
        hours.tidy()
        revision.begin()
        entries = 0
    }

    mutating func flush() throws(SQLiteFailure) {
        try runs.flush()
        do throws(SQLiteFailure) {
            try tokens.sweep()
        } catch {
            // SQLite commits nothing after damage. The next attempt does not sweep: tokens that
            // stay for longer than they need to harm nobody.
            if error.isDamage, !tokens.isSweepStopped {
                tokens.stopSweeping()
                hasStoppedSweeping = true
            }
            throw error
        }
    }

    mutating func undo(after failure: SQLiteFailure) -> Bool {
        forget()
        revision.undo()
        // The sweep met damage, which is no fault of the calls: once more without it.
        defer { hasStoppedSweeping = false }
        return hasStoppedSweeping
    }

    mutating func didCommit(calls: Int, seconds: Double) {
        counters.countCommit(calls: calls, entries: entries, seconds: seconds)
    }

    mutating func countEntries(_ count: Int) { entries += count }

    private mutating func forget() {
        runs.forget()
        names.forget()
        hours.forget()
        tokens.forget()
    }
}

extension DataTables {
    /// Why the records of an hour that one of the entries is of cannot be read; nil where they can.
    mutating func damage(inHoursOf entries: [UsageEntry]) throws(SQLiteFailure) -> SQLiteFailure? {
        var last: Int64?
        for index in entries.indices {
            // Those of a call nearly all have one hour.
            let hour = entries[index].timestamp.hour.ordinal
            if hour == last { continue }
            last = hour
            do throws(SQLiteFailure) {
                _ = try hours.open(hour, usedAt: entries[index].recordedAt, from: runs)
            } catch {
                guard error.isDamage else { throw error }
                return error
            }
        }
        return nil
    }

    /// The outbox.
    var deliveries: DeliveryTable { facts.deliveries }

    /// The revision that the catalog has within the transaction.
    var catalogRevision: CatalogRevision { revision.current }

    /// Whether entries that were decided on a revision may be recorded.
    func admits(_ decided: CatalogRevision?) -> Bool { revision.admits(decided) }

    /// Whether a change that was made on a revision may be saved.
    func isCurrent(_ known: CatalogRevision?) -> Bool { revision.isCurrent(known) }

    /// Decides one entry, as the promise of `UsageLedger` has it.
    ///
    /// Its allocations come as the text that is stored.
    mutating func record(
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
        let position = try hours.open(hour, usedAt: entry.recordedAt, from: runs)
        let fingerprint = hours.fingerprint(series.usage)
        let met = try meet(entry, series, position, fingerprint)
        if let same = met.same { return try answer(entry, with: same) }
        if let place = try add(entry, series, allocations, isBilledTwice: met.twin != nil) {
            hours.insert(fingerprint, place, in: position)
        }
        return .recorded(entry.id, billedTwiceWith: met.twin)
    }

    /// Records that an entry meets: the one of its own series and hour, and the earliest of the
    /// same usage in the other of the two spaces.
    private mutating func meet(
        _ entry: UsageEntry, _ series: SeriesNames, _ hour: Int, _ fingerprint: UInt32
    ) throws(SQLiteFailure) -> (same: EarlierRecord?, twin: EarlierRecord?) {
        var twin: (record: PackedRecord, place: RecordPlace)?
        var slot = hours.start(fingerprint, in: hour)
        while let place = hours.next(fingerprint, in: hour, from: &slot) {
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

    private mutating func earlier(
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

    private mutating func answer(
        _ entry: UsageEntry, with first: EarlierRecord
    ) throws(SQLiteFailure) -> RecordOutcome {
        guard first.quantity == entry.quantity else { return .conflict(first) }
        try remember(entry, id: first.id)
        return .alreadyRecorded(first)
    }

    /// Adds a record; says where it is if later entries can meet it.
    private mutating func add(
        _ entry: UsageEntry, _ series: SeriesNames, _ allocations: String?, isBilledTwice: Bool
    ) throws(SQLiteFailure) -> RecordPlace? {
        var flags: PackedRecord.Flags = entry.isOncePerHour ? .oncePerHour : []
        if isBilledTwice { flags.insert(.billedTwice) }
        if allocations != nil { flags.insert(.hasAllocations) }
        let record = PackedRecord(entry, series, flags)
        let key = UsageRun.Key(
            hour: entry.timestamp.hour.ordinal, product: series.usage.product,
            region: series.usage.region)
        let place = runs.append(record, to: key, allocations: allocations)
        try names.use(series.usage)
        try remember(entry, id: entry.id)
        return record.canBeMet ? place : nil
    }

    private mutating func remember(_ entry: UsageEntry, id: MeteringRecordID) throws(SQLiteFailure)
    {
        guard let token = entry.clientToken else { return }
        try tokens.remember(token, id: id, at: entry.recordedAt)
    }

    /// Applies changes of the catalog, after forgetting what is to be forgotten.
    ///
    /// Changes of facts make another revision, and so does what is forgotten.
    mutating func change(
        forgetting: Forgetting, _ changes: [StoredChange], affectsUsage: Bool
    ) throws(SQLiteFailure) {
        if forgetting != .nothing {
            // What came before in this transaction is forgotten with the rest.
            forget()
            hours.forgetDamage()
            for table in FileFormat.usageTables {
                try PreparedStatement("DELETE FROM \(table)", on: connection).run()
            }
            let workloads = try PreparedStatement(
                "DELETE FROM catalog WHERE kind = ?", on: connection)
            workloads.bind(1, CatalogFact.Kind.registeredWorkload.rawValue)
            try workloads.run()
        }
        if forgetting == .everything {
            try PreparedStatement("DELETE FROM catalog", on: connection).run()
        }
        let kind: CatalogRevision.Change? =
            switch forgetting {
            case .usage: .forgetsUsage
            case .everything: .forgetsEverything
            case .nothing where affectsUsage: .factsOfUsage
            case .nothing: changes.contains { $0.key != nil } ? .facts : nil
            }
        let isLogged = changes.count <= StoreLimits.followedChanges
        if let kind, let old = try revision.advance(after: kind, isLogged: isLogged) {
            try log.forget(through: old)
        }
        for change in changes {
            try facts.apply(change)
            if isLogged, let key = change.key { try log.add(key, revision.current) }
        }
    }

    /// Those of the products that have usage, what the transaction has recorded included.
    func used(of products: Set<ExactText>) throws(SQLiteFailure) -> Set<ExactText> {
        var used: Set<ExactText> = []
        if products.isEmpty { return used }
        let find = try PreparedStatement(
            """
            SELECT 1 FROM used_dimension WHERE product = (SELECT id FROM name WHERE text = ?)
            LIMIT 1
            """, on: connection)
        for product in products {
            find.bind(1, product.text)
            defer { find.reset() }
            if try find.step() { used.insert(product) }
        }
        return used
    }
}

extension PackedRecord {
    /// Whether it and the same usage in the other series are both billed.
    fileprivate func isTwin(of series: SeriesNames) -> Bool {
        series.space.hasTwin && space != series.space.rawValue
            && UsageSeries.Space(rawValue: space)?.hasTwin == true
    }
}
