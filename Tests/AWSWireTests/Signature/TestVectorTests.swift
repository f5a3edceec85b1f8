import AWSWire
import MeteringAPI
import Testing

@Suite("AWS's published vectors for Signature Version 4")
struct TestVectorTests {
    /// The one case whose signatures were not made with the suite's secret.
    private static let unsound = "get-vanilla-with-session-token"

    private static let sound = SignatureVector.all.filter { $0.name != unsound }

    @Test("All 34 cases are read")
    func count() {
        #expect(SignatureVector.all.count == 34)
        #expect(Self.sound.count == 33)
    }

    @Test("The canonical request is AWS's, byte by byte", arguments: SignatureVector.all)
    func canonicalRequest(vector: SignatureVector) {
        #expect(text(sign(vector).canonicalRequest) == vector.canonicalRequest)
    }

    @Test("The string to sign is AWS's, byte by byte", arguments: SignatureVector.all)
    func stringToSign(vector: SignatureVector) {
        #expect(text(sign(vector).stringToSign) == vector.stringToSign)
    }

    @Test("The Authorization header is AWS's, byte by byte", arguments: sound)
    func authorization(vector: SignatureVector) {
        #expect(sign(vector).authorization == vector.authorization)
    }

    @Test("The signed request is taken for its sender's", arguments: sound)
    func signedRequest(vector: SignatureVector) throws {
        let signatory = try verify(vector.signedRequest, sessionToken: vector.sessionToken)
        #expect(signatory.accessKeyID == SignatureVector.accessKeyID)
        #expect(signatory.region == "us-east-1")
    }

    @Test("A case that was signed with another secret is refused")
    func unsoundVector() throws {
        let vector = try #require(SignatureVector.all.first { $0.name == Self.unsound })
        #expect(throws: AuthenticationFailure.wrongSignature) {
            try verify(vector.signedRequest, sessionToken: vector.sessionToken)
        }
    }

    private func sign(_ vector: SignatureVector) -> RequestSigner.Steps {
        let unsigned = vector.unsigned
        return SignatureVector.signer.sign(
            unsigned.request, payload: unsigned.body, at: SignatureVector.time)
    }

    private func verify(_ raw: RawRequest, sessionToken: String?) throws -> Signatory {
        try SignatureVerifier(service: "service").verify(
            raw.request, body: raw.body, real: SignatureVector.time
        ) { _ in
            SigningCredential(
                secretAccessKey: SignatureVector.secretAccessKey, sessionToken: sessionToken,
                expiresAt: nil)
        }
    }
}

@Suite("Requests to the metering service that botocore signed")
struct MeteringVectorTests {
    static let body = Array(
        #"""
        {"ProductCode":"a290sds6en72spp3ph4q890es","UsageRecords":[{"Timestamp":1440936000,\#
        "CustomerAWSAccountId":"111122223333","Dimension":"users","Quantity":3}]}
        """#.utf8)

    static let token = "AQoDYXdzEPT//////////wEXAMPLEtc764assume_role"

    /// A session token, the hash of the canonical request, and the signature.
    static let vectors: [(String?, String, String)] = [
        (
            nil, "e989fbe36f30ab410e1ccdc5fcb352b872158d10d611e19a4dd92d68b5194e08",
            "f7df3f94377782065732c10cf418c38c537f474cded844c11094b37e89f7d8b4"
        ),
        (
            token, "a79dc04e554603db568715dcca23f0a50e441b4a22c5fa06ec11f059679810e7",
            "0338207a21bad50ebcd6dceb07f95902ba63995ff0f7cbcf78010b53f6c89be5"
        ),
    ]

    @Test("BatchMeterUsage gets botocore's signature, and that one verifies", arguments: vectors)
    func batchMeterUsage(token: String?, hash: String, signature: String) throws {
        var request = SignableRequest(
            method: "POST", path: "/",
            headers: [
                (name: "Content-Type", value: "application/x-amz-json-1.1"),
                (name: "Host", value: "metering.marketplace.us-east-1.amazonaws.com"),
                (name: "X-Amz-Date", value: "20150830T123600Z"),
                (name: "X-Amz-Target", value: "AWSMPMeteringService.BatchMeterUsage"),
            ])
        if let token { request.headers.append((name: "X-Amz-Security-Token", value: token)) }
        var signer = SignatureVector.signer
        signer.service = "aws-marketplace"
        let steps = signer.sign(request, payload: Self.body, at: SignatureVector.time)
        #expect(Self.body.count == 156)
        #expect(text(steps.stringToSign).hasSuffix("\n" + hash))
        #expect(steps.signature == signature)

        request.headers.append((name: "Authorization", value: steps.authorization))
        let signatory = try SignatureVerifier().verify(
            request, body: Self.body, real: SignatureVector.time
        ) { _ in
            SigningCredential(
                secretAccessKey: SignatureVector.secretAccessKey, sessionToken: token,
                expiresAt: nil)
        }
        #expect(signatory.accessKeyID == SignatureVector.accessKeyID)
    }
}

/// Bytes as text, so that a failed comparison can be read.
private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}
