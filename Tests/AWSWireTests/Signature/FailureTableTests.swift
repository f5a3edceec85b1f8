import AWSWire
import MeteringAPI
import Testing

@Suite("Requests that are not taken for their sender's")
struct FailureTableTests {
    private static let mismatch =
        "The request signature we calculated does not match the signature you provided. Check "
        + "your AWS Secret Access Key and signing method. Consult the service documentation for "
        + "details."

    private static let invalidToken = "The security token included in the request is invalid."

    private static let table: [(Fault, String, String)] = [
        (.noAuthorization, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        (
            .headerAndQuery, "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
                + "header."
        ),
        (
            .noParameters, "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. Authorization header requires "
                + "'Signature' parameter. Authorization header requires 'SignedHeaders' "
                + "parameter. Authorization=AWS4-HMAC-SHA256"
        ),
        (.unknownKey, "UnrecognizedClientException", invalidToken),
        (.wrongToken, "UnrecognizedClientException", invalidToken),
        (
            .expiredCredentials, "com.amazon.coral.service#ExpiredTokenException",
            "The security token included in the request is expired"
        ),
        (
            .clockAhead, "InvalidSignatureException",
            "Signature expired: 20150830T123600Z is now earlier than 20150830T124130Z "
                + "(20150830T124630Z - 5 min.)"
        ),
        (
            .scopeOfAnotherDay, "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
                + "HTTP: '20150829' != '20150830', from '20150830'."
        ),
        (
            .wrongService, "InvalidSignatureException",
            "Credential should be scoped to correct service: 'aws-marketplace'. "
        ),
        (
            .wrongRegion, "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'US_EAST'. "
        ),
        (.unsignedHeader, "InvalidSignatureException", mismatch),
        (.wrongPayloadHash, "InvalidSignatureException", mismatch),
        (.wrongSecret, "InvalidSignatureException", mismatch),
    ]

    @Test("Each failure has AWS's type and text, and status 400", arguments: table)
    func failure(fault: Fault, type: String, message: String) throws {
        let failure = try #require(fault.failure(of: SignedCall()))
        #expect(failure.envelope == ErrorEnvelope(type: type, message: message, status: 400))
        #expect(!failure.hint.isEmpty)
    }

    @Test("The table has a row for each fault, in the order of the checks")
    func completeness() {
        #expect(Self.table.map(\.0) == Fault.allCases)
    }

    @Test("Of two faults the one that AWS checks first is reported", arguments: Fault.pairs)
    func order(first: Fault, second: Fault) throws {
        var both = SignedCall()
        second.spoil(&both)
        let alone = try #require(first.failure(of: SignedCall())).envelope.type
        let failure = try #require(first.failure(of: both))
        #expect(failure.envelope.type == alone)
        #expect(Fault.hints(first).contains { failure.hint.contains($0) })
    }

    /// What a header that lacks something says in its place.
    private static let incomplete: [(String, Set<String>)] = [
        ("Credential=A/20150830/r/aws-marketplace/aws4_request, Signature=0", ["SignedHeaders"]),
        ("SignedHeaders=host, Signature=0", ["Credential"]),
        ("Credential=A/20150830/r/aws-marketplace/aws4_request", ["Signature", "SignedHeaders"]),
        ("Credential=A/20150830/r/aws4_request, SignedHeaders=host, Signature=0", ["Credential"]),
        ("Credential=A/20150830/r/s/aws5, SignedHeaders=host, Signature=0", ["Credential"]),
        ("Credential=/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0", ["Credential"]),
        ("Credential=/A/20150830/r/s/aws4_request, SignedHeaders=a, Signature=0", ["Credential"]),
        ("Credential=, SignedHeaders=, Signature=", ["Credential", "Signature", "SignedHeaders"]),
        ("Credential, SignedHeaders, Signature", ["Credential", "Signature", "SignedHeaders"]),
    ]

    @Test("An incomplete header is told what it lacks, and nothing else", arguments: incomplete)
    func incompleteHeader(parameters: String, lacking: Set<String>) throws {
        let header = "AWS4-HMAC-SHA256 " + parameters
        var call = SignedCall()
        call.rewrite = { _ in header }
        let failure = try #require(throws: AuthenticationFailure.self) { try call.verify() }
        let sentences = lacking.sorted().map { "Authorization header requires '\($0)' parameter." }
        let message = (sentences + ["Authorization=\(header)"]).joined(separator: " ")
        #expect(failure.envelope.message == message)
    }

    @Test("Another algorithm is no signature", arguments: ["Basic YTpi", "Bearer t", "AWS a:b"])
    func otherAlgorithm(header: String) throws {
        var call = SignedCall()
        call.rewrite = { _ in header }
        let failure = try #require(throws: AuthenticationFailure.self) { try call.verify() }
        #expect(failure.envelope.type == "IncompleteSignatureException")
        #expect(failure.envelope.message?.hasSuffix(" Authorization=\(header)") == true)
    }

    @Test("A request without any date is told that one is needed")
    func noDate() throws {
        let call = SignedCall()
        var request = call.signed
        request.headers.removeAll { $0.name == "X-Amz-Date" }
        let header = try #require(request.header("Authorization"))
        let failure = try #require(throws: AuthenticationFailure.self) {
            try call.verify(request)
        }
        #expect(failure.envelope.type == "IncompleteSignatureException")
        #expect(
            failure.envelope.message
                == "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                + "header. Authorization=\(header)")
    }

