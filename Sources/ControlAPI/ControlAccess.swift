import AWSWire
import HTTPTypes
import MeteringAPI
package import WebServer

/// Who may use the control API.
///
/// With a bearer token, whoever sends it. Without one only programs on this machine: the server is
/// bound to loopback, and the request names it by a loopback name and comes from no foreign page,
/// because any page in a developer's browser can send requests here.
package struct ControlAccess: Sendable {
    private let token: String?
    private let isLoopback: Bool

    package init(token: String?, isLoopback: Bool) {
        self.token = token
        self.isLoopback = isLoopback
    }

    /// Whether a bearer token is asked for; otherwise it is a matter of where a request comes from.
    var asksForToken: Bool { token != nil }

    package func check(_ request: PlainRequest) throws(Problem) {
        if let token {
            let sent = request.headers[.authorization] ?? ""
            guard sent.prefix(7).lowercased() == "bearer ",
                isEqualInConstantTime(Array(sent.dropFirst(7).utf8), Array(token.utf8))
            else {
                throw Problem(
                    401,
                    "send the header 'Authorization: Bearer …' with the server's "
                        + "TURNPIKE_CONTROL_TOKEN")
            }
            return
        }
        guard isLoopback else {
            throw Problem(
                403,
                "the server is not bound to loopback, so its control API needs a token: "
                    + "start it with TURNPIKE_CONTROL_TOKEN set")
        }
        guard let host = request.authority.flatMap(Self.name),
            Loopback.isName(host)
        else {
            throw Problem(
                403,
                "the control API answers on loopback only: use http://127.0.0.1 or "
                    + "http://localhost, or start the server with TURNPIKE_CONTROL_TOKEN set")
        }
        guard let origin = request.headers[.origin] else { return }
        guard origin == "http://\(request.authority ?? "")" else {
            throw Problem(403, "a page of another origin may not use the control API")
        }
    }

    /// The host without its port, in lower case; nil where what follows it is no port.
    private static func name(_ authority: String) -> String? {
        let name =
            authority.first == "["
            ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        guard authority.hasPrefix(name) else { return nil }
        let rest = authority.dropFirst(name.count)
        let port = WholeNumber.digits(rest.dropFirst(), atMost: 5, in: 0...65_535)
        guard rest.isEmpty || rest.first == ":" && port != nil else { return nil }
        return name.lowercased()
    }
}
