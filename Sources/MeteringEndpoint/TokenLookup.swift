package import Marketplace
package import MarketplaceHost
import WebServer

extension TokenText {
    /// Looks a token up by its hash; where there is none, by what it may have been before a
    /// client spoiled it, for the hint.
    package static func find(
        _ text: String, in store: any MarketplaceStore
    ) async throws(StoreError) -> ResolveCustomerRules.Finding {
        func token(_ text: String) async throws(StoreError) -> RegistrationToken? {
            let key = CatalogFact.Key(.registrationToken, digest(of: text))
            guard case .registrationToken(let token)? = try await store.facts(.key(key)).first
            else { return nil }
            return token
        }
        if let found = try await token(text) { return .known(found) }
        if let decoded = PercentEncoding.decoded(text), let found = try await token(decoded) {
            return .knownAfterDecoding(found)
        }
        if text.utf8.contains(UInt8(ascii: " ")),
            let found = try await token(String(text.map { $0 == " " ? "+" : $0 }))
        {
            return .knownWithPlusSigns(found)
        }
        return .unknown
    }
}