    @Test(
        "A date in no known form is refused with its form",
        arguments: ["2015-08-30T12:36:00Z", "20150830T123660Z", "20150230T123600Z", "now", "è"])
    func malformedDate(date: String) throws {
        let call = SignedCall()
        var request = call.signed
        request.headers.removeAll { $0.name == "X-Amz-Date" }
        request.headers.append((name: "X-Amz-Date", value: date))
        let failure = try #require(throws: AuthenticationFailure.self) {
            try call.verify(request)
        }
        #expect(failure.envelope.type == "IncompleteSignatureException")
        #expect(
            failure.envelope.message
                == "Date must be in ISO-8601 'basic format'. Got '\(date)'. "
                + "See http://en.wikipedia.org/wiki/ISO_8601")
    }

    @Test("A signature of the future says by how much")
    func future() throws {
        var call = SignedCall()
        call.clocks = [SignatureVector.time.adding(seconds: -630)]
        let failure = try #require(throws: AuthenticationFailure.self) { try call.verify() }
        #expect(failure.envelope.type == "InvalidSignatureException")
        #expect(
            failure.envelope.message
                == "Signature not yet current: 20150830T123600Z is still later than "
                + "20150830T123030Z (20150830T122530Z + 5 min.)")
    }

    @Test(
        "Signed headers are sorted, each once, so that no name costs its value many times over",
        arguments: [
            "host;x-amz-date;host", "host;host", "x-amz-date;host", "HOST;host;x-amz-date",
            "Host;x-amz-date", "host;x-amz-datE", "host;x-amz-d\u{e4}te",
        ])
    func unorderedHeaders(names: String) throws {
        var call = SignedCall()
        call.rewrite = {
            let parts = $0.split(separator: ", ").map(String.init)
            return "\(parts[0]), SignedHeaders=\(names), \(parts[2])"
        }
        let failure = try #require(throws: AuthenticationFailure.self) { try call.verify() }
        #expect(failure == .unorderedHeaders)
        #expect(failure.envelope.type == "InvalidSignatureException")
    }

    @Test(
        "The work for a bad signature is bounded by the request's size",
        arguments: [1, 10, 100, 2048])
    func workForBadSignatures(spellings: Int) throws {
        let name = "xbigheaders"
        let value = String(repeating: "v", count: 40_000)
        // The name in so many spellings: each bit of a number makes a letter a capital.
        let spelt = (0..<spellings).map { number in
            String(
                name.enumerated().map { index, letter in
                    number >> index & 1 == 1 ? Character(letter.uppercased()) : letter
                })
        }
        for names in [
            spelt, Array(Set(spelt)).sorted(), [name], (0..<spellings).map { "x\($0)" }.sorted(),
        ] {
            var call = SignedCall()
            call.headers.append((name: name, value: value))
            let list = (["host"] + names).sorted().joined(separator: ";")
            call.rewrite = { header in
                let parts = header.split(separator: ", ").map(String.init)
                return "\(parts[0]), SignedHeaders=\(list), \(parts[2])"
            }
            let request = call.signed
            let failure = try #require(throws: AuthenticationFailure.self) {
                try call.verify(request)
            }
            // What is refused before the request is written out costs nothing more.
            if [.unorderedHeaders, .absentHeaders].contains(failure) { continue }
            let size = request.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            let written = request.canonical(
                signedHeaders: list.split(separator: ";").map(String.init), payloadHash: [])
            #expect(written.count < 2 * size + 1024)
        }
    }

    @Test("No text or hint of a failure holds a secret", arguments: Fault.allCases)
    func secrets(fault: Fault) throws {
        let failure = try #require(fault.failure(of: SignedCall()))
        for text in [failure.hint, failure.envelope.message ?? ""] {
            #expect(!text.contains(SignatureVector.secretAccessKey))
            #expect(!text.contains(SignedCall.sessionToken))
        }
    }
}

