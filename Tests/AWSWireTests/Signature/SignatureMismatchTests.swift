import AWSWire
import MeteringAPI
import Testing

@Suite("What a wrong signature should have been")
struct SignatureMismatchTests {
    private static let time = Timestamp(seconds: 1_440_938_160)
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    private static let neighbour = NeighbouringSecret(
        accessKeyID: "AKIANEIGHBOUR", secretAccessKey: "another")

    /// A request as a client signs it.
    private struct Signing: Sendable {
        var host = "127.0.0.1:8655"
        var path = "/"
        var query = ""
        var body = Array("{}".utf8)
        var secret = SignatureMismatchTests.secret
        var extra: [(name: String, value: String)] = []

        /// The same with one thing otherwise.
        func with(_ change: (inout Signing) -> Void) -> Signing {
            var copy = self
            change(&copy)
            return copy
        }
    }

    private static let plain = Signing()

    /// How the client signed, how the request came, and what the cause is found to be.
    private static let mistakes: [(Signing, Signing, String)] = [
        (plain.with { $0.secret += "\r" }, plain, "a blank or line break around it"),
        (plain.with { $0.secret = "another" }, plain, "with the secret of AKIANEIGHBOUR"),
        (plain.with { $0.host = "127.0.0.1" }, plain, "was signed as '127.0.0.1'"),
        (
            plain.with { $0.host = "metering.test" },
            plain.with { $0.extra = [("x-forwarded-host", "metering.test")] },
            "was signed as 'metering.test'"
        ),
        (plain.with { $0.body = [] }, plain, "for an empty body"),
        (plain, plain.with { $0.body += "\n".utf8 }, "a line break was added"),
        (plain.with { $0.body += "\n".utf8 }, plain, "lost a line break"),
        (plain, plain.with { $0.query = "a=b" }, "the query was left out"),
    ]

    /// The request that comes where a client signs one and another one arrives.
    private static func arriving(_ signed: Signing, _ sent: Signing) -> SignableRequest {
        let token = [(name: "x-amz-security-token", value: "SESSION-SECRET")]
        func request(_ signing: Signing) -> SignableRequest {
            SignableRequest(
                method: "POST", path: signing.path, query: signing.query,
                headers: [
                    (name: "host", value: signing.host),
                    (name: "x-amz-date", value: "20150830T123600Z"),
                ] + token)
        }
        let signer = RequestSigner(
            accessKeyID: "AKIAOWN", secretAccessKey: signed.secret, region: "us-east-1",
            service: "aws-marketplace")
        let steps = signer.sign(request(signed), payload: signed.body, at: time)
        var arriving = request(sent)
        arriving.headers += sent.extra
        arriving.headers.append((name: "authorization", value: steps.authorization))
        return arriving
    }

    private static func mismatch(_ signed: Signing, _ sent: Signing) -> SignatureMismatch? {
        SignatureVerifier().mismatch(
            of: arriving(signed, sent), body: sent.body, secretAccessKey: secret,
            neighbours: [neighbour])
    }

    @Test("The usual mistakes are told by the signature that came", arguments: mistakes.indices)
    func causes(index: Int) throws {
        let (signed, sent, cause) = Self.mistakes[index]
        let found = try #require(Self.mismatch(signed, sent))
        #expect(found.cause?.contains(cause) == true, "\(found.cause ?? "none")")
    }

    @Test("The texts are those that the right signature is made of, without a secret")
    func texts() throws {
        let found = try #require(Self.mismatch(Self.plain.with { $0.secret = "?" }, Self.plain))
        #expect(found.cause == nil)
        #expect(
            found.canonicalRequest.hasPrefix(
                "POST\n/\n\nhost:127.0.0.1:8655\nx-amz-date:20150830T123600Z\n"))
        #expect(found.canonicalRequest.contains("x-amz-security-token:(not shown)\n"))
        #expect(!found.canonicalRequest.contains("SESSION-SECRET"))
        #expect(
            found.stringToSign.hasPrefix(
                "AWS4-HMAC-SHA256\n20150830T123600Z\n"
                    + "20150830/us-east-1/aws-marketplace/aws4_request\n"))
        let right = RequestSigner(
            accessKeyID: "AKIAOWN", secretAccessKey: Self.secret, region: "us-east-1",
            service: "aws-marketplace")
        var request = Self.arriving(Self.plain, Self.plain)
        request.headers.removeAll { $0.name == "authorization" }
        let steps = right.sign(request, payload: Self.plain.body, at: Self.time)
        #expect(found.stringToSign == String(decoding: steps.stringToSign, as: UTF8.self))
    }

    @Test("A long request is shown in part, and one without a signature is not explained")
    func bounds() throws {
        let long = Self.plain.with { $0.query = String(repeating: "a", count: 100_000) }
        let found = try #require(Self.mismatch(Self.plain.with { $0.secret = "?" }, long))
        #expect(found.canonicalRequest.utf8.count < 5000)
        let bare = SignableRequest(method: "POST", path: "/", headers: [])
        #expect(
            SignatureVerifier().mismatch(
                of: bare, body: [], secretAccessKey: Self.secret, neighbours: []) == nil)
    }
}
