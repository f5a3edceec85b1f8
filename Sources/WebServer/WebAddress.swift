import FoundationEssentials

/// An address that a browser may be sent to: http or https, with a host.
package struct WebAddress: Sendable, Hashable {
    private let url: URL

    /// Nil for what is no absolute URL of http or https, or has a user's name in it.
    ///
    /// Programs read odd characters differently, so only such a text passes as all read alike.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }),
            let url = URL(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", url.host?.isEmpty == false, url.user == nil
        else { return nil }
        self.url = url
    }

    package var text: String { url.absoluteString }

    /// Where a `Location` leads from here.
    package func following(_ location: String) -> WebAddress? {
        URL(string: location, relativeTo: url).flatMap { WebAddress($0.absoluteString) }
    }

    /// Whether it is written as an address of this machine.
    package var isLoopback: Bool {
        Loopback.isName(url.host?.lowercased() ?? "")
    }
}