/// What can be wrong with a signed request, in the order in which it is checked.
enum Fault: CaseIterable, Sendable {
    case noAuthorization, headerAndQuery, noParameters, unknownKey, wrongToken
    case expiredCredentials, clockAhead, scopeOfAnotherDay, wrongService, wrongRegion
    case unsignedHeader, wrongPayloadHash, wrongSecret

    /// Each pair of different faults, the earlier first.
    static let pairs: [(Fault, Fault)] = allCases.enumerated().flatMap { index, first in
        allCases.dropFirst(index + 1).map { (first, $0) }
    }

    func spoil(_ call: inout SignedCall) {
        switch self {
        case .noAuthorization: call.rewrite = { _ in nil }
        case .headerAndQuery: call.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        case .noParameters: call.rewrite = { _ in "AWS4-HMAC-SHA256" }
        case .unknownKey: call.accessKeyID = "AKIAUNKNOWN"
        case .wrongToken: call.sessionToken = "another"
        case .expiredCredentials:
            call.keyring.credentials["ASIATEMPORARY"]?.expiresAt = SignatureVector.time
        case .clockAhead: call.clocks = [SignatureVector.time.adding(seconds: 630)]
        case .scopeOfAnotherDay:
            call.rewrite = { $0.replacing("/20150830/", with: "/20150829/") }
        case .wrongService: call.service = "metering.marketplace"
        case .wrongRegion: call.region = "US_EAST"
        case .unsignedHeader: call.lateHeaders = [(name: "X-Amz-Meta", value: "late")]
        case .wrongPayloadHash:
            let hash = String(repeating: "0", count: 64)
            call.headers.append((name: "X-Amz-Content-Sha256", value: hash))
        case .wrongSecret: call.secretAccessKey = "another"
        }
    }

    /// How the service refuses a request with this fault added.
    func failure(of call: SignedCall) -> AuthenticationFailure? {
        var call = call
        spoil(&call)
        return #expect(throws: AuthenticationFailure.self) { try call.verify() }
    }

    /// Words by which failures of one type are told apart.
    static func hints(_ fault: Fault) -> [String] {
        switch fault {
        case .noAuthorization: ["no Authorization header"]
        case .headerAndQuery: ["in its query"]
        case .noParameters: ["'SignedHeaders'"]
        case .unknownKey: ["AKIAUNKNOWN"]
        case .wrongToken: ["is not the key's"]
        case .expiredCredentials: ["expired"]
        case .clockAhead: ["5 minutes"]
        case .scopeOfAnotherDay: ["the scope's date"]
        case .wrongService: ["aws-marketplace"]
        case .wrongRegion: ["US_EAST"]
        case .unsignedHeader: ["x-amz-meta"]
        case .wrongPayloadHash: ["hash of the body"]
        case .wrongSecret: ["secret differs"]
        }
    }
}
