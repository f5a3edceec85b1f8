import GRDBSQLite
import Marketplace
import MeteringAPI

/// What is missing of a damaged file, a sentence each.
struct SalvageReport {
    var missing: [String] = []
}

/// Copies the rows that can be read from one data file to another.
struct Salvage {
    let source: OpaquePointer
    let target: OpaquePointer

    init(from source: OpaquePointer, to target: OpaquePointer) {
        self.source = source
        self.target = target
    }

    func run(_ report: inout SalvageReport) throws(SQLiteFailure) {
        try copyNames(&report)
        let allocations = try copyAllocations(&report)
        try copyRuns(&report, allocations)
        for table in Table.byKey where try exists(table.name) {
            try copy(table, &report, of: table.what)
        }
        for table in Table.byNumber where try exists(table.name) {
            try copy(table, &report, of: table.what)
        }
        try removeStrays()
        try keepNumbers()
    }

    /// Removes what refers to something that is missing: deliveries of an event, and tokens of a
    /// record, because a request that is sent again must be recorded again.
    private func removeStrays() throws(SQLiteFailure) {
        try Statement(
            "DELETE FROM delivery WHERE event NOT IN (SELECT number FROM event)", on: target
        ).run()
        try Statement(
            "DELETE FROM usage_allocation WHERE run NOT IN (SELECT id FROM usage_run)", on: target
        ).run()
        var answered: Set<MeteringRecordID> = []
        let tokens = try Statement("SELECT record_id FROM client_token", on: target)
        while try tokens.step() { answered.insert(tokens.recordID(0)) }
        guard !answered.isEmpty else { return }
        let runs = try Statement("SELECT \(UsageRun.columns) FROM usage_run", on: target)
        while try runs.step() {
            for record in try UsageRun(runs).records { answered.remove(record.id) }
        }
        let remove = try Statement("DELETE FROM client_token WHERE record_id = ?", on: target)
        for id in answered {
            remove.bind(1, id)
            try remove.run()
        }
    }
}

/// A table, its columns and what they hold.
struct Table {
    let name: String
    /// What a row is, in the plural.
    let what: String
    let columns: [String]
    /// The first of them that order the rows.
    let keys: Int

    private init(_ name: String, _ what: String, _ columns: String, keys: Int = 1) {
        self.name = name
        self.what = what
        self.columns = columns.split(separator: " ").map(String.init)
        self.keys = keys
    }

    static let names = Table("name", "names", "id text checksum")
    static let runs = Table(
        "usage_run", "runs of records", "id hour product region checksum records")
    static let allocations = Table(
        "usage_allocation", "allocations", "run position body checksum", keys: 2)
    /// Tables whose rows have keys of several columns.
    static let byKey = [
        Table("used_dimension", "dimensions with usage", "product dimension checksum", keys: 2),
        Table(
            "client_token", "client tokens, whose requests may be recorded again,",
            "account_id resource_id region token request_digest record_id expires_at checksum",
            keys: 4),
        Table("catalog", "facts of the catalog", "kind id body checksum", keys: 2),
    ]
    /// Tables whose rows are numbered.
    static let byNumber = [
        Table("event", "events", "number body checksum"),
        Table(
            "delivery", "deliveries",
            "number event target state attempts time error checksum"),
    ]

    var list: String { columns.joined(separator: ", ") }

    func order(descending: Bool) -> String {
        columns.prefix(keys).map { $0 + (descending ? " DESC" : "") }.joined(separator: ", ")
    }

    var insert: String {
        "INSERT OR IGNORE INTO \(name) (\(list)) VALUES "
            + "(\(columns.map { _ in "?" }.joined(separator: ", ")))"
    }
}

extension Salvage {
    private func exists(_ table: String) throws(SQLiteFailure) -> Bool {
        let rows = try Statement("SELECT 1 FROM sqlite_schema WHERE name = ?", on: source)
        rows.bind(1, table)
        return try rows.step()
    }

    /// Copies the rows of a table, from both ends to the damage in between.
    private func copy(
        _ table: Table, _ report: inout SalvageReport, of what: String
    ) throws(SQLiteFailure) {
        let insert = try Statement(table.insert, on: target)
        var isWhole = true
        for descending in [false, true] {
            isWhole = try walk(
                "SELECT \(table.list) FROM \(table.name) ORDER BY "
                    + table.order(descending: descending)
            ) { (row) throws(SQLiteFailure) in
                insert.bindAll(table.columns.count, from: row)
                try insert.run()
            }
            if isWhole { break }
        }
        if !isWhole { report.missing.append("some \(what) are missing: their page is damaged") }
    }

    /// Gives the rows of a query until the end or damage; false where it was damage.
    private func walk(
        _ sql: String, _ body: (Statement) throws(SQLiteFailure) -> Void
    ) throws(SQLiteFailure) -> Bool {
        let rows = try Statement(sql, on: source)
        while true {
            do throws(SQLiteFailure) {
                guard try rows.step() else { return true }
            } catch {
                guard error.isDamage else { throw error }
                return false
            }
            try body(rows)
        }
    }

    /// Copies the names, those in damaged pages from their index.
    private func copyNames(_ report: inout SalvageReport) throws(SQLiteFailure) {
        let insert = try Statement(Table.names.insert, on: target)
        var isWhole = true
        for order in ["id", "id DESC", "text", "text DESC"] {
            let isEnd = try walk("SELECT id, text FROM name ORDER BY \(order)") {
                (row) throws(SQLiteFailure) in
                insert.bind(1, row.integer(0))
                insert.bind(2, row.text(1))
                insert.bind(3, NameTable.checksum(row.text(1)))
                try insert.run()
            }
            isWhole = isEnd
            if isEnd { break }
        }
        if !isWhole { report.missing.append("some names are missing: their pages are damaged") }
    }

