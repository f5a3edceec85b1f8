package import DurableFile
import FoundationEssentials
import GRDB
import GRDBSQLite
import Marketplace
import MeteringAPI
import StoredForms

/// What is wrong with a data file, and how much is in it.
package struct DataFileCheck: Sendable {
    /// Sentences, each about one kind of damage; none where the file is sound.
    package private(set) var findings: [String] = []
    package private(set) var records = 0
    /// Accounts, products, agreements and what else the catalog has.
    package private(set) var facts = 0

    /// Checks a data file that no server uses; it writes nothing, neither to it nor beside it.
    package init(path: String) throws(OpenError) {
        guard FileManager.default.fileExists(atPath: path) else { throw OpenError.missing(path) }
        try checkKind(ofFileAt: path)
        let file = try realPath(of: path)
        let lock = try FileLock(forFileAt: file, isForWriting: false)
        defer { lock.release() }
        do {
            let log = try LogCheck(ofLogAt: file + "-wal")
            self =
                switch try FirstPage(ofFileAt: file, of: FileFormat.kind, with: log) {
                case .empty: throw OpenError.empty(path)
                case .damaged: Self(finding: "page 1 is not what was written")
                case .unchecked: try Self(uncheckedFileAt: file)
                case .checked: try Self(checkedFileAt: file, log)
                }
        } catch {
            throw OpenError(error, at: path)
        }
    }

    /// Checks a file whose pages carry no checksums, and which is locked.
    init(uncheckedFileAt path: String) throws {
        // A log of an earlier version may have more behind its end than a crash leaves.
        let log = try LogCheck(ofLogAt: path + "-wal")
        if let damage = log.damage {
            findings.append("the log does not fit \(damage)")
        }
        let image = try FileImage(ofFileAt: path, with: log, checksPages: false)
        if findings.isEmpty { try checkTables(of: image) }
    }

    private init(checkedFileAt path: String, _ log: LogCheck) throws {
        if let damage = log.damage {
            findings.append("the log is not what was written, \(damage)")
        }
        let image = try FileImage(ofFileAt: path, with: log)
        findings += try image.damagedPages()
        // The rest would only say again, in other words, that pages are broken.
        if findings.isEmpty { try checkTables(of: image) }
    }

    private init(finding: String) {
        findings = [finding]
    }

    private mutating func checkTables(of image: FileImage) throws {
        self = try image.read { database, connection in
            try FileFormat.kind.inspect(database, ofFileAt: image.path)
            var check = self
            try check.run(on: connection)
            return check
        }
    }

    private mutating func run(on connection: OpaquePointer) throws(SQLiteFailure) {
        let pages = try PreparedStatement("PRAGMA integrity_check(20)", on: connection)
        while try pages.step() {
            if pages.text(0) != "ok" { findings.append("SQLite: \(pages.text(0))") }
        }
        guard findings.isEmpty else { return }
        // Earlier formats lack some of the tables.
        if try Self.has("usage_run", on: connection) {
            let usage = try UsageCheck(on: connection)
            findings += usage.findings
            records = usage.records
            try checkFacts(on: connection)
        }
        if try Self.has("catalog_by_owner", on: connection) { try checkPlaces(on: connection) }
        if try Self.has("event", on: connection) {
            try checkEvents(on: connection)
            findings += try DeliveryTable.findings(on: connection)
        }
        if try Self.has("catalog_revision", on: connection) {
            findings += try RevisionMark.findings(on: connection)
            findings += try ClaimTable.findings(on: connection)
        }
    }

    private static func has(
        _ table: String, on connection: OpaquePointer
    ) throws(SQLiteFailure) -> Bool {
        let rows = try PreparedStatement(
            "SELECT 1 FROM sqlite_schema WHERE name = ?", on: connection)
        rows.bind(1, table)
        return try rows.step()
    }

    private mutating func checkEvents(on connection: OpaquePointer) throws(SQLiteFailure) {
        let rows = try PreparedStatement("SELECT number, body, checksum FROM event", on: connection)
        while try rows.step() {
            if CatalogTable.checksum(event: rows.text(1)) != rows.integer(2)
                || (try? MarketplaceEvent(storedForm: rows.text(1))) == nil
            {
                findings.append("event \(rows.integer(0)) is not what was written")
            }
        }
    }

    private mutating func checkPlaces(on connection: OpaquePointer) throws(SQLiteFailure) {
        let rows = try PreparedStatement(
            "SELECT kind, id, body, owner, moment, is_assumed FROM catalog", on: connection)
        while try rows.step() {
            let kind = CatalogFact.Kind(rawValue: rows.text(0))
            guard let fact = kind.flatMap({ try? CatalogFact(kind: $0, storedForm: rows.text(2)) }),
                FactPlaces(fact) != FactPlaces(rows, from: 3)
            else { continue }
            findings.append(
                "by what the \(rows.text(0)) \(rows.text(1)) is found is not what was written")
        }
    }

    private mutating func checkFacts(on connection: OpaquePointer) throws(SQLiteFailure) {
        let rows = try PreparedStatement(
            "SELECT kind, id, body, checksum FROM catalog", on: connection)
        while try rows.step() {
            facts += 1
            let (kind, id, body) = (rows.text(0), rows.text(1), rows.text(2))
            if CatalogTable.checksum(kind: kind, id: id, body: body) != rows.integer(3) {
                findings.append("the \(kind) \(id) is not what was written")
            } else if CatalogFact.Kind(rawValue: kind)
                .flatMap({ try? CatalogFact(kind: $0, storedForm: body) }) == nil
            {
                findings.append("the \(kind) \(id) cannot be read")
            }
        }
    }
}
