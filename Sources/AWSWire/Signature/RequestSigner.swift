import Crypto
package import MeteringAPI
import Synchronization

/// Signs requests by Signature Version 4, step by step, so that each step can be compared.
package struct RequestSigner: Sendable {
    package var accessKeyID: String
    package var secretAccessKey: String
    package var region: String
    package var service: String

    package init(accessKeyID: String, secretAccessKey: String, region: String, service: String) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.region = region
        self.service = service
    }

    /// The steps from request to signature.
    package struct Steps: Sendable {
        package var canonicalRequest: [UInt8]
        package var stringToSign: [UInt8]
        package var signature: String
        package var authorization: String
    }

    /// Signs all headers of the request, which must hold the date.
    package func sign(
        _ request: SignableRequest, payload: [UInt8], at time: Timestamp
    ) -> Steps {
        let names = Set(request.headers.map { $0.name.lowercased() })
        let signedHeaders = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let payloadHash = Hexadecimal.digits(of: SHA256.hash(data: payload))
        let canonical = request.canonical(
            signedHeaders: signedHeaders, payloadHash: payloadHash)
        let date = AmzDate.text(time)
        let scope = CredentialScope(
            date: String(date.prefix(8)), region: region, service: service)
        let stringToSign = StringToSign.bytes(date: date, scope: scope, canonical: canonical)
        let key = SignatureKey.derive(secretAccessKey: secretAccessKey, scope: scope)
        let signature = String(
            decoding: Hexadecimal.digits(
                of: HMAC<SHA256>.authenticationCode(for: stringToSign, using: key)),
            as: UTF8.self)
        let authorization =
            "\(AuthorizationHeader.algorithm) "
            + "Credential=\(accessKeyID)/\(scope.description), "
            + "SignedHeaders=\(signedHeaders.joined(separator: ";")), Signature=\(signature)"
        return Steps(
            canonicalRequest: canonical, stringToSign: stringToSign, signature: signature,
            authorization: authorization)
    }
}

/// What the signature is made over.
enum StringToSign {
    static func bytes(date: String, scope: CredentialScope, canonical: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(contentsOf: AuthorizationHeader.algorithm.utf8)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: date.utf8)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: scope.description.utf8)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: Hexadecimal.digits(of: SHA256.hash(data: canonical)))
        return text
    }
}

/// The key of a secret for one day, region and service.
enum SignatureKey {
    static func derive(secretAccessKey: String, scope: CredentialScope) -> SymmetricKey {
        var key = SymmetricKey(data: Array(("AWS4" + secretAccessKey).utf8))
        for part in [scope.date, scope.region, scope.service, CredentialScope.terminator] {
            key = SymmetricKey(
                data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        return key
    }
}

/// Signing keys that were derived before, ready to sign with: four HMACs a request are saved, and
/// the beginning of the fifth.
final class SignatureKeyCache: Sendable {
    private struct Name: Hashable {
        let accessKeyID: ExactText
        let scope: CredentialScope
    }

    private struct Entry {
        /// A secret that was replaced under the same id must not be served by its old key.
        let secretAccessKey: String
        let authenticator: HMAC<SHA256>
    }

    private let entries = Mutex([Name: Entry]())

    /// Keys that are kept; then all are forgotten and derived again.
    static let capacity = 4096

    func authenticator(
        accessKeyID: String, secretAccessKey: String, scope: CredentialScope
    ) -> HMAC<SHA256> {
        let name = Name(accessKeyID: ExactText(accessKeyID), scope: scope)
        let known = entries.withLock { $0[name] }
        if let known, known.secretAccessKey.hasSameBytes(as: secretAccessKey) {
            return known.authenticator
        }
        let authenticator = HMAC<SHA256>(
            key: SignatureKey.derive(secretAccessKey: secretAccessKey, scope: scope))
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[name] = Entry(secretAccessKey: secretAccessKey, authenticator: authenticator)
        }
        return authenticator
    }
}
