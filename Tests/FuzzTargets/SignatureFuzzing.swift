import AWSWire
import Crypto
import MeteringAPI
import TurnpikeServer

/// A request that one of the demo's keys has signed.
struct SignedSample: Sendable {
    static let now = Timestamp(milliseconds: 1_795_437_296_789)

    let credential: Demo.NamedCredential
    /// The names in its SignedHeaders.
    let signedNames: [String]
    let canonical: [UInt8]
    private let wholeBytes: [UInt8]

    var text: RequestText { RequestText(wholeBytes) }

    /// Signs a body as an SDK does.
    init(
        _ operation: OperationName, _ body: [UInt8], by credential: Demo.NamedCredential,
        target: String = "/", extraHeaders: [(name: String, value: String)] = []
    ) {
        var text = RequestText(
            "POST", target,
            [
                ("host", "127.0.0.1:8655"), ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", operation.target),
                ("x-amz-date", AmzDate.text(Self.now)),
            ] + extraHeaders, body: body)
        if let token = credential.sessionToken {
            text.headers.append(("x-amz-security-token", token))
        }
        signedNames = text.headers.map(\.name).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        let signer = RequestSigner(
            accessKeyID: credential.accessKeyID, secretAccessKey: credential.secretAccessKey,
            region: credential.region, service: "aws-marketplace")
        let steps = signer.sign(text.signable, payload: body, at: Self.now)
        text.headers.append(("authorization", steps.authorization))
        canonical = steps.canonicalRequest
        self.credential = credential
        wholeBytes = text.bytes
    }

    /// One for each key and operation.
    static let all: [SignedSample] =
        Demo.credentials.flatMap { credential in
            zip(OperationName.allCases, Corpus.bodiesByOperation).map { operation, body in
                SignedSample(operation, body, by: credential)
            }
        } + [
            SignedSample(
                .batchMeterUsage, Corpus.bodiesByOperation[0], by: Demo.seller,
                target: "/?b=2&a=1&a=%20", extraHeaders: [("user-agent", "Boto3/1.43  md/x")])
        ]

    /// Whether the request is to the byte what this key has signed.
    func covers(_ request: SignableRequest, body: [UInt8]) -> Bool {
        let hash = Hexadecimal.digits(of: SHA256.hash(data: body))
        return request.canonical(signedHeaders: signedNames, payloadHash: hash) == canonical
    }
}

/// Only what was signed is taken for its sender's.
enum SignatureFuzzing {
    private static let verifier = SignatureVerifier()

    static func run(_ bytes: [UInt8]) throws {
        let text = RequestText(bytes)
        let request = text.signable
        _ = try? SignatureVerifier.trust(request)
        guard
            let signatory = try? verifier.verify(
                request, body: text.body, real: SignedSample.now, credential: credential)
        else { return }
        try check(signatory.accessKeyID, signatory.region, request, text.body)
    }

    /// Throws where this key has not signed the request.
    static func check(
        _ accessKeyID: String, _ region: String, _ request: SignableRequest, _ body: [UInt8]
    ) throws(FuzzFinding) {
        let isSigned = SignedSample.all.contains { sample in
            sample.credential.accessKeyID == accessKeyID && sample.credential.region == region
                && sample.covers(request, body: body)
        }
        guard isSigned else {
            throw FuzzFinding("\(accessKeyID) is said to have signed what it has not")
        }
    }

    private static func credential(_ accessKeyID: String) -> SigningCredential? {
        Demo.credentials.first { $0.accessKeyID == accessKeyID }.map {
            SigningCredential(
                secretAccessKey: $0.secretAccessKey, sessionToken: $0.sessionToken,
                expiresAt: nil)
        }
    }
}
