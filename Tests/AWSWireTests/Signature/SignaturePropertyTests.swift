import AWSWire
import MeteringAPI
import Testing

@Suite("What signatures hold and what they do not depend on")
struct SignaturePropertyTests {
    @Test("A signed request is taken for its sender's, with the region of its scope")
    func accepted() throws {
        let signatory = try SignedCall().verify()
        #expect(signatory.accessKeyID == "ASIATEMPORARY")
        #expect(signatory.region == "eu-west-1")
    }

    @Test("A session token may be signed, or added after signing", arguments: [true, false])
    func sessionToken(signed: Bool) throws {
        var call = SignedCall()
        call.signsToken = signed
        let header = try #require(call.signed.header("Authorization"))
        #expect(header.contains("x-amz-security-token") == signed)
        try call.verify()
    }

    @Test("A key that needs no session token is refused one, and the other way round")
    func tokenAndKeyBelongTogether() throws {
        var call = SignedCall()
        call.accessKeyID = "AKIALONGTERM"
        let unneeded = try #require(throws: AuthenticationFailure.self) { try call.verify() }
        #expect(unneeded.envelope.type == "UnrecognizedClientException")
        #expect(unneeded.hint.contains("unset AWS_SESSION_TOKEN"))
        call.sessionToken = nil
        try call.verify()
        call.accessKeyID = "ASIATEMPORARY"
        let missing = try #require(throws: AuthenticationFailure.self) { try call.verify() }
        #expect(missing.envelope.type == "UnrecognizedClientException")
        #expect(missing.hint.contains(": set AWS_SESSION_TOKEN"))
    }

    /// Seconds from the signature to the clock, and whether that is near enough.
    private static let skews: [(Int64, Bool)] = [
        (0, true), (-300, true), (300, true), (-301, false), (301, false),
    ]

    @Test("A signature is good for five minutes before and after its time", arguments: skews)
    func skew(seconds: Int64, isAccepted: Bool) throws {
        var call = SignedCall()
        call.clocks = [SignatureVector.time.adding(seconds: seconds)]
        #expect(((try? call.verify()) != nil) == isAccepted)
        // Clocks count milliseconds, signatures seconds.
        call.clocks = [Timestamp(milliseconds: call.clocks[0].milliseconds + 999)]
        #expect(((try? call.verify()) != nil) == isAccepted)
    }

    @Test("A signature of any time that a clock showed within a moment is accepted")
    func recentTimes() throws {
        let call = SignedCall()
        let time = SignatureVector.time
        let real = time.adding(seconds: -86_400)
        for (from, to, isAccepted) in [(-3600, 3600, true), (300, 600, true), (301, 600, false)] {
            let times = time.adding(seconds: Int64(from))...time.adding(seconds: Int64(to))
            let signatory = try? SignatureVerifier().verify(
                call.signed, body: call.body, real: real, otherClock: [times],
                credential: call.keyring.find)
            #expect((signatory != nil) == isAccepted)
        }
    }

    @Test(
        "A signature of what lies between two times of a clock that was moved is refused",
        arguments: [(-86_400, true), (-86_000, true), (-43_200, false), (-600, false), (200, true)])
    func betweenTwoClocks(seconds: Int64, isAccepted: Bool) {
        let call = SignedCall()
        // The clock was moved on from a day before the other time; the signature lies between.
        let time = SignatureVector.time.adding(seconds: -seconds)
        let before = time.adding(seconds: -86_400)
        let signatory = try? SignatureVerifier().verify(
            call.signed, body: call.body, real: time.adding(seconds: -1_000_000),
            otherClock: [before...before.adding(seconds: 200), time...time],
            credential: call.keyring.find)
        #expect((signatory != nil) == isAccepted)
    }

