import DurableFile
import Marketplace
import StoredForms

/// The facts of the catalog, and the events that tell of their changes.
///
/// Used on the writing connection only.
struct CatalogTable {
    private let put: PreparedStatement
    private let remove: PreparedStatement
    private let publish: PreparedStatement
    let deliveries: DeliveryTable

    static let columns = "kind, id, body, checksum"

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        put = try PreparedStatement(
            """
            INSERT OR REPLACE INTO catalog (\(Self.columns), owner, moment, is_assumed)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """, on: connection)
        remove = try PreparedStatement(
            "DELETE FROM catalog WHERE kind = ? AND id = ?", on: connection)
        publish = try PreparedStatement(
            "INSERT INTO event (body, checksum) VALUES (?, ?)", on: connection)
        deliveries = try DeliveryTable(on: connection)
    }

    func apply(_ change: StoredChange) throws(SQLiteFailure) {
        switch change {
        case .put(let key, let body, let places):
            bind(key, to: put)
            put.bind(3, body)
            put.bind(4, Self.checksum(kind: key.kind.rawValue, id: key.id, body: body))
            places.bind(to: put, at: 5)
            try put.run()
        case .remove(let key):
            bind(key, to: remove)
            try remove.run()
            if key.kind == .eventTarget { try deliveries.forget(target: key.id) }
        case .publish(let body, let planned):
            publish.bind(1, body)
            publish.bind(2, Self.checksum(event: body))
            try publish.run()
            let event = publish.insertedRow
            for delivery in planned { try deliveries.add(delivery, of: event) }
        }
    }

    private func bind(_ key: CatalogFact.Key, to statement: PreparedStatement) {
        statement.bind(1, key.kind.rawValue)
        statement.bind(2, key.id)
    }

    /// What is stored beside an event.
    static func checksum(event body: String) -> Int64 {
        var checksum = Checksum()
        checksum.add(body)
        return checksum.value
    }

    /// What is stored beside a fact.
    static func checksum(kind: String, id: String, body: String) -> Int64 {
        var checksum = Checksum()
        checksum.add(kind)
        checksum.add(id)
        checksum.add(body)
        return checksum.value
    }
}

/// A change of the catalog as it is written, with what it puts as JSON.
///
/// Made before the change queues up, so that the writer only writes.
enum StoredChange: Sendable {
    case put(CatalogFact.Key, String, FactPlaces)
    case remove(CatalogFact.Key)
    case publish(String, [PlannedDelivery])

    /// Nil for the removal of what cannot be removed.
    init?(_ change: CatalogChange) throws {
        switch change {
        case .put(let fact):
            self = .put(fact.key, try fact.storedForm(), FactPlaces(fact))
        case .remove(let key):
            guard key.kind.isRemovable else { return nil }
            self = .remove(key)
        case .publish(let event, let deliveries):
            self = .publish(event.storedForm(), deliveries)
        }
    }

    /// The key of the fact that is put or removed; nil for what is no fact of the catalog.
    var key: CatalogFact.Key? {
        switch self {
        case .put(let key, _, _), .remove(let key): key
        case .publish: nil
        }
    }
}

extension [CatalogChange] {
    /// The changes without puts of facts that a later one puts again.
    ///
    /// A seed file makes agreements that begin at once: each is put twice. What is removed stays
    /// removed in between, because other rows may go with it.
    var lastOfEachFact: [CatalogChange] {
        guard count > 1 else { return self }
        var seen = Set<CatalogFact.Key>(minimumCapacity: count)
        var kept: [CatalogChange] = []
        kept.reserveCapacity(count)
        for change in reversed() {
            switch change {
            case .put(let fact): guard seen.insert(fact.key).inserted else { continue }
            case .remove(let key): seen.remove(key)
            case .publish: break
            }
            kept.append(change)
        }
        kept.reverse()
        return kept
    }
}
