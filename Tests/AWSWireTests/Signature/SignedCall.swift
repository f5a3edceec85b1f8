import AWSWire
import MeteringAPI

/// A request to the metering service as an SDK sends it, with temporary credentials; its parts can
/// be spoilt one by one.
struct SignedCall: Sendable {
    var accessKeyID = "ASIATEMPORARY"
    var secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    var region = "eu-west-1"
    var service = "aws-marketplace"
    var signedAt = SignatureVector.time
    var body = MeteringVectorTests.body
    var query = ""
    var headers: [(name: String, value: String)] = [
        (name: "Host", value: "127.0.0.1:8655"),
        (name: "Content-Type", value: "application/x-amz-json-1.1"),
        (name: "X-Amz-Target", value: "AWSMPMeteringService.BatchMeterUsage"),
        (name: "User-Agent", value: "Boto3/1.43.11"),
    ]
    var sessionToken: String? = Self.sessionToken
    /// Whether the token is put into the request before it is signed.
    var signsToken = true
    /// Put into the request after it is signed.
    var lateHeaders: [(name: String, value: String)] = []
    /// What becomes of the header when the request is signed.
    var rewrite: @Sendable (String) -> String? = { $0 }

    // What the service knows.
    var clocks = [SignatureVector.time]
    var keyring = Keyring()

    static let sessionToken = "IQoJb3JpZ2luX2VjE//wEXAMPLE=="

    /// The request with its Authorization header.
    var signed: SignableRequest {
        var request = SignableRequest(method: "POST", path: "/", query: query, headers: headers)
        request.headers.append((name: "X-Amz-Date", value: Self.text(signedAt)))
        let token = sessionToken.map { [(name: "X-Amz-Security-Token", value: $0)] } ?? []
        if signsToken { request.headers += token }
        let signer = RequestSigner(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, region: region,
            service: service)
        let steps = signer.sign(request, payload: body, at: signedAt)
        if let header = rewrite(steps.authorization) {
            request.headers.append((name: "Authorization", value: header))
        }
        if !signsToken { request.headers += token }
        request.headers += lateHeaders
        return request
    }

    /// Whom the service takes for the sender.
    @discardableResult
    func verify(
        _ request: SignableRequest? = nil, by verifier: SignatureVerifier = SignatureVerifier()
    ) throws -> Signatory {
        try verifier.verify(
            request ?? signed, body: body, real: clocks[0],
            otherClock: clocks.dropFirst().map { $0...$0 }, credential: keyring.find)
    }

    private static func text(_ time: Timestamp) -> String { AmzDate.text(time) }
}

/// The credentials that the service knows.
struct Keyring: Sendable {
    var credentials: [String: SigningCredential] = [
        "AKIALONGTERM": SigningCredential(
            secretAccessKey: SignatureVector.secretAccessKey, sessionToken: nil, expiresAt: nil),
        "ASIATEMPORARY": SigningCredential(
            secretAccessKey: SignatureVector.secretAccessKey,
            sessionToken: SignedCall.sessionToken,
            expiresAt: SignatureVector.time.adding(seconds: 86_400)),
    ]

    func find(_ accessKeyID: String) -> SigningCredential? { credentials[accessKeyID] }
}
