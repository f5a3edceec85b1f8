import AWSWire
import HTTPTypes
import TurnpikeServer
import WebServer

/// A request as text: its first line, its headers, an empty line, its body.
///
/// Mutation works on bytes, so anything is read somehow.
struct RequestText {
    var method: String
    /// With its query.
    var target: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    init(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    init(_ bytes: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        var rest = bytes[...]
        var lines: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let line = rest.prefix { $0 != newline }
            rest = rest.dropFirst(line.count + 1)
            if line.isEmpty { break }
            lines.append(line)
        }
        body = Array(rest)
        let words = (lines.first ?? []).split(separator: UInt8(ascii: " "), maxSplits: 1)
        method = Self.text(words.first ?? [])
        target = Self.text(words.count > 1 ? words[1] : [])
        headers = lines.dropFirst().map { line in
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            let value = line.dropFirst(name.count + 1)
            return (Self.text(name), Self.text(value.drop { $0 == UInt8(ascii: " ") }))
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    var bytes: [UInt8] {
        let head =
            ["\(method) \(target)"] + headers.map { "\($0.name): \($0.value)" } + ["", ""]
        return Array(head.joined(separator: "\n").utf8) + body
    }

    private var pathAndQuery: (path: String, query: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    var signable: SignableRequest {
        let (path, query) = pathAndQuery
        return SignableRequest(method: method, path: path, query: query, headers: headers)
    }

    /// As the server's HTTP library would hand it on; nil where it would refuse it.
    var plain: PlainRequest? {
        guard let method = HTTPRequest.Method(method) else { return nil }
        let (path, query) = pathAndQuery
        var fields = HTTPFields()
        var authority: String?
        for header in headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            guard name.canonicalName != "host" else {
                authority = header.value
                continue
            }
            fields.append(HTTPField(name: name, value: header.value))
        }
        return PlainRequest(
            method: method, path: path, query: query, headers: fields, authority: authority,
            body: body)
    }
}

extension PlainRequest {
    /// What the signature of a request is made over, as the server sees it.
    var signable: SignableRequest {
        SignableRequest(
            method: method.rawValue, path: path, query: query,
            headers: (authority.map { [(name: "host", value: $0)] } ?? [])
                + headers.map { (name: $0.name.canonicalName, value: $0.value) })
    }
}
