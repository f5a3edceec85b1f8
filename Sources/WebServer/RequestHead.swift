import HTTPTypes
import NIOHTTP1

/// The head of a request, in the form that does not depend on how it was written.
struct RequestHead {
    /// The request without its body.
    let request: PlainRequest
    /// Whether the client knows HTTP/1.1: chunks and interim answers.
    let isModern: Bool
    /// Whether the connection stays open after the answer.
    let keepsAlive: Bool
    /// Whether the client sends its body only once it is asked to (RFC 9110, section 10.1.1).
    let expectsContinue: Bool
    /// The bytes of the body as far as the client says.
    let declaredLength: Int?

    /// Why a head is no proper request; a sentence for the client.
    struct Objection: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    init(_ head: HTTPRequestHead) throws(Objection) {
        isModern = head.version.minor >= 1
        let (fields, hosts) = Self.fields(of: head.headers)
        let target = try Self.target(head)
        guard hosts.count <= 1 else {
            throw Objection("the request has \(hosts.count) Host fields: send one")
        }
        guard !hosts.isEmpty || !isModern else {
            throw Objection("the request has no Host field: HTTP/1.1 asks for one")
        }
        guard let method = HTTPRequest.Method(head.method.rawValue) else {
            throw Objection("the method is none of HTTP's")
        }
        let (path, query) = Self.split(target.path)
        request = PlainRequest(
            method: method, path: path, query: query, headers: fields,
            // The host of an absolute target counts, not the field (RFC 9112, section 3.2.2).
            authority: target.authority ?? hosts.first)
        // The parser reads nothing more after what asks for another protocol.
        keepsAlive = head.isKeepAlive && method != .connect && fields[.upgrade] == nil
        expectsContinue = isModern && fields[.expect]?.lowercased() == "100-continue"
        declaredLength = fields.number(.contentLength).map { Int(clamping: $0) }
    }

    /// Header fields without `Host`, and the values of those.
    private static func fields(of headers: HTTPHeaders) -> (HTTPFields, hosts: [String]) {
        var fields = HTTPFields()
        fields.reserveCapacity(headers.count)
        var hosts: [String] = []
        for (name, value) in headers {
            guard let fieldName = HTTPField.Name(name) else { continue }
            if fieldName == .host {
                hosts.append(value)
            } else {
                fields.append(HTTPField(name: fieldName, value: value))
            }
        }
        return (fields, hosts)
    }

    /// The path with its query, and the host where the target names one.
    private static func target(
        _ head: HTTPRequestHead
    ) throws(Objection) -> (path: String, authority: String?) {
        if head.uri.utf8.first == UInt8(ascii: "/") { return (head.uri, nil) }
        // It names a host to connect to, which is not done here.
        if head.method == .CONNECT { return ("/", nil) }
        guard let mark = head.uri.firstRange(of: "://") else { return (head.uri, nil) }
        let scheme = head.uri[..<mark.lowerBound].lowercased()
        let rest = head.uri[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard scheme == "http" || scheme == "https", !authority.isEmpty, !authority.contains("@")
        else { throw Objection("the target is neither a path nor a URL of http") }
        let path = rest.dropFirst(authority.count)
        return (path.first == "/" ? String(path) : "/\(path)", String(authority))
    }

    private static func split(_ target: String) -> (path: String, query: String) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target, "") }
        return (String(target[..<mark]), String(target[target.utf8.index(after: mark)...]))
    }
}

extension HTTPField.Name {
    /// HTTPTypes has it as a pseudo field only.
    fileprivate static let host = HTTPField.Name("Host") ?? .via
}
