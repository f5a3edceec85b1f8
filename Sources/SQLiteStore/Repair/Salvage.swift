import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// What is missing of a damaged file, a sentence each.
struct SalvageReport {
    var missing: [String] = []
}

/// Copies the rows that can be read from one data file to another.
///
/// A table is read from both ends to the damage in between. Then what is beside and below damaged
/// pages is read: each part of a tree that is left is taken for the whole table, and a row counts
/// if its own checksum says that it is one of that table.
struct Salvage {
    let image: FileImage
    let source: OpaquePointer
    let target: OpaquePointer
    /// Nil where free pages cannot be told from others.
    private let parts: [TreeParts.Part]?

    init(from image: FileImage, over source: OpaquePointer, to target: OpaquePointer) throws {
        self.image = image
        self.source = source
        self.target = target
        guard image.checksPages else {
            parts = []
            return
        }
        var roots: Set<UInt32> = [1]
        let rows = try PreparedStatement(
            "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0", on: source)
        while try rows.step() { roots.insert(UInt32(truncatingIfNeeded: rows.integer(0))) }
        parts = TreeParts(of: try image.soundPages(), roots: roots).parts
    }

    func run(_ report: inout SalvageReport) throws {
        try copyNames(&report)
        let allocations = try copyAllocations(&report)
        try copyRuns(&report, allocations)
        for table in SalvagedTable.others where try exists(table.name) {
            try copy(table, &report)
        }
        if parts == nil, !report.missing.isEmpty {
            report.missing.append(
                "the list of free pages is damaged: what lies beside and below other damaged pages "
                    + "is left out, because it cannot be told from what was deleted")
        }
        try CatalogTable.fillIndexes(on: target)
        if try exists("catalog_revision") { try copyRevision() }
        try removeStrays()
        try keepNumbers()
    }

    /// Copies the revision and the log of changes, where both are whole; else the log begins anew,
    /// because it must not say that a fact is as it was.
    private func copyRevision() throws {
        var report = SalvageReport()
        do throws(SQLiteFailure) {
            try RevisionMark.copy(from: source, to: target)
        } catch {
            guard error.isDamage else { throw error }
            return
        }
        try copy(.changes, &report)
        if !report.missing.isEmpty { try RevisionMark.forgetChanges(on: target) }
    }

    /// Removes what refers to something that is missing: deliveries of an event, and tokens of a
    /// record, because a request that is sent again must be recorded again.
    private func removeStrays() throws(SQLiteFailure) {
        try PreparedStatement(
            "DELETE FROM delivery WHERE event NOT IN (SELECT number FROM event)", on: target
        ).run()
        try PreparedStatement(
            "DELETE FROM usage_allocation WHERE run NOT IN (SELECT id FROM usage_run)", on: target
        ).run()
        var answered: Set<MeteringRecordID> = []
        let tokens = try PreparedStatement("SELECT record_id FROM client_token", on: target)
        while try tokens.step() { answered.insert(tokens.recordID(0)) }
        guard !answered.isEmpty else { return }
        let runs = try PreparedStatement("SELECT \(UsageRun.columns) FROM usage_run", on: target)
        while try runs.step() {
            for record in try UsageRun(runs).records { answered.remove(record.id) }
        }
        let remove = try PreparedStatement(
            "DELETE FROM client_token WHERE record_id = ?", on: target)
        for id in answered {
            remove.bind(1, id)
            try remove.run()
        }
    }
}

extension Salvage {
    private func exists(_ table: String) throws(SQLiteFailure) -> Bool {
        let rows = try PreparedStatement("SELECT 1 FROM sqlite_schema WHERE name = ?", on: source)
        rows.bind(1, table)
        return try rows.step()
    }

    /// Copies the rows of a table.
    private func copy(_ table: SalvagedTable, _ report: inout SalvageReport) throws {
        let insert = try PreparedStatement(table.insert, on: target)
        let isWhole = try forEachRow(of: table) { row in
            insert.bindAll(table.columns.count, from: row)
            try insert.run()
        }
        if !isWhole {
            report.missing.append("some \(table.what) may be missing: a page of theirs is damaged")
        }
    }

    /// Gives the rows of a table, some of them more than once; false where there is damage.
    private func forEachRow(
        of table: SalvagedTable, _ body: (PreparedStatement) throws -> Void
    ) throws -> Bool {
        if try walk(table.select(), on: source, body) { return true }
        _ = try walk(table.select(descending: true), on: source, body)
        try forEachPart(of: table, body)
        return false
    }