    @Test("A signature near any of the clocks is accepted, one between them is not")
    func clocks() throws {
        var call = SignedCall()
        let time = call.signedAt
        call.clocks = [time, time.adding(seconds: 43_200)]
        try call.verify()
        call.clocks.reverse()
        try call.verify()
        call.clocks = [time.adding(seconds: -600), time.adding(seconds: 600)]
        let failure = try #require(throws: AuthenticationFailure.self) { try call.verify() }
        #expect(
            failure == .notYetCurrent(signed: time, now: time.adding(seconds: -600)),
            "the real clock, which comes first, decides the text")
    }

    @Test("Credentials expire by the real clock, whatever the marketplace's says")
    func expiry() throws {
        var call = SignedCall()
        let expiry = SignatureVector.time.adding(seconds: 86_400)
        call.clocks = [SignatureVector.time, expiry.adding(seconds: 1)]
        try call.verify()
        call.clocks = [expiry, SignatureVector.time]
        #expect(throws: AuthenticationFailure.expiredToken) { try call.verify() }
        call.clocks = [Timestamp(milliseconds: expiry.milliseconds - 1), SignatureVector.time]
        try call.verify()
    }

    @Test("A slash may stand in an access key's id")
    func slashes() throws {
        var call = SignedCall()
        call.accessKeyID = "ASIA/TEMPORARY/"
        call.keyring.credentials["ASIA/TEMPORARY/"] = call.keyring.find("ASIATEMPORARY")
        let signatory = try call.verify()
        #expect(signatory.accessKeyID == "ASIA/TEMPORARY/")
        #expect(signatory.region == "eu-west-1")
    }

    @Test("The Date header serves where there is no X-Amz-Date")
    func httpDate() throws {
        let call = SignedCall()
        var request = SignableRequest(
            method: "POST", path: "/",
            headers: [
                (name: "Host", value: "localhost"),
                (name: "Date", value: "Sun, 30 Aug 2015 12:36:00 GMT"),
            ])
        let signer = RequestSigner(
            accessKeyID: "AKIALONGTERM", secretAccessKey: call.secretAccessKey,
            region: "eu-west-1", service: "aws-marketplace")
        let steps = signer.sign(request, payload: call.body, at: call.signedAt)
        request.headers.append((name: "Authorization", value: steps.authorization))
        #expect(try call.verify(request).accessKeyID == "AKIALONGTERM")
    }

    @Test("Neither the order of headers nor the case of their names matters")
    func headerOrderAndCase() throws {
        let call = SignedCall()
        var request = call.signed
        request.headers.reverse()
        try call.verify(request)
        for transform in [{ $0.uppercased() }, { $0.lowercased() }] as [(String) -> String] {
            request.headers = request.headers.map { (name: transform($0.name), value: $0.value) }
            try call.verify(request)
        }
    }

    @Test("Headers that are not signed may come, go and change")
    func unsignedHeaders() throws {
        var call = SignedCall()
        call.lateHeaders = [
            (name: "Content-Length", value: "156"), (name: "Via", value: "1.1 proxy"),
            (name: "amz-sdk-request", value: "attempt=1"),
        ]
        try call.verify()
    }

    @Test(
        "A header of AWS's own must be signed",
        arguments: ["X-Amz-Target", "x-amz-anything", "X-AMZ-USER-AGENT"])
    func unsignedAmazonHeader(name: String) throws {
        var call = SignedCall()
        call.headers.removeAll { $0.name == name }
        call.lateHeaders = [(name: name, value: "late")]
        #expect(throws: AuthenticationFailure.unsignedHeaders([name.lowercased()])) {
            try call.verify()
        }
    }

    @Test("The host must be signed")
    func unsignedHost() throws {
        var call = SignedCall()
        call.headers.removeAll { $0.name == "Host" }
        call.lateHeaders = [(name: "Host", value: "127.0.0.1:8655")]
        #expect(throws: AuthenticationFailure.unsignedHeaders(["host"])) { try call.verify() }
    }

    @Test("The body's hash may be sent, but must be the body's")
    func payloadHash() throws {
        var call = SignedCall()
        let hash = "c57a09b5f8554fa86dcf4fc06ffabee52a7574dfab10aebc2ad79bfd48bebc74"
        call.headers.append((name: "X-Amz-Content-Sha256", value: hash))
        let request = call.signed
        try call.verify(request)
        call.body.append(UInt8(ascii: " "))
        #expect(throws: AuthenticationFailure.wrongPayloadHash) { try call.verify(request) }
    }

    @Test("A secret that was replaced under the same key id works at once, the old one no more")
    func replacedSecret() throws {
        let verifier = SignatureVerifier()
        var old = SignedCall()
        try old.verify(by: verifier)
        var new = old
        new.secretAccessKey = "replaced"
        new.keyring.credentials["ASIATEMPORARY"]?.secretAccessKey = "replaced"
        try new.verify(by: verifier)
        old.keyring = new.keyring
        #expect(throws: AuthenticationFailure.wrongSignature) { try old.verify(by: verifier) }
    }

    @Test("A flipped bit of the body breaks the signature")
    func flippedBody() {
        let call = SignedCall()
        let request = call.signed
        for index in call.body.indices {
            for bit in 0..<8 {
                var flipped = call
                flipped.body[index] ^= 1 << bit
                #expect(throws: AuthenticationFailure.wrongSignature) {
                    try flipped.verify(request)
                }
            }
        }
    }

    @Test("A flipped bit of the method or of a signed header breaks the signature")
    func flippedHead() {
        let call = SignedCall()
        let request = call.signed
        for method in flips(of: request.method, isCaseSensitive: true) {
            var flipped = request
            flipped.method = method
            #expect(throws: AuthenticationFailure.self, "\(method)") { try call.verify(flipped) }
        }
        for index in request.headers.indices {
            let (name, value) = request.headers[index]
            var heads = flips(of: name, isCaseSensitive: false).map { (name: $0, value: value) }
            heads += flips(of: value, isCaseSensitive: true).map { (name: name, value: $0) }
            for head in heads {
                var flipped = request
                flipped.headers[index] = head
                #expect(throws: AuthenticationFailure.self, "\(head)") {
                    try call.verify(flipped)
                }
            }
        }
    }

    /// The text with each of its bits flipped; names of headers mean the same in another case.
    private func flips(of text: String, isCaseSensitive: Bool) -> [String] {
        let bytes = Array(text.utf8)
        return bytes.indices.flatMap { index in
            (0..<8).compactMap { bit in
                let isLetter = (bytes[index] | 0x20) &- 97 < 26
                if bit == 5, isLetter, !isCaseSensitive { return nil }
                var flipped = bytes
                flipped[index] ^= 1 << bit
                return String(decoding: flipped, as: UTF8.self)
            }
        }
    }
}
