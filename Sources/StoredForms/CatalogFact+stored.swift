import AWSWire
import FoundationEssentials
package import Marketplace
import MeteringAPI

// What durable stores keep as bytes: JSON with the members of the type, by their names in Swift. A
// member that is nil is absent; what a later version adds is absent in what an earlier one wrote,
// and passed over where an earlier one reads it.
//
// What there is one of for every buyer or change is written and read by hand, because Codable
// takes twenty times as long: accounts, agreements, products and events. The texts are those that
// Codable made of them in version 0.1, and what was added since.

extension CatalogFact {
    /// The fact as it is stored; the same fact is the same text.
    package func storedForm() throws -> String {
        switch self {
        case .account(let fact): return text { $0.account(fact) }
        case .product(let fact): return text { $0.product(fact) }
        case .agreement(let fact): return text { $0.agreement(fact) }
        case .credential(let fact): return try encoded(fact)
        case .registrationToken(let fact): return try encoded(fact)
        case .signingKey(let fact): return try encoded(fact)
        case .registeredWorkload(let fact): return try encoded(fact)
        case .clock(let fact): return try encoded(fact)
        case .settings(let fact): return try encoded(fact)
        case .eventTarget(let fact): return try encoded(fact)
        }
    }

    /// Reads a fact back.
    package init(kind: Kind, storedForm text: String) throws {
        self =
            switch kind {
            case .account: .account(try Account(stored: root(of: text)))
            case .product: .product(try Product(stored: root(of: text)))
            case .agreement: .agreement(try Agreement(stored: root(of: text)))
            case .credential: .credential(try decoded(text))
            case .registrationToken: .registrationToken(try decoded(text))
            case .signingKey: .signingKey(try decoded(text))
            case .registeredWorkload: .registeredWorkload(try decoded(text))
            case .clock: .clock(try decoded(text))
            case .settings: .settings(try decoded(text))
            case .eventTarget: .eventTarget(try decoded(text))
            }
    }
}

extension MarketplaceEvent {
    /// The event as it is stored.
    package func storedForm() -> String { text { $0.event(self) } }

    /// Reads an event back.
    package init(storedForm text: String) throws {
        try self.init(stored: root(of: text))
    }
}

private func text(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter(capacity: 1024)
    write(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
}

private func root(of text: String) throws(StoredFormFailure) -> JSONValue {
    do throws(JSONSyntaxError) {
        return try JSONDocument(parsing: Array(text.utf8)).root
    } catch {
        throw StoredFormFailure("it is no JSON: \(error)")
    }
}

private func encoded(_ fact: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(fact), as: UTF8.self)
}

private func decoded<Fact: Decodable>(_ text: String) throws -> Fact {
    try JSONDecoder().decode(Fact.self, from: Data(text.utf8))
}
