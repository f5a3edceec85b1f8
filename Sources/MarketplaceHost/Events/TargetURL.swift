import MeteringAPI

/// An address that events are sent to, in its parts.
package struct TargetURL: Sendable, Hashable {
    let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    package let host: String
    package let port: Int
    /// Host and port as they are written.
    package let authority: String
    /// From the first slash on, with the query.
    package let target: String

    /// Nil for what is no absolute URL of http or https, or has a user's name in it.
    package init?(_ text: String) {
        guard text.utf8.count <= ModelLimits.text * 8,
            text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }),
            let mark = text.firstRange(of: "://")
        else { return nil }
        switch text[..<mark.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let path = rest.dropFirst(authority.count)
        guard !path.contains("#"), !authority.contains("@"),
            let (host, port) = Self.parts(of: authority)
        else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        self.authority = String(authority)
        target = path.first == "/" ? String(path) : "/" + path
    }

    package var path: String { String(target.prefix { $0 != "?" }) }

    package var query: String { String(target.drop { $0 != "?" }.dropFirst()) }

    private static func parts(of authority: Substring) -> (host: String, port: Int?)? {
        let isBracketed = authority.first == "["
        let host =
            isBracketed
            ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        var rest = authority.dropFirst(host.count + (isBracketed ? 1 : 0))
        if isBracketed {
            guard rest.first == "]" else { return nil }
            rest.removeFirst()
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return (String(host), nil) }
        guard rest.first == ":",
            let port = WholeNumber.digits(rest.dropFirst(), atMost: 5, in: 1...65_535)
        else { return nil }
        return (String(host), Int(port))
    }
}
