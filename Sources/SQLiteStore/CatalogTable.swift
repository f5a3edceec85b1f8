import FoundationEssentials
import Marketplace

/// The facts of the catalog.
///
/// Used on the writing connection only.
struct CatalogTable {
    private let put: Statement
    private let remove: Statement

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        put = try Statement(
            "INSERT OR REPLACE INTO catalog (kind, id, body, checksum) VALUES (?, ?, ?, ?)",
            on: connection)
        remove = try Statement(
            "DELETE FROM catalog WHERE kind = ? AND id = ?", on: connection)
    }

    func apply(_ change: StoredChange) throws(SQLiteFailure) {
        let statement = change.body == nil ? remove : put
        statement.bind(1, change.key.kind.rawValue)
        statement.bind(2, change.key.id)
        if let body = change.body {
            statement.bind(3, body)
            statement.bind(
                4, Self.checksum(kind: change.key.kind.rawValue, id: change.key.id, body: body))
        }
        try statement.run()
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

/// A change of the catalog as it is written: what it is about, and the fact as JSON, or nil to
/// remove it.
///
/// Made before the change queues up, so that the writer only writes.
struct StoredChange: Sendable {
    let key: CatalogFact.Key
    let body: String?

    /// Nil for the removal of what cannot be removed.
    init?(_ change: CatalogChange) throws {
        switch change {
        case .put(let fact):
            key = fact.key
            body = String(decoding: try fact.encoded(), as: UTF8.self)
        case .remove(let key):
            guard key.kind.isRemovable else { return nil }
            self.key = key
            body = nil
        }
    }
}

extension CatalogFact {
    fileprivate func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return switch self {
        case .account(let fact): try encoder.encode(fact)
        case .product(let fact): try encoder.encode(fact)
        case .agreement(let fact): try encoder.encode(fact)
        case .credential(let fact): try encoder.encode(fact)
        case .registrationToken(let fact): try encoder.encode(fact)
        case .signingKey(let fact): try encoder.encode(fact)
        case .registeredWorkload(let fact): try encoder.encode(fact)
        case .clock(let fact): try encoder.encode(fact)
        }
    }

    /// Reads a fact back; what a later version added to its type is absent, not wrong.
    init(kind: Kind, body: String) throws {
        let decoder = JSONDecoder()
        let data = Data(body.utf8)
        self =
            switch kind {
            case .account: .account(try decoder.decode(Account.self, from: data))
            case .product: .product(try decoder.decode(Product.self, from: data))
            case .agreement: .agreement(try decoder.decode(Agreement.self, from: data))
            case .credential: .credential(try decoder.decode(Credential.self, from: data))
            case .registrationToken:
                .registrationToken(try decoder.decode(RegistrationToken.self, from: data))
            case .signingKey: .signingKey(try decoder.decode(SigningKey.self, from: data))
            case .registeredWorkload:
                .registeredWorkload(try decoder.decode(RegisteredWorkload.self, from: data))
            case .clock: .clock(try decoder.decode(MarketplaceClock.self, from: data))
            }
    }
}
