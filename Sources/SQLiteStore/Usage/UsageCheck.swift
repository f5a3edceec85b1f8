import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// What is wrong between the records of a data file whose pages are sound.
struct UsageCheck {
    private(set) var records = 0
    /// How many rows break each rule.
    private var counts: [Rule: Int] = [:]

    private enum Rule: String, CaseIterable {
        case run = "runs of records are not what was written"
        case name = "names are not what was written"
        case missingName = "records have a name that is not there"
        case kind = "records are of an unknown kind"
        case twice = "records are of an hour that has one already"
        case id = "records have the id of another"
        case allocations = "records have allocations that do not sum to them"
        case strayAllocations = "allocations belong to no record"
        case dimension = "dimensions have usage that is not noted"
        case damagedToken = "client tokens are not what was written"
        case token = "client tokens were answered with a record that is not there"
    }

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        let names = try checkNames(on: connection)
        var references = try References(on: connection)
        try forEachHour(on: connection) { (runs, damaged) throws(SQLiteFailure) in
            count(.run, damaged)
            checkKeys(runs)
            for run in runs { try check(run, names, &references) }
        }
        count(.damagedToken, references.damagedTokens)
        count(.token, references.tokens.count)
        count(.strayAllocations, references.allocations)
        try checkIDs(on: connection)
    }

    var findings: [String] {
        Rule.allCases.compactMap { rule in
            counts[rule].map { "\($0) \(rule.rawValue)" }
        }
    }

    private mutating func count(_ rule: Rule, _ more: Int = 1) {
        if more > 0 { counts[rule, default: 0] += more }
    }

    /// The numbers of the names that are sound.
    private mutating func checkNames(
        on connection: OpaquePointer
    ) throws(SQLiteFailure) -> Set<UInt32> {
        var names: Set<UInt32> = []
        let rows = try PreparedStatement("SELECT id, text, checksum FROM name", on: connection)
        while try rows.step() {
            names.insert(UInt32(truncatingIfNeeded: rows.integer(0)))
            if NameTable.checksum(rows.text(1)) != rows.integer(2) { count(.name) }
        }
        return names
    }

    private mutating func checkKeys(_ runs: [UsageRun]) {
        var keys: Set<SeriesNames> = []
        for run in runs {
            for record in run.records where record.flags.contains(.oncePerHour) {
                guard let space = UsageSeries.Space(rawValue: record.space) else { continue }
                let series = SeriesNames(
                    usage: record.usage(in: run.key), license: record.license, space: space)
                if !keys.insert(series).inserted { count(.twice) }
            }
        }
    }

    private mutating func check(
        _ run: UsageRun, _ names: Set<UInt32>, _ references: inout References
    ) throws(SQLiteFailure) {
        records += run.records.count
        for (position, record) in run.records.enumerated() {
            if UsageSeries.Space(rawValue: record.space) == nil
                || OperationName(storedNumber: record.operation) == nil
                || Int64(record.offset) >= Hour.millisecondsPerHour || record.quantity < 0
            {
                count(.kind)
            }
            let usage = record.usage(in: run.key)
            let used = [
                usage.product, usage.region, usage.buyer, usage.dimension, usage.resource,
                record.license,
            ]
            if !used.allSatisfy({ $0 == 0 || names.contains($0) }) { count(.missingName) }
            if try !references.isNoted(usage) { count(.dimension) }
            references.tokens.remove(record.id)
            if record.flags.contains(.hasAllocations) {
                let place = RecordPlace(run: run.id, position: position)
                if references.allocations(at: place) != record.quantity {
                    count(.allocations)
                }
            }
        }
    }

    /// Looks for ids that two records have, a part of them at a time.
    private mutating func checkIDs(on connection: OpaquePointer) throws(SQLiteFailure) {
        let passes = UInt64(records / StoreLimits.verifiedIDs + 1)
        for pass in 0..<passes {
            var seen: Set<MeteringRecordID> = []
            let rows = try PreparedStatement(
                "SELECT \(UsageRun.columns) FROM usage_run", on: connection)
            while try rows.step() {
                guard let run = try? UsageRun(rows) else { continue }
                for record in run.records where record.idLow % passes == pass {
                    if !seen.insert(record.id).inserted { count(.id) }
                }
            }
        }
    }
}

/// What other tables say of records.
private struct References {
    /// The records that client tokens were answered with, and that have not been seen yet.
    var tokens: Set<MeteringRecordID> = []
    private(set) var damagedTokens = 0
    /// Allocations whose records have not been seen yet.
    private(set) var allocations = 0
    private var noted: Set<UInt64> = []
    private let stored: AllocationReader

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        stored = try AllocationReader(on: connection)
        let count = try PreparedStatement("SELECT count(*) FROM usage_allocation", on: connection)
        if try count.step() { allocations = Int(count.integer(0)) }
        let rows = try PreparedStatement(
            "SELECT \(TokenTable.columns) FROM client_token", on: connection)
        while try rows.step() {
            let (token, remembered) = TokenTable.token(in: rows)
            if TokenTable.checksum(token, remembered) != rows.integer(7) { damagedTokens += 1 }
            tokens.insert(remembered.recordID)
        }
        let dimensions = try PreparedStatement(
            "SELECT product, dimension, checksum FROM used_dimension", on: connection)
        while try dimensions.step() {
            let (product, dimension) = (dimensions.integer(0), dimensions.integer(1))
            // One that is damaged is one that is not noted.
            guard
                NameTable.checksum(product: product, dimension: dimension)
                    == dimensions.integer(2)
            else { continue }
            noted.insert(UInt64(dimensions.integer(0)) << 32 | UInt64(dimensions.integer(1)))
        }
    }

    func isNoted(_ usage: SeriesNames.Usage) throws(SQLiteFailure) -> Bool {
        noted.contains(UInt64(usage.product) << 32 | UInt64(usage.dimension))
    }

    /// The sum of a record's allocations in millionths; nil where they are not as they were
    /// written.
    mutating func allocations(at place: RecordPlace) -> Int64? {
        guard let found = try? stored.allocations(at: place) else { return nil }
        allocations -= 1
        var sum = QuantitySum()
        for allocation in found { sum += allocation.quantity }
        return Int64(exactly: sum.millionths)
    }
}

/// Gives the sound runs of each hour, and how many are damaged.
private func forEachHour(
    on connection: OpaquePointer,
    _ body: (_ runs: [UsageRun], _ damaged: Int) throws(SQLiteFailure) -> Void
) throws(SQLiteFailure) {
    let hours = try PreparedStatement(
        "SELECT DISTINCT hour FROM usage_run ORDER BY hour", on: connection)
    let rows = try PreparedStatement(
        "SELECT \(UsageRun.columns) FROM usage_run WHERE hour = ? ORDER BY id", on: connection)
    while try hours.step() {
        rows.bind(1, hours.integer(0))
        var runs: [UsageRun] = []
        var damaged = 0
        while try rows.step() {
            if let run = try? UsageRun(rows) { runs.append(run) } else { damaged += 1 }
        }
        rows.reset()
        try body(runs, damaged)
    }
}
