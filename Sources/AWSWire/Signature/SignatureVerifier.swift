import Crypto
package import MeteringAPI

/// A secret that requests are signed with.
package struct SigningCredential: Sendable {
    package var secretAccessKey: String
    package var sessionToken: String?
    /// On the real clock.
    package var expiresAt: Timestamp?

    package init(secretAccessKey: String, sessionToken: String?, expiresAt: Timestamp?) {
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }
}

/// Who signed, and for which region's endpoint.
package struct Signatory: Sendable, Hashable {
    package var accessKeyID: String
    package var region: String
}

/// Verifies Signature Version 4 as AWS's services do, in their order and with their texts.
package final class SignatureVerifier: Sendable {
    private let keys = SignatureKeyCache()

    /// The service that signatures must be scoped to.
    package let service: String

    package init(service: String = "aws-marketplace") {
        self.service = service
    }

    /// Who signed this request; the date must be near the real time, or near what another clock
    /// showed within a moment: before it was moved, or after, and not what lies between.
    package func verify(
        _ request: SignableRequest, body: [UInt8], real: Timestamp,
        otherClock: [ClosedRange<Timestamp>] = [],
        credential: (String) -> SigningCredential?
    ) throws(AuthenticationFailure) -> Signatory {
        let (header, signed, date) = try Self.authorization(of: request)
        guard let credential = credential(header.accessKeyID) else {
            throw .unknownKey(
                hint: "no credential has the access key id \(header.accessKeyID.cut(toBytes: 128))")
        }
        try Self.checkToken(request, credential, real: real)
        try Self.checkSkew(signed, real, otherClock)
        try checkScope(header.scope, date)
        try Self.checkSignedHeaders(request, header.signedHeaders)
        let bodyHash = Hexadecimal.digits(of: SHA256.hash(data: body))
        let payloadHash = try Self.payloadHash(request, bodyHash)
        let canonical = request.canonical(
            signedHeaders: header.signedHeaders, payloadHash: payloadHash)
        var code = keys.authenticator(
            accessKeyID: header.accessKeyID, secretAccessKey: credential.secretAccessKey,
            scope: header.scope)
        code.update(
            data: StringToSign.bytes(date: date, scope: header.scope, canonical: canonical))
        let expected = Hexadecimal.digits(of: code.finalize())
        guard isEqualInConstantTime(expected, Array(header.signature.utf8)) else {
            throw .wrongSignature
        }
        return Signatory(accessKeyID: header.accessKeyID, region: header.scope.region)
    }

    /// Who says to have signed this request: anything well-formed is believed.
    package static func trust(
        _ request: SignableRequest
    ) throws(AuthenticationFailure) -> Signatory {
        let (header, _, _) = try authorization(of: request)
        // Both may be remembered: as the name of a workload, and as where it runs.
        guard AccessKeyID.isBounded(header.accessKeyID) else {
            throw .unknownKey(
                hint: "an access key id has 1 to \(ModelLimits.accessKeyID) visible characters")
        }
        try checkRegion(header.scope)
        return Signatory(accessKeyID: header.accessKeyID, region: header.scope.region)
    }

    /// The header, and when it was signed: as a time, and as the compact text that is signed.
    static func authorization(
        of request: SignableRequest
    ) throws(AuthenticationFailure) -> (AuthorizationHeader, signed: Timestamp, date: String) {
        let hasQuery =
            !request.query.isEmpty
            && request.query.utf8.split(separator: UInt8(ascii: "&")).contains {
                $0.starts(with: "X-Amz-Algorithm".utf8)
            }
        guard let text = request.header("Authorization"), !text.isEmpty else { throw .missing }
        guard !hasQuery else { throw .headerAndQuery }
        let date = request.header("X-Amz-Date") ?? request.header("Date")
        let noDate =
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        let header: AuthorizationHeader
        do throws(AuthorizationHeader.Missing) {
            header = try AuthorizationHeader(text)
        } catch {
            let lacks = error.parameters.map {
                "Authorization header requires '\($0)' parameter."
            }
            throw .incomplete(lacks: lacks + (date == nil ? [noDate] : []), header: text)
        }
        guard let date else { throw .incomplete(lacks: [noDate], header: text) }
        if let time = AmzDate.timestamp(date) { return (header, time, date) }
        guard let time = AmzDate.timestamp(httpDate: date) else { throw .malformedDate(date) }
        return (header, time, AmzDate.text(time))
    }

    private static func checkToken(
        _ request: SignableRequest, _ credential: SigningCredential, real: Timestamp?
    ) throws(AuthenticationFailure) {
        let sent = request.header("X-Amz-Security-Token")
        switch (credential.sessionToken, sent) {
        case (nil, nil): break
        case (nil, _?):
            throw .wrongSessionToken(
                hint: "a session token was sent with a key that has none: unset "
                    + "AWS_SESSION_TOKEN")
        case (_?, nil):
            throw .wrongSessionToken(
                hint: "the key is temporary and its session token is missing: set "
                    + "AWS_SESSION_TOKEN")
        case (let expected?, let sent?):
            guard isEqualInConstantTime(Array(expected.utf8), Array(sent.utf8)) else {
                throw .wrongSessionToken(hint: "the session token is not the key's")
            }
        }
        if let expiry = credential.expiresAt, let real, real >= expiry { throw .expiredToken }
    }

    private static func checkSkew(
        _ signed: Timestamp, _ real: Timestamp, _ otherClock: [ClosedRange<Timestamp>]
    ) throws(AuthenticationFailure) {
        let skew = ReadingLimits.skewMinutes * 60
        // In whole seconds, as the texts show them: the limit itself is accepted.
        func isNear(_ times: ClosedRange<Timestamp>) -> Bool {
            times.lowerBound.seconds - skew <= signed.seconds
                && signed.seconds <= times.upperBound.seconds + skew
        }
        if isNear(real...real) || otherClock.contains(where: isNear) { return }
        throw signed < real
            ? .expired(signed: signed, now: real)
            : .notYetCurrent(signed: signed, now: real)
    }

    private func checkScope(
        _ scope: CredentialScope, _ signed: String
    ) throws(AuthenticationFailure) {
        let day = String(signed.prefix(8))
        guard scope.date == day else { throw .wrongDate(scope: scope.date, signed: day) }
        guard scope.service == service else { throw .wrongService }
        try Self.checkRegion(scope)
    }

    private static func checkRegion(_ scope: CredentialScope) throws(AuthenticationFailure) {
        let isSane =
            (1...64).contains(scope.region.utf8.count)
            && scope.region.utf8.allSatisfy { byte in
                byte &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-")
            }
        guard isSane else { throw .wrongRegion(scope.region.cut(toBytes: 64)) }
    }

    /// `host` and all that begins with `x-amz-` must be signed, but for a session token, which may
    /// be added after signing.
    ///
    /// Names are lower-case and come in their order and once: headers are looked up without case,
    /// so another spelling of a name would have its value copied again, and there are no more
    /// names than headers, for whoever sends a bad signature.
    private static func checkSignedHeaders(
        _ request: SignableRequest, _ signed: [String]
    ) throws(AuthenticationFailure) {
        let isOrdered = zip(signed, signed.dropFirst()).allSatisfy {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        let isLowercase = signed.allSatisfy { $0.utf8.allSatisfy { $0 &- 65 >= 26 && $0 < 0x80 } }
        guard isOrdered, isLowercase else { throw .unorderedHeaders }
        guard signed.count <= request.headers.count else { throw .absentHeaders }
        var missing = signed.contains("host") ? [] : ["host"]
        for header in request.headers {
            let name = header.name.lowercased()
            guard name.hasPrefix("x-amz-"), name != "x-amz-security-token",
                !signed.contains(name)
            else { continue }
            missing.append(name)
        }
        guard missing.isEmpty else { throw .unsignedHeaders(missing) }
    }

    private static func payloadHash(
        _ request: SignableRequest, _ bodyHash: [UInt8]
    ) throws(AuthenticationFailure) -> [UInt8] {
        guard let claimed = request.header("X-Amz-Content-Sha256") else { return bodyHash }
        let bytes = Array(claimed.utf8)
        guard claimed == "UNSIGNED-PAYLOAD" || bytes == bodyHash else { throw .wrongPayloadHash }
        return bytes
    }
}

/// Compares without telling by its duration where two texts differ.
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
