package import Marketplace
package import MarketplaceHost
import WebServer

extension TokenText {
    /// Looks a token up by its hash; where there is none, by what it may have been before a
    /// client spoiled it, for the hint.
    package static func find(_ text: String, in catalog: Catalog) -> ResolveCustomerRules.Finding {
        func token(_ text: String) -> RegistrationToken? {
            catalog.registrationTokens[digest(of: text)]
        }
        if let found = token(text) { return .known(found) }
        if let decoded = PercentEncoding.decoded(text), let found = token(decoded) {
            return .knownAfterDecoding(found)
        }
        if text.utf8.contains(UInt8(ascii: " ")),
            let found = token(String(text.map { $0 == " " ? "+" : $0 }))
        {
            return .knownWithPlusSigns(found)
        }
        return .unknown
    }
}
