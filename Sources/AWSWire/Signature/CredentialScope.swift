package import MeteringAPI

/// Where and when a signature is good for: `20150830/us-east-1/aws-marketplace/aws4_request`.
package struct CredentialScope: Sendable, Hashable {
    /// Eight digits.
    package var date: String
    package var region: String
    package var service: String

    package init(date: String, region: String, service: String) {
        self.date = date
        self.region = region
        self.service = service
    }

    static let terminator = "aws4_request"

    package var description: String { "\(date)/\(region)/\(service)/\(Self.terminator)" }
}

/// The header `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
struct AuthorizationHeader {
    let accessKeyID: String
    let scope: CredentialScope
    /// As sent; names that are not lower-case are none, as they are for AWS.
    let signedHeaders: [String]
    let signature: String

    static let algorithm = "AWS4-HMAC-SHA256"

    /// Which parameters a header lacks.
    struct Missing: Error {
        var parameters: [String]
    }

    init(_ header: String) throws(Missing) {
        let parameters = Parameters(header)
        let credential =
            parameters.credential?.split(
                separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) ?? []
        let isComplete =
            credential.count >= 5 && !credential[0].isEmpty
            && credential.last?.elementsEqual(CredentialScope.terminator.utf8) == true
        guard isComplete, let signature = parameters.signature,
            let names = parameters.signedHeaders
        else {
            throw Missing(
                parameters: [
                    isComplete ? nil : "Credential",
                    parameters.signature == nil ? "Signature" : nil,
                    parameters.signedHeaders == nil ? "SignedHeaders" : nil,
                ].compactMap(\.self))
        }
        let fields = credential.suffix(4).map { String(decoding: $0, as: UTF8.self) }
        accessKeyID = credential.dropLast(4).map { String(decoding: $0, as: UTF8.self) }.joined(
            separator: "/")
        scope = CredentialScope(date: fields[0], region: fields[1], service: fields[2])
        signedHeaders = names.split(separator: UInt8(ascii: ";")).map {
            String(decoding: $0, as: UTF8.self)
        }
        self.signature = String(decoding: signature, as: UTF8.self)
    }

    /// What stands behind the algorithm; of a name that comes twice, the last.
    ///
    /// Read as bytes, because every request has it and characters take ten times as long.
    private struct Parameters {
        var credential: ArraySlice<UInt8>?
        var signedHeaders: ArraySlice<UInt8>?
        var signature: ArraySlice<UInt8>?

        init(_ header: String) {
            guard header.hasPrefix(AuthorizationHeader.algorithm) else { return }
            let rest = Array(header.utf8).dropFirst(AuthorizationHeader.algorithm.utf8.count)
            for part in rest.split(separator: UInt8(ascii: ",")) {
                let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1)
                guard halves.count == 2 else { continue }
                let name = halves[0].drop { $0 == UInt8(ascii: " ") }
                let value = halves[1].prefix { $0 != UInt8(ascii: " ") }
                if name.elementsEqual("Credential".utf8) {
                    credential = value
                } else if name.elementsEqual("SignedHeaders".utf8) {
                    signedHeaders = value
                } else if name.elementsEqual("Signature".utf8) {
                    signature = value
                }
            }
        }
    }
}

/// The times of Signature Version 4: `20150830T123600Z`.
package enum AmzDate {
    /// Reads the compact form; nil for anything else.
    package static func timestamp(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z")
        else { return nil }
        func part(_ range: Range<Int>) -> String {
            String(decoding: bytes[range], as: UTF8.self)
        }
        return Timestamp(
            iso8601: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11))"
                + ":\(part(11..<13)):\(part(13..<15))Z")
    }

    /// Writes the compact form.
    package static func text(_ timestamp: Timestamp) -> String {
        let whole = Timestamp(seconds: timestamp.seconds)
        let digits = whole.iso8601.utf8.filter {
            $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":")
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads the form of HTTP's `Date` header: `Sun, 30 Aug 2015 12:36:00 GMT`.
    package static func timestamp(httpDate text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT",
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month + 1
        return Timestamp(
            iso8601: "\(parts[3])-\(number < 10 ? "0" : "")\(number)-\(parts[1])T\(parts[4])Z")
    }
}