    /// Gives the rows of a table that are beside or below damaged pages.
    private func forEachPart(
        of table: SalvagedTable, _ body: (PreparedStatement) throws -> Void
    ) throws {
        let root = try PreparedStatement(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", on: source)
        root.bind(1, table.name)
        guard try root.step() else { return }
        let place = UInt32(truncatingIfNeeded: root.integer(0))
        for part in parts ?? [] {
            try image.read(part, asRoot: place) { _, connection in
                for descending in [false, true] {
                    let isWhole = try walk(table.select(descending: descending), on: connection) {
                        if table.isSound($0) { try body($0) }
                    }
                    if isWhole { break }
                }
            }
        }
    }

    /// Gives the rows of a query until the end or damage; false where it was damage.
    private func walk(
        _ sql: String, on connection: OpaquePointer, _ body: (PreparedStatement) throws -> Void
    ) throws -> Bool {
        let rows = try PreparedStatement(sql, on: connection)
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
    private func copyNames(_ report: inout SalvageReport) throws {
        let insert = try PreparedStatement(SalvagedTable.names.insert, on: target)
        func keep(_ row: PreparedStatement) throws {
            insert.bind(1, row.integer(0))
            insert.bind(2, row.text(1))
            insert.bind(3, NameTable.checksum(row.text(1)))
            try insert.run()
        }
        if try forEachRow(of: .names, keep) { return }
        for order in ["", " DESC"] {
            let index = "SELECT id, text FROM name ORDER BY text" + order
            if try walk(index, on: source, keep) { return }
        }
        report.missing.append("some names may be missing: pages of theirs are damaged")
    }

    /// Copies the allocations and says of which records they are.
    private func copyAllocations(_ report: inout SalvageReport) throws -> Set<RecordPlace> {
        try copy(.allocations, &report)
        let rows = try PreparedStatement(SalvagedTable.allocations.select(), on: target)
        var places: Set<RecordPlace> = []
        while try rows.step() {
            guard SalvagedTable.allocations.isSound(rows) else { continue }
            places.insert(
                RecordPlace(run: rows.integer(0), position: Int(rows.integer(1))))
        }
        return places
    }

    /// Copies the runs of records, and says of which hours some are missing as the index tells.
    private func copyRuns(
        _ report: inout SalvageReport, _ allocations: Set<RecordPlace>
    ) throws {
        let insert = try PreparedStatement(SalvagedTable.runs.insert, on: target)
        let note = try PreparedStatement(
            "INSERT OR IGNORE INTO used_dimension (product, dimension, checksum) VALUES (?, ?, ?)",
            on: target)
        /// Runs that were found and are not what was written, by their hours.
        var lost: [Int64: Int64] = [:]
        var withoutAllocations = 0
        let isWhole = try forEachRow(of: .runs) { row in
            guard var run = try? UsageRun(row) else {
                lost[row.integer(0)] = row.integer(1)
                return
            }
            let forgotten = run.forgetAllocations { allocations.contains($0) }
            guard try run.insert(with: insert) else { return }
            withoutAllocations += forgotten
            for dimension in Set(run.records.map(\.dimension)) {
                let (product, dimension) = (Int64(run.key.product), Int64(dimension))
                note.bind(1, product)
                note.bind(2, dimension)
                note.bind(3, NameTable.checksum(product: product, dimension: dimension))
                try note.run()
            }
        }
        if !isWhole {
            let find = try PreparedStatement("SELECT 1 FROM usage_run WHERE id = ?", on: target)
            let isIndexed = try walk(
                "SELECT hour, id FROM usage_run INDEXED BY usage_run_by_hour", on: source
            ) { row in
                find.bind(1, row.integer(1))
                defer { find.reset() }
                if try !find.step() { lost[row.integer(1)] = row.integer(0) }
            }
            if !isIndexed {
                report.missing.append(
                    "the index of usage is damaged: hours may be missing that nothing tells of")
            }
        }
        var runs: [Int64: Int] = [:]
        for hour in lost.values { runs[hour, default: 0] += 1 }
        report.tell(of: runs, withoutAllocations)
    }

    /// Lets the numbers of events and deliveries go on from where they were.
    private func keepNumbers() throws {
        let update = try PreparedStatement(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", on: target)
        let insert = try PreparedStatement(
            "INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)", on: target)
        _ = try walk("SELECT seq, name FROM sqlite_sequence", on: source) { row in
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
    fileprivate func insert(with statement: PreparedStatement) throws(SQLiteFailure) -> Bool {
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
