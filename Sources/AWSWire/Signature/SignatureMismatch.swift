import Crypto
import MeteringAPI

/// What a signature that does not fit should have been made of, and what it was made of, where that
/// can be told.
package struct SignatureMismatch: Sendable, Hashable {
    /// As AWS writes it; the session token in it is replaced.
    package var canonicalRequest: String
    package var stringToSign: String
    /// The mistake with which the very signature comes out that was sent, as a sentence; nil where
    /// none of the usual ones does.
    package var cause: String?
}

/// A secret of another access key, in case the client took that one.
package struct NeighbouringSecret: Sendable {
    let accessKeyID: String
    let secretAccessKey: String

    package init(accessKeyID: String, secretAccessKey: String) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }
}

extension SignatureVerifier {
    /// What a request that was refused with `wrongSignature` should have been signed as.
    ///
    /// The usual mistakes are tried, one at a time. Nil for a request without a signature.
    package func mismatch(
        of request: SignableRequest, body: [UInt8], secretAccessKey: String,
        neighbours: [NeighbouringSecret]
    ) -> SignatureMismatch? {
        guard let (header, _, date) = try? Self.authorization(of: request) else { return nil }
        let payload =
            request.header("X-Amz-Content-Sha256").map { Array($0.utf8) }
            ?? Hexadecimal.digits(of: SHA256.hash(data: body))
        let signed = SignedRequest(
            request: request, payload: payload, date: date, scope: header.scope,
            secretAccessKey: secretAccessKey, signedHeaders: header.signedHeaders)
        let cause = signed.mistakes(body: body, neighbours).first { _, mistaken in
            isEqualInConstantTime(mistaken.signature, Array(header.signature.utf8))
        }?.cause
        var shown = signed
        shown.hideToken()
        return SignatureMismatch(
            canonicalRequest: shown.canonicalRequest.shortened,
            stringToSign: String(decoding: signed.stringToSign, as: UTF8.self),
            cause: cause)
    }
}

/// All that a signature depends on.
private struct SignedRequest {
    var request: SignableRequest
    var payload: [UInt8]
    var date: String
    var scope: CredentialScope
    var secretAccessKey: String
    let signedHeaders: [String]
    /// In the place of the canonical path and query.
    var path: [UInt8]?
    var query: [UInt8]?

    var canonicalRequest: [UInt8] {
        request.canonical(
            signedHeaders: signedHeaders, payloadHash: payload, path: path, query: query)
    }

    var stringToSign: [UInt8] {
        StringToSign.bytes(date: date, scope: scope, canonical: canonicalRequest)
    }

    var signature: [UInt8] {
        let key = SignatureKey.derive(secretAccessKey: secretAccessKey, scope: scope)
        return Hexadecimal.digits(
            of: HMAC<SHA256>.authenticationCode(for: stringToSign, using: key))
    }

    mutating func hideToken() {
        for index in request.headers.indices
        where request.headers[index].name.equalsIgnoringCase("x-amz-security-token") {
            request.headers[index].value = "(not shown)"
        }
    }

    private func with(_ change: (inout SignedRequest) -> Void) -> SignedRequest {
        var copy = self
        change(&copy)
        return copy
    }

    private func host(_ host: String) -> SignedRequest {
        with { copy in
            for index in copy.request.headers.indices
            where copy.request.headers[index].name.equalsIgnoringCase("host") {
                copy.request.headers[index].value = host
            }
        }
    }

    /// What clients do wrong, with the request as they sign it then.
    func mistakes(
        body: [UInt8], _ neighbours: [NeighbouringSecret]
    ) -> [(cause: String, SignedRequest)] {
        secrets(neighbours) + hosts + uris + bodies(body) + scopes
    }

