import DurableFile
import GRDBSQLite
import Marketplace

/// Which facts of the catalog were changed by each of the last revisions.
///
/// Used on the writing connection only.
struct CatalogLog {
    private let insert: PreparedStatement
    private let remove: PreparedStatement

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        insert = try PreparedStatement(
            """
            INSERT OR REPLACE INTO catalog_change (revision, kind, id, checksum)
            VALUES (?, ?, ?, ?)
            """, on: connection)
        remove = try PreparedStatement(
            "DELETE FROM catalog_change WHERE revision <= ?", on: connection)
    }

    func add(_ key: CatalogFact.Key, _ revision: CatalogRevision) throws(SQLiteFailure) {
        insert.bind(1, revision.number)
        insert.bind(2, key.kind.rawValue)
        insert.bind(3, key.id)
        insert.bind(4, Self.checksum(revision.number, key.kind.rawValue, key.id))
        try insert.run()
    }

    /// Forgets what was changed by a revision and those before it.
    func forget(through revision: Int64) throws(SQLiteFailure) {
        remove.bind(1, revision)
        try remove.run()
    }

    /// The keys of the facts that were changed after a revision, each once.
    static func keys(
        after revision: Int64, on connection: OpaquePointer
    ) throws(SQLiteFailure) -> [CatalogFact.Key] {
        let rows = try PreparedStatement(
            "SELECT revision, kind, id, checksum FROM catalog_change WHERE revision > ?",
            on: connection)
        rows.bind(1, revision)
        var keys: Set<CatalogFact.Key> = []
        while try rows.step() {
            guard checksum(rows.integer(0), rows.text(1), rows.text(2)) == rows.integer(3),
                let kind = CatalogFact.Kind(rawValue: rows.text(1))
            else {
                throw SQLiteFailure(
                    code: SQLITE_CORRUPT,
                    message: "the changes of revision \(rows.integer(0)) are not what was written")
            }
            keys.insert(CatalogFact.Key(kind, rows.text(2)))
        }
        return Array(keys)
    }

    static func checksum(_ revision: Int64, _ kind: String, _ id: String) -> Int64 {
        var checksum = Checksum()
        checksum.add(revision)
        checksum.add(kind)
        checksum.add(id)
        return checksum.value
    }
}
