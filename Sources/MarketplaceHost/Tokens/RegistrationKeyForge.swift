import AWSWire
import CryptoExtras
import FoundationEssentials
package import Marketplace
package import MeteringAPI
import NIOPosix
import Synchronization
import Waiting

/// Makes the key pairs of RegisterUsage and signs with them.
///
/// Both take long (a key of 3,072 bits up to seconds), so neither runs on Swift's cooperative
/// threads; a key is made at its first use.
package final class RegistrationKeyForge: Sendable {
    private let state: MarketplaceState
    /// Keys are made one after the other.
    private let gate = SerialGate()
    private let parsed = Mutex([String: _RSA.Signing.PrivateKey]())

    /// Bits of a key, as in the keys that AWS gives sellers.
    private static let bits = _RSA.Signing.KeySize(bitCount: 3072)

    package init(state: MarketplaceState) {
        self.state = state
    }

    /// The key with its PEM texts, made and saved when it has none yet.
    package func ready(_ key: RegistrationKey) async throws -> RegistrationKey {
        if key.privateKeyPEM != nil { return key }
        return try await gate.run {
            // Whoever waited for the same key finds it made.
            let known = try await self.state.store.facts(.key(CatalogFact.signingKey(key).key))
            if case .signingKey(let known)? = known.first, known.privateKeyPEM != nil {
                return known
            }
            return try await self.make(key)
        }
    }

    private func make(_ key: RegistrationKey) async throws -> RegistrationKey {
        let pair = try await NIOThreadPool.singleton.runIfActive {
            try _RSA.Signing.PrivateKey(keySize: Self.bits)
        }
        let query = FactQuery.key(CatalogFact.signingKey(key).key)
        return try await state.edit(lookingUp: { _, _ in [query] }) { edit in
            let current = edit.catalog.signingKey(of: key.productCode, version: key.version)
            guard var current else { throw MissingKey() }
            // Another server may have made it meanwhile, and signed with it.
            guard current.privateKeyPEM == nil else { return current }
            current.privateKeyPEM = pair.pemRepresentation
            current.publicKeyPEM = pair.publicKey.pemRepresentation
            edit.put(.signingKey(current))
            return current
        }
    }

    /// The product was forgotten while its key was made.
    private struct MissingKey: Error {}

    /// A JWT over the claims, signed with PS256.
    package func sign(
        _ claims: RegistrationClaims, with key: RegistrationKey
    ) async throws -> String {
        let privateKey = try privateKey(key.privateKeyPEM ?? "")
        let input = claims.signingInput
        return try await NIOThreadPool.singleton.runIfActive {
            let signature = try privateKey.signature(
                for: Data(input.utf8), padding: .PSS)
            return "\(input).\(Base64URL.text(signature.rawRepresentation))"
        }
    }

    private func privateKey(_ pem: String) throws -> _RSA.Signing.PrivateKey {
        if let key = parsed.withLock({ $0[pem] }) { return key }
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: pem)
        parsed.withLock { parsed in
            if parsed.count >= HostLimits.parsedKeys { parsed.removeAll() }
            parsed[pem] = key
        }
        return key
    }
}

/// What the answer to RegisterUsage says; verifiers read these names in lower camel case.
package struct RegistrationClaims: Sendable, Hashable {
    package var productCode: String
    package var publicKeyVersion: Int
    package var nonce: String?
    package var issuedAt: Timestamp

    package init(
        productCode: String, publicKeyVersion: Int, nonce: String?, issuedAt: Timestamp
    ) {
        self.productCode = productCode
        self.publicKeyVersion = publicKeyVersion
        self.nonce = nonce
        self.issuedAt = issuedAt
    }

    /// Header and claims as a JWT begins.
    fileprivate var signingInput: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("productCode", productCode)
            writer.member("publicKeyVersion", Int64(publicKeyVersion))
            writer.member("nonce", nonce)
            writer.member("iat", issuedAt.seconds)
        }
        let header = Base64URL.text(Array(#"{"alg":"PS256","typ":"JWT"}"#.utf8))
        return "\(header).\(Base64URL.text(writer.bytes))"
    }
}

/// Base64 with the alphabet of URLs and without padding (RFC 7515).
private enum Base64URL {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(bytes).base64EncodedString()
        return String(
            text.compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