    /// Copies the allocations and says of which records they are.
    private func copyAllocations(
        _ report: inout SalvageReport
    ) throws(SQLiteFailure) -> Set<RecordPlace> {
        try copy(.allocations, &report, of: "allocations")
        let rows = try Statement(
            "SELECT run, position, body, checksum FROM usage_allocation", on: target)
        var places: Set<RecordPlace> = []
        while try rows.step() {
            let place = RecordPlace(run: rows.integer(0), position: Int(rows.integer(1)))
            if AllocationText.checksum(rows.text(2), at: place) == rows.integer(3) {
                places.insert(place)
            }
        }
        return places
    }

    /// Copies the runs of records, hour by hour as the index leads to them, and those that it does
    /// not lead to any more from both ends of the table.
    private func copyRuns(
        _ report: inout SalvageReport, _ allocations: Set<RecordPlace>
    ) throws(SQLiteFailure) {
        let insert = try Statement(Table.runs.insert, on: target)
        let find = try Statement(
            "SELECT \(UsageRun.columns) FROM usage_run WHERE id = ?", on: source)
        var lost: [Int64: Int] = [:]
        var withoutAllocations = 0
        let note = try Statement(
            "INSERT OR IGNORE INTO used_dimension (product, dimension, checksum) VALUES (?, ?, ?)",
            on: target)
        func keep(_ row: Statement) throws(SQLiteFailure) -> Bool {
            guard var run = try? UsageRun(row) else { return false }
            withoutAllocations += run.forgetAllocations { allocations.contains($0) }
            guard try run.insert(with: insert) else { return true }
            for dimension in Set(run.records.map(\.dimension)) {
                let (product, dimension) = (Int64(run.key.product), Int64(dimension))
                note.bind(1, product)
                note.bind(2, dimension)
                note.bind(3, NameTable.checksum(product: product, dimension: dimension))
                try note.run()
            }
            return true
        }
        let isIndexed = try walk(
            "SELECT hour, product, id FROM usage_run INDEXED BY usage_run_by_hour ORDER BY hour"
        ) { (row) throws(SQLiteFailure) in
            find.bind(1, row.integer(2))
            defer { find.reset() }
            var isFound = false
            do throws(SQLiteFailure) {
                isFound = try find.step()
            } catch {
                guard error.isDamage else { throw error }
            }
            if isFound { isFound = try keep(find) }
            if !isFound { lost[row.integer(0), default: 0] += 1 }
        }
        if !isIndexed {
            report.missing.append(
                "the index of usage is damaged: hours may be missing that nothing tells of")
            for order in ["id", "id DESC"] {
                let isEnd = try walk("SELECT \(UsageRun.columns) FROM usage_run ORDER BY \(order)")
                {
                    (row) throws(SQLiteFailure) in
                    if try !keep(row) { lost[row.integer(1), default: 0] += 1 }
                }
                if isEnd { break }
            }
        }
        report.tell(of: lost, withoutAllocations)
    }

    /// Lets the numbers of events and deliveries go on from where they were.
    private func keepNumbers() throws(SQLiteFailure) {
        let update = try Statement(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", on: target)
        let insert = try Statement(
            "INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)", on: target)
        _ = try walk("SELECT seq, name FROM sqlite_sequence") { (row) throws(SQLiteFailure) in
            update.bind(1, row.integer(0))
            update.bind(2, row.text(1))
            if try update.run() > 0 { return }
            insert.bind(1, row.integer(0))
            insert.bind(2, row.text(1))
            try insert.run()
        }
    }
}

extension SalvageReport {
    fileprivate mutating func tell(of lost: [Int64: Int], _ withoutAllocations: Int) {
        for (hour, runs) in lost.sorted(by: { $0.key < $1.key }) {
            missing.append(
                "usage of \(Hour(ordinal: hour).start.iso8601) is missing, in \(runs) "
                    + (runs == 1 ? "run" : "runs") + " of up to \(UsageRun.maximumCount) records")
        }
        if withoutAllocations > 0 {
            missing.append("\(withoutAllocations) records have lost their allocations")
        }
    }
}

extension UsageRun {
    /// Lets records be without the allocations that are not there; says how many.
    fileprivate mutating func forgetAllocations(but isThere: (RecordPlace) -> Bool) -> Int {
        var count = 0
        for position in records.indices where records[position].flags.contains(.hasAllocations) {
            if isThere(RecordPlace(run: id, position: position)) { continue }
            records[position].flags.remove(.hasAllocations)
            count += 1
        }
        return count
    }

    /// Writes the run; false where it is there.
    fileprivate func insert(with statement: Statement) throws(SQLiteFailure) -> Bool {
        statement.bind(1, id)
        statement.bind(2, key.hour)
        statement.bind(3, Int64(key.product))
        statement.bind(4, Int64(key.region))
        let result: Result<Int, SQLiteFailure> = withBytes { bytes, checksum in
            statement.bind(5, checksum)
            statement.bind(6, borrowing: bytes)
            return Result { () throws(SQLiteFailure) in try statement.run() }
        }
        return try result.get() > 0
    }
}
