import Dispatch
import DurableFile
import GRDBSQLite
import Marketplace
import StoredForms
import Synchronization

/// A catalog that is read from a data file.
///
/// One thread reads the rows and turns them into facts, another puts those into the catalog: each
/// takes about as long, and with millions of facts a start is mostly that.
final class CatalogLoading: Sendable {
    private let catalog: Mutex<Catalog>
    private let part = Mutex<[StoredFact]>([])
    private let putting = DispatchQueue(label: "CatalogLoading")
    /// Bounds what is read and not yet put.
    private let room = DispatchSemaphore(value: StoreLimits.partsInMemory)

    init(_ revision: CatalogRevision) {
        var catalog = Catalog()
        catalog.revision = revision
        self.catalog = Mutex(catalog)
    }

    /// Takes in the next row.
    func add(_ row: StoredFact) throws {
        let whole = part.withLock { part -> [StoredFact]? in
            part.append(row)
            guard part.count == StoreLimits.elementsAtOnce else { return nil }
            defer { part = [] }
            return part
        }
        if let whole { try put(whole) }
    }

    /// Puts the rest, and gives the whole.
    func finish() throws -> Catalog {
        try put(part.withLock(\.self))
        putting.sync {}
        return catalog.withLock(\.self)
    }

    private func put(_ rows: [StoredFact]) throws {
        let facts = try rows.map { try $0.fact() }
        room.wait()
        putting.async { [self] in
            catalog.withLock { catalog in
                for fact in facts { catalog.put(fact) }
            }
            room.signal()
        }
    }
}

/// A row of the catalog.
struct StoredFact: Sendable {
    private let kind: String
    private let id: String
    private let body: String
    private let checksum: Int64

    init(_ row: PreparedStatement) {
        kind = row.text(0)
        id = row.text(1)
        body = row.text(2)
        checksum = row.integer(3)
    }

    func fact() throws(SQLiteFailure) -> CatalogFact {
        guard CatalogTable.checksum(kind: kind, id: id, body: body) == checksum else {
            throw SQLiteFailure(
                code: SQLITE_CORRUPT, message: "the \(kind) \(id) is not what was written")
        }
        guard let kind = CatalogFact.Kind(rawValue: kind) else {
            throw SQLiteFailure(code: SQLITE_CORRUPT, message: "unknown kind of fact \(kind)")
        }
        do {
            return try CatalogFact(kind: kind, storedForm: body)
        } catch {
            throw SQLiteFailure(
                code: SQLITE_CORRUPT,
                message: "the \(kind.rawValue) \(id) cannot be read: \(error)")
        }
    }
}
