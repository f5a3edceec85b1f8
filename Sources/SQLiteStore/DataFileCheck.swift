import FoundationEssentials
import GRDB
import GRDBSQLite
import Marketplace
import MeteringAPI

/// What is wrong with a data file, and how much is in it.
package struct DataFileCheck: Sendable {
    /// Sentences, each about one kind of damage; none where the file is sound.
    package private(set) var findings: [String] = []
    package private(set) var records = 0
    /// Kinds of usage: product, dimension, buyer, region, and licence or resource.
    package private(set) var series = 0
    /// Accounts, products, agreements and what else the catalog has.
    package private(set) var facts = 0

    /// Checks a data file that no server uses, and changes nothing in it.
    package init(path: String) throws(OpenError) {
        guard FileManager.default.fileExists(atPath: path) else { throw OpenError.missing(path) }
        let file = try prepareFile(at: path)
        let lock = try FileLock(forFileAt: file)
        defer { lock.release() }
        do {
            try inspect(file)
            var configuration = Configuration()
            configuration.readonly = true
            let database = try DatabaseQueue(path: file, configuration: configuration)
            self = try database.read { database in
                guard let connection = database.sqliteConnection else {
                    throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
                }
                var check = Self()
                try check.run(on: connection)
                return check
            }
            try database.close()
        } catch {
            if let error = error as? OpenError { throw error }
            let failure = SQLiteFailure(error)
            throw failure.code == SQLITE_NOTADB
                ? OpenError.foreign(path) : OpenError.unreadable(path, cause: failure.description)
        }
    }

    private init() {}

    private mutating func run(on connection: OpaquePointer) throws(SQLiteFailure) {
        let pages = try Statement("PRAGMA integrity_check(20)", on: connection)
        while try pages.step() {
            if pages.text(0) != "ok" { findings.append("SQLite: \(pages.text(0))") }
        }
        // The rest would only say again, in other words, that pages are broken.
        guard findings.isEmpty else { return }
        for rule in Self.rules {
            let count = try number(rule.sql, on: connection)
            if count > 0 { findings.append("\(count) \(rule.finding)") }
        }
        try checkAllocations(on: connection)
        try checkFacts(on: connection)
        records = try number("SELECT count(*) FROM usage_record", on: connection)
        series = try number("SELECT count(*) FROM series", on: connection)
    }

    /// What must hold between rows, as questions for how many break it.
    private static let rules: [(sql: String, finding: String)] = [
        (
            "SELECT count(*) FROM usage_record WHERE series NOT IN (SELECT id FROM series)",
            "records do not say what they are of"
        ),
        (
            "SELECT count(*) FROM usage_record WHERE hour <> timestamp / 3600000",
            "records are kept under another hour than their timestamp's"
        ),
        (
            "SELECT count(id) - count(DISTINCT id) FROM usage_record",
            "records have the id of another"
        ),
        (
            """
            SELECT count(*) FROM usage_record AS once WHERE occurrence = 0 AND EXISTS (
                SELECT 1 FROM usage_record AS more WHERE more.hour = once.hour
                    AND more.series = once.series AND more.occurrence > 0)
            """,
            "hours that have one record have others as well"
        ),
        (
            "SELECT count(*) FROM client_token "
                + "WHERE record_id NOT IN (SELECT id FROM usage_record)",
            "client tokens were answered with a record that is not there"
        ),
    ]

    private func number(
        _ sql: String, on connection: OpaquePointer
    ) throws(SQLiteFailure) -> Int {
        let statement = try Statement(sql, on: connection)
        return try statement.step() ? Int(statement.integer(0)) : 0
    }

    private mutating func checkAllocations(on connection: OpaquePointer) throws(SQLiteFailure) {
        let rows = try Statement(
            "SELECT quantity, allocations FROM usage_record WHERE allocations IS NOT NULL",
            on: connection)
        var bad = 0
        while try rows.step() {
            var sum = QuantitySum()
            for allocation in (try? AllocationText.decode(rows.optionalText(1))) ?? [] {
                sum += allocation.quantity
            }
            if sum != QuantitySum(Quantity(millionths: rows.integer(0))) { bad += 1 }
        }
        if bad > 0 { findings.append("\(bad) records have allocations that do not sum to them") }
    }

    private mutating func checkFacts(on connection: OpaquePointer) throws(SQLiteFailure) {
        let rows = try Statement("SELECT kind, id, body FROM catalog", on: connection)
        while try rows.step() {
            facts += 1
            let kind = CatalogFact.Kind(rawValue: rows.text(0))
            if kind.flatMap({ try? CatalogFact(kind: $0, body: rows.text(2)) }) == nil {
                findings.append("the \(rows.text(0)) \(rows.text(1)) cannot be read")
            }
        }
    }
}
