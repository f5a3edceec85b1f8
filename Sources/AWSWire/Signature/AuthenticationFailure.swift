package import MeteringAPI

/// Why a request is not taken for its sender's, with AWS's type and text.
package enum AuthenticationFailure: Error, Sendable, Hashable {
    case missing
    case headerAndQuery
    /// Sentences about what the header lacks, and the header.
    case incomplete(lacks: [String], header: String)
    /// The date is in no form that is known.
    case malformedDate(String)
    case unknownKey(hint: String)
    case wrongSessionToken(hint: String)
    case expiredToken
    case expired(signed: Timestamp, now: Timestamp)
    case notYetCurrent(signed: Timestamp, now: Timestamp)
    case wrongDate(scope: String, signed: String)
    case wrongService
    case wrongRegion(String)
    /// Headers that must be signed and are not.
    case unsignedHeaders([String])
    /// The names of the signed headers are not lower-case, not sorted, or come twice.
    case unorderedHeaders
    /// More headers are named as signed than were sent.
    case absentHeaders
    case wrongPayloadHash
    case wrongSignature

    /// What goes on the wire.
    package var envelope: ErrorEnvelope {
        ErrorEnvelope(type: type, message: message)
    }

    private var type: String {
        switch self {
        case .missing: "MissingAuthenticationTokenException"
        case .incomplete, .malformedDate: "IncompleteSignatureException"
        case .unknownKey, .wrongSessionToken: "UnrecognizedClientException"
        // Told apart from the marketplace's own exception of this name, at least in logs.
        case .expiredToken: ErrorEnvelope.frameworkNamespace + "ExpiredTokenException"
        default: "InvalidSignatureException"
        }
    }

    private var message: String {
        let skew = ReadingLimits.skewMinutes
        switch self {
        case .missing: return "Missing Authentication Token"
        case .headerAndQuery:
            return "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
                + "HTTP header."
        case .incomplete(let lacks, let header):
            return (lacks + ["Authorization=\(header)"]).joined(separator: " ")
        case .malformedDate(let date):
            return "Date must be in ISO-8601 'basic format'. Got '\(date)'. "
                + "See http://en.wikipedia.org/wiki/ISO_8601"
        case .unknownKey, .wrongSessionToken:
            return "The security token included in the request is invalid."
        case .expiredToken: return "The security token included in the request is expired"
        case .expired(let signed, let now):
            let earliest = AmzDate.text(now.adding(seconds: -skew * 60))
            return "Signature expired: \(AmzDate.text(signed)) is now earlier than \(earliest) "
                + "(\(AmzDate.text(now)) - \(skew) min.)"
        case .notYetCurrent(let signed, let now):
            let latest = AmzDate.text(now.adding(seconds: skew * 60))
            return "Signature not yet current: \(AmzDate.text(signed)) is still later than "
                + "\(latest) (\(AmzDate.text(now)) + \(skew) min.)"
        case .wrongDate(let scope, let signed):
            return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                + "date from HTTP: '\(scope)' != '\(signed)', from '\(signed)'."
        case .wrongService:
            return "Credential should be scoped to correct service: 'aws-marketplace'. "
        case .wrongRegion(let region):
            return "Credential should be scoped to a valid region, not '\(region)'. "
        case .unsignedHeaders, .unorderedHeaders, .absentHeaders, .wrongPayloadHash,
            .wrongSignature:
            return "The request signature we calculated does not match the signature you "
                + "provided. Check your AWS Secret Access Key and signing method. Consult the "
                + "service documentation for details."
        }
    }

    /// A sentence for the explanation; it holds no secret.
    package var hint: String {
        switch self {
        case .missing: "the request carries no Authorization header"
        case .headerAndQuery: "the request is signed in its header and in its query"
        case .incomplete(let lacks, _): lacks.joined(separator: " ")
        case .malformedDate: "X-Amz-Date must look like 20150830T123600Z"
        case .unknownKey(let hint), .wrongSessionToken(let hint): hint
        case .expiredToken: "the credentials expired; ask for new ones"
        case .expired, .notYetCurrent:
            "the signature's time is more than \(ReadingLimits.skewMinutes) minutes from the real "
                + "clock"
        case .wrongDate: "the scope's date is not the day of X-Amz-Date"
        case .wrongService: "the credential's scope must name the service aws-marketplace"
        case .wrongRegion(let region): "'\(region)' is no region"
        case .unsignedHeaders(let names):
            "these headers must be signed: \(names.joined(separator: ", "))"
        case .unorderedHeaders: "SignedHeaders must be lower-case and sorted, each name once"
        case .absentHeaders: "SignedHeaders names more headers than the request has"
        case .wrongPayloadHash: "X-Amz-Content-Sha256 is not the hash of the body"
        case .wrongSignature:
            "the secret differs, or the request was changed after it was signed"
        }
    }
}
