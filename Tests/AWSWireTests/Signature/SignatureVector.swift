import AWSWire
import Foundation
import MeteringAPI
import Testing

/// One case of AWS's published test suite for Signature Version 4.
struct SignatureVector: Sendable, CustomTestStringConvertible {
    /// The case's folder: `normalize-path/get-slash`.
    let name: String
    let request: RawRequest
    let signedRequest: RawRequest
    let canonicalRequest: String
    let stringToSign: String
    let authorization: String

    var testDescription: String { name }

    static let accessKeyID = "AKIDEXAMPLE"
    static let secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    /// 2015-08-30T12:36:00Z.
    static let time = Timestamp(seconds: 1_440_938_160)

    static let all: [SignatureVector] = load()

    static var signer: RequestSigner {
        RequestSigner(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, region: "us-east-1",
            service: "service")
    }

    /// The session token of the signed request, where it has one.
    var sessionToken: String? { signedRequest.request.header("X-Amz-Security-Token") }

    /// Whether the token was put into the request before it was signed.
    var signsToken: Bool { canonicalRequest.contains("x-amz-security-token") }

    /// The request that is to be signed: the suite's files leave the token out even where it is
    /// signed.
    var unsigned: RawRequest {
        var unsigned = request
        if signsToken, unsigned.request.header("X-Amz-Security-Token") == nil, let sessionToken {
            unsigned.request.headers.append((name: "X-Amz-Security-Token", value: sessionToken))
        }
        return unsigned
    }

    private static func load() -> [SignatureVector] {
        let folder = Bundle.module.resourceURL?.appending(path: "Fixtures/aws-sigv4-test-suite")
        guard let folder, let files = FileManager.default.subpaths(atPath: folder.path) else {
            return []
        }
        return files.filter { $0.hasSuffix(".req") }.sorted().compactMap { file in
            let stem = String(file.dropLast(4))
            func text(_ suffix: String) -> String? {
                let data = try? Data(contentsOf: folder.appending(path: stem + suffix))
                return data.map { String(decoding: $0, as: UTF8.self) }
            }
            guard let request = text(".req"), let signed = text(".sreq"),
                let canonical = text(".creq"), let toSign = text(".sts"),
                let authorization = text(".authz")
            else { return nil }
            let name = file.split(separator: "/").dropLast().joined(separator: "/")
            return SignatureVector(
                name: name, request: RawRequest(request), signedRequest: RawRequest(signed),
                canonicalRequest: canonical, stringToSign: toSign, authorization: authorization)
        }
    }
}

/// A request as text, taken apart.
struct RawRequest: Sendable {
    var request: SignableRequest
    var body: [UInt8]

    /// Reads a request whose path may hold a space, and whose headers may go on in the next line.
    init(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let words = lines.removeFirst().split(separator: " ")
        let target = words.dropFirst().dropLast().joined(separator: " ")
        let halves = target.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers: [(name: String, value: String)] = []
        while let line = lines.first, !line.isEmpty {
            lines.removeFirst()
            if line.hasPrefix(" "), let last = headers.indices.last {
                headers[last].value += "\n" + line
                continue
            }
            let parts = line.split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            // The blank after the colon is the message's, not the value's.
            let value = parts.last ?? ""
            headers.append(
                (
                    name: String(parts[0]),
                    value: String(value.dropFirst(value.hasPrefix(" ") ? 1 : 0))
                )
            )
        }
        request = SignableRequest(
            method: String(words.first ?? ""), path: String(halves.first ?? ""),
            query: halves.count > 1 ? String(halves[1]) : "", headers: headers)
        body = Array(lines.dropFirst().joined(separator: "\n").utf8)
    }
}
