import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI
import WebServer

/// Finds out who sent a request.
struct Authenticator: Sendable {
    let mode: AuthenticationMode
    private let verifier = SignatureVerifier()

    init(mode: AuthenticationMode) {
        self.mode = mode
    }

    struct Identity {
        let accessKeyID: String
        let region: String
        /// Whom the key stands for; nil for an unknown key where signatures are not checked.
        let caller: Caller?
    }

    func authenticate(
        _ request: PlainRequest, catalog: Catalog, real: Timestamp,
        otherClock: [ClosedRange<Timestamp>]
    ) throws(AuthenticationFailure) -> Identity {
        let signable = SignableRequest(request)
        let signatory: Signatory
        switch mode {
        case .trusting:
            signatory = try SignatureVerifier.trust(signable)
        case .verified:
            signatory = try verifier.verify(
                signable, body: request.body, real: real, otherClock: otherClock
            ) { id in
                catalog.credentials[id].map {
                    SigningCredential(
                        secretAccessKey: $0.secretAccessKey, sessionToken: $0.sessionToken,
                        expiresAt: $0.expiresAt)
                }
            }
        }
        return Identity(
            accessKeyID: signatory.accessKeyID, region: signatory.region,
            caller: catalog.credentials[signatory.accessKeyID]?.caller)
    }
}

extension Authenticator {
    /// Why a request is not taken for its sender's; of a wrong signature, what it should have been.
    func explanation(
        of failure: AuthenticationFailure, _ request: PlainRequest, in catalog: Catalog
    ) -> Explanation {
        var explanation = Explanation(rule: .authentication, reason: failure.hint)
        guard case .wrongSignature = failure else { return explanation }
        let signable = SignableRequest(request)
        guard let signatory = try? SignatureVerifier.trust(signable),
            let credential = catalog.credentials[signatory.accessKeyID]
        else { return explanation }
        let neighbours = catalog.credentials.values.lazy
            .filter { !$0.accessKeyID.hasSameBytes(as: credential.accessKeyID) }
            .prefix(ReadingLimits.neighbouringSecrets)
            .map {
                NeighbouringSecret(
                    accessKeyID: $0.accessKeyID, secretAccessKey: $0.secretAccessKey)
            }
        let found = verifier.mismatch(
            of: signable, body: request.body, secretAccessKey: credential.secretAccessKey,
            neighbours: Array(neighbours))
        guard let found else { return explanation }
        explanation.expectedSignature = ExpectedSignature(
            accessKeyID: credential.accessKeyID, canonicalRequest: found.canonicalRequest,
            stringToSign: found.stringToSign)
        explanation.reason =
            found.cause.map { "the signature does not fit: \($0)" }
            ?? failure.hint + "; none of the usual mistakes gives the signature that came"
        return explanation
    }
}

extension SignableRequest {
    /// HTTP libraries keep the host apart from the other headers; it is signed like them.
    fileprivate init(_ request: PlainRequest) {
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(request.headers.count + 1)
        if let authority = request.authority { headers.append((name: "host", value: authority)) }
        for field in request.headers {
            headers.append((name: field.name.canonicalName, value: field.value))
        }
        self.init(
            method: request.method.rawValue, path: request.path, query: request.query,
            headers: headers)
    }
}
