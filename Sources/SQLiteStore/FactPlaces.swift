import DurableFile
import GRDB
import GRDBSQLite
import Marketplace
import MeteringAPI
import StoredForms

/// By what a fact is found that is looked up; a row of the catalog has it beside the fact.
struct FactPlaces: Sendable, Hashable {
    let owner: String?
    /// In milliseconds since 1970.
    let moment: Int64?
    let isAssumed: Bool

    init(_ fact: CatalogFact) {
        owner = fact.owner
        moment = fact.moment?.milliseconds
        isAssumed = fact.isAssumedWorkload
    }

    /// The places in a row, from a column on.
    init(_ row: PreparedStatement, from column: Int32) {
        owner = row.optionalText(column)
        moment = row.optionalInteger(column + 1)
        isAssumed = row.integer(column + 2) != 0
    }

    /// Binds the places to three parameters, from a position on.
    func bind(to statement: PreparedStatement, at position: Int32) {
        statement.bind(position, owner)
        if let moment {
            statement.bind(position + 1, moment)
        } else {
            statement.bind(position + 1, nil as String?)
        }
        statement.bind(position + 2, isAssumed ? 1 as Int64 : 0)
    }
}

extension CatalogTable {
    /// Says of the facts in a file of an earlier format, or in one that was repaired, by what they
    /// are found.
    static func fillIndexes(_ database: Database) throws {
        let connection = try database.pointer
        try fillIndexes(on: connection)
    }

    static func fillIndexes(on connection: OpaquePointer) throws {
        for kind in CatalogFact.Kind.allCases where kind.isLookedUp {
            let rows = try PreparedStatement(
                "SELECT id, body FROM catalog WHERE kind = ?", on: connection)
            rows.bind(1, kind.rawValue)
            var places: [(id: String, places: FactPlaces)] = []
            while try rows.step() {
                // One that cannot be read stays as it is, and is named by whoever reads it.
                guard let fact = try? CatalogFact(kind: kind, storedForm: rows.text(1)) else {
                    continue
                }
                places.append((rows.text(0), FactPlaces(fact)))
            }
            let update = try PreparedStatement(
                """
                UPDATE catalog SET owner = ?, moment = ?, is_assumed = ? WHERE kind = ? AND id = ?
                """, on: connection)
            for (id, places) in places {
                places.bind(to: update, at: 1)
                update.bind(4, kind.rawValue)
                update.bind(5, id)
                try update.run()
            }
        }
    }
}
