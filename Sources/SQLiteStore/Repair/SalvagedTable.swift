import DurableFile
import Marketplace
import MeteringAPI
import StoredForms

/// A table of a damaged file: its columns, and what tells its rows from those of others.
struct SalvagedTable: Sendable {
    let name: String
    /// What a row is, in the plural.
    let what: String
    let columns: [String]
    /// The first of them that order the rows.
    private let keys: Int
    /// Whether a row of these columns is one that was written to this table.
    let isSound: @Sendable (PreparedStatement) -> Bool

    private init(
        _ name: String, _ what: String, _ columns: String, keys: Int = 1,
        isSound: @escaping @Sendable (PreparedStatement) -> Bool
    ) {
        self.name = name
        self.what = what
        self.columns = columns.split(separator: " ").map(String.init)
        self.keys = keys
        self.isSound = isSound
    }

    static let names = SalvagedTable("name", "names", "id text checksum") {
        // Names and events have the same columns and checksums.
        NameTable.checksum($0.text(1)) == $0.integer(2) && !isEvent($0.text(1))
    }
    static let runs = SalvagedTable(
        "usage_run", "runs of records", "id hour product region checksum records"
    ) { (try? UsageRun($0)) != nil }
    static let allocations = SalvagedTable(
        "usage_allocation", "allocations", "run position body checksum", keys: 2
    ) { row in
        let place = RecordPlace(run: row.integer(0), position: Int(row.integer(1)))
        return AllocationText.checksum(row.text(2), at: place) == row.integer(3)
    }

    static let changes = SalvagedTable(
        "catalog_change", "changes of the catalog", "revision kind id checksum", keys: 3
    ) { CatalogLog.checksum($0.integer(0), $0.text(1), $0.text(2)) == $0.integer(3) }

    /// The tables that are copied as they are, row by row.
    static let others = [
        SalvagedTable(
            "used_dimension", "dimensions with usage", "product dimension checksum", keys: 2
        ) { NameTable.checksum(product: $0.integer(0), dimension: $0.integer(1)) == $0.integer(2) },
        SalvagedTable(
            "client_token", "client tokens, whose requests may be recorded again,",
            "account_id resource_id region token request_digest record_id expires_at checksum",
            keys: 4
        ) { row in
            let (token, remembered) = TokenTable.token(in: row)
            return TokenTable.checksum(token, remembered) == row.integer(7)
        },
        SalvagedTable("catalog", "facts of the catalog", "kind id body checksum", keys: 2) { row in
            let (kind, id, body) = (row.text(0), row.text(1), row.text(2))
            return CatalogTable.checksum(kind: kind, id: id, body: body) == row.integer(3)
        },
        SalvagedTable("event", "events", "number body checksum") {
            CatalogTable.checksum(event: $0.text(1)) == $0.integer(2) && isEvent($0.text(1))
        },
        SalvagedTable(
            "delivery", "deliveries", "number event target state attempts time error checksum"
        ) { DeliveryTable.isSound($0) },
        SalvagedTable(
            "claim", "claims, whose targets may get an event twice,",
            "target claimant until checksum"
        ) { (try? ClaimTable.claim(in: $0)) != nil },
    ]

    private static func isEvent(_ text: String) -> Bool {
        (try? MarketplaceEvent(storedForm: text)) != nil
    }

    /// The rows in the order of their keys.
    func select(descending: Bool = false) -> String {
        let order = columns.prefix(keys).map { $0 + (descending ? " DESC" : "") }
        return "SELECT \(columns.joined(separator: ", ")) FROM \(name) ORDER BY "
            + order.joined(separator: ", ")
    }

    var insert: String {
        "INSERT OR IGNORE INTO \(name) (\(columns.joined(separator: ", "))) VALUES "
            + "(\(columns.map { _ in "?" }.joined(separator: ", ")))"
    }
}
