import DurableFile
import GRDBSQLite
package import Marketplace
import MeteringAPI
import StoredForms

extension SQLiteStore {
    package func loadCatalog() async throws(StoreError) -> Catalog {
        try await read("the catalog") { connection in
            let loading = CatalogLoading(try RevisionMark.stored(on: connection))
            let rows = try PreparedStatement(
                "SELECT \(CatalogTable.columns) FROM catalog WHERE kind = ?", on: connection)
            for kind in try CatalogTable.kinds(on: connection)
            where CatalogFact.Kind(rawValue: kind)?.isLookedUp != true {
                rows.bind(1, kind)
                var part: [CatalogFact] = []
                while try rows.step() {
                    part.append(try rows.fact())
                    guard part.count == StoreLimits.elementsAtOnce else { continue }
                    loading.put(part)
                    part = []
                }
                loading.put(part)
                rows.reset()
            }
            return loading.finish()
        }
    }

    package func facts(_ query: FactQuery) async throws(StoreError) -> [CatalogFact] {
        try await read("the facts of the catalog") { connection in
            let rows = try PreparedStatement(query, on: connection)
            var facts: [CatalogFact] = []
            while try rows.step() { facts.append(try rows.fact()) }
            return facts
        }
    }

    package func assumedWorkloads() async throws(StoreError) -> Int {
        try await read("the workloads") { connection in
            let rows = try PreparedStatement(
                "SELECT count(*) FROM catalog WHERE is_assumed = 1", on: connection)
            return try rows.step() ? Int(rows.integer(0)) : 0
        }
    }

    package func catalogChanges(
        after revision: CatalogRevision
    ) async throws(StoreError) -> CatalogUpdate? {
        try await read("what happened to the catalog") { connection in
            guard let (keys, current) = try RevisionMark.changes(after: revision, on: connection)
            else { return nil }
            let find = try PreparedStatement(
                "SELECT \(CatalogTable.columns) FROM catalog WHERE kind = ? AND id = ?",
                on: connection)
            var changes: [CatalogChange] = []
            for key in keys {
                find.bind(1, key.kind.rawValue)
                find.bind(2, key.id)
                defer { find.reset() }
                changes.append(try find.step() ? .put(try find.fact()) : .remove(key))
            }
            return CatalogUpdate(changes: changes, revision: current)
        }
    }
}

extension CatalogTable {
    /// The kinds of facts that there are; products first, because agreements share their codes.
    fileprivate static func kinds(
        on connection: OpaquePointer
    ) throws(SQLiteFailure) -> [String] {
        // Each is found by the index: there may be millions of facts of one.
        let next = try PreparedStatement(
            "SELECT kind FROM catalog WHERE kind > ? ORDER BY kind LIMIT 1", on: connection)
        var kinds: [String] = []
        while true {
            next.bind(1, kinds.last ?? "")
            defer { next.reset() }
            guard try next.step() else { break }
            kinds.append(next.text(0))
        }
        let products = CatalogFact.Kind.product.rawValue
        return kinds.filter { $0 == products } + kinds.filter { $0 != products }
    }
}

extension PreparedStatement {
    /// Finds the facts of a query.
    fileprivate convenience init(
        _ query: FactQuery, on connection: OpaquePointer
    ) throws(SQLiteFailure) {
        try self.init(
            "SELECT \(CatalogTable.columns) FROM catalog WHERE kind = ?1 \(query.condition)",
            on: connection)
        switch query {
        case .key(let key):
            bind(1, key.kind.rawValue)
            bind(2, key.id)
        case .owned(let kind, let owner):
            bind(1, kind.rawValue)
            bind(2, owner)
        case .due(let kind, let end, let limit):
            bind(1, kind.rawValue)
            bind(2, end.milliseconds)
            bind(3, Int64(limit))
        case .all(let kind, let id, let limit):
            bind(1, kind.rawValue)
            bind(2, id ?? "")
            bind(3, Int64(limit))
        }
    }

    /// The fact of a row of the catalog.
    fileprivate func fact() throws(SQLiteFailure) -> CatalogFact {
        let (kind, id, body) = (text(0), text(1), text(2))
        guard CatalogTable.checksum(kind: kind, id: id, body: body) == integer(3) else {
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

extension FactQuery {
    fileprivate var condition: String {
        switch self {
        case .key: "AND id = ?2"
        case .owned: "AND owner = ?2 ORDER BY id"
        case .due: "AND moment <= ?2 ORDER BY moment, id LIMIT ?3"
        case .all(_, nil, _): "AND id >= ?2 ORDER BY id LIMIT ?3"
        case .all: "AND id > ?2 ORDER BY id LIMIT ?3"
        }
    }
}