    private func secrets(
        _ neighbours: [NeighbouringSecret]
    ) -> [(cause: String, SignedRequest)] {
        let blanks = [" ", "\n", "\r", "\r\n", "\t"].flatMap { blank in
            [secretAccessKey + blank, blank + secretAccessKey]
        }
        return blanks.map { secret in
            (
                "the secret was used with a blank or line break around it",
                with { $0.secretAccessKey = secret }
            )
        }
            + neighbours.map { neighbour in
                (
                    "it was made with the secret of \(neighbour.accessKeyID)",
                    with { $0.secretAccessKey = neighbour.secretAccessKey }
                )
            }
    }

    private var hosts: [(cause: String, SignedRequest)] {
        let sent = request.header("Host") ?? ""
        let name = sent.lastIndex(of: ":").map { String(sent[..<$0]) } ?? sent
        let port = request.header("X-Forwarded-Port")
        let others = [name, "\(name):80", "\(name):443"] + (port.map { ["\(name):\($0)"] } ?? [])
        let forwarded = request.header("X-Forwarded-Host").map { [$0] } ?? []
        return (others + forwarded).filter { !$0.hasSameBytes(as: sent) }.map { other in
            (
                "the header Host was signed as '\(other)' and came as '\(sent)': a proxy changed "
                    + "it, or the client leaves the port out", host(other)
            )
        }
    }

    private var uris: [(cause: String, SignedRequest)] {
        let raw = Array(request.path.utf8)
        let encodedTwice = raw.flatMap { $0 == UInt8(ascii: "%") ? Array("%25".utf8) : [$0] }
        return [
            ("the path was signed as it is, and not normalised", with { $0.path = raw }),
            ("the path was encoded twice", with { $0.path = encodedTwice }),
            (
                "the query was signed in the order in which it was sent, and not sorted",
                with { $0.query = Array(request.query.utf8) }
            ), ("the query was left out", with { $0.query = [] }),
        ]
    }

    private func bodies(_ body: [UInt8]) -> [(cause: String, SignedRequest)] {
        func hashed(_ bytes: some Sequence<UInt8>) -> SignedRequest {
            with { $0.payload = Hexadecimal.digits(of: SHA256.hash(data: Array(bytes))) }
        }
        let newline = UInt8(ascii: "\n")
        return [
            ("it was made for an empty body", hashed([])),
            (
                "the body was signed as UNSIGNED-PAYLOAD, and the header X-Amz-Content-Sha256 does "
                    + "not say so", with { $0.payload = Array("UNSIGNED-PAYLOAD".utf8) }
            ), ("a line break was added to the body after it was signed", hashed(body.dropLast())),
            (
                "the body lost a line break at its end after it was signed",
                hashed(body + [newline])
            ), ("the hash of the body in the signature is another one", hashed(body)),
        ]
    }

    private var scopes: [(cause: String, SignedRequest)] {
        let regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"]
        let services = [
            "aws-marketplace", "metering.marketplace", "entitlement.marketplace",
            "meteringmarketplace", "execute-api",
        ]
        return regions.filter { !$0.hasSameBytes(as: scope.region) }.map { region in
            (
                "its key was made for the region \(region), and its scope says \(scope.region)",
                keyed(CredentialScope(date: scope.date, region: region, service: scope.service))
            )
        }
            + services.filter { !$0.hasSameBytes(as: scope.service) }.map { service in
                (
                    "its key was made for the service \(service), and its scope says "
                        + scope.service,
                    keyed(CredentialScope(date: scope.date, region: scope.region, service: service))
                )
            }
    }

    /// The same with the scope of another key; what is signed says that scope too, because clients
    /// take both from one place.
    private func keyed(_ scope: CredentialScope) -> SignedRequest {
        with { $0.scope = scope }
    }
}

extension [UInt8] {
    /// As text, as long as a log keeps.
    fileprivate var shortened: String {
        count <= ReadingLimits.shownRequestBytes
            ? String(decoding: self, as: UTF8.self)
            : String(decoding: prefix(ReadingLimits.shownRequestBytes), as: UTF8.self) + "…"
    }
}
