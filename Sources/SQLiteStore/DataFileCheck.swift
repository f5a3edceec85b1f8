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
        let usage = try UsageCheck(on: connection)
        findings += usage.findings
        records = usage.records
        try checkFacts(on: connection)
        try checkEvents(on: connection)
        findings += try DeliveryTable.findings(on: connection)
    }

    private mutating func checkEvents(on connection: OpaquePointer) throws(SQLiteFailure) {
        let rows = try Statement("SELECT number, body, checksum FROM event", on: connection)
        while try rows.step() {
            if CatalogTable.checksum(event: rows.text(1)) != rows.integer(2)
                || (try? MarketplaceEvent(storedBody: rows.text(1))) == nil
            {
                findings.append("event \(rows.integer(0)) is not what was written")
            }
        }
    }

    private mutating func checkFacts(on connection: OpaquePointer) throws(SQLiteFailure) {
        let rows = try Statement("SELECT kind, id, body, checksum FROM catalog", on: connection)
        while try rows.step() {
            facts += 1
            let (kind, id, body) = (rows.text(0), rows.text(1), rows.text(2))
            if CatalogTable.checksum(kind: kind, id: id, body: body) != rows.integer(3) {
                findings.append("the \(kind) \(id) is not what was written")
            } else if CatalogFact.Kind(rawValue: kind)
                .flatMap({ try? CatalogFact(kind: $0, body: body) }) == nil
            {
                findings.append("the \(kind) \(id) cannot be read")
            }
        }
    }
}
