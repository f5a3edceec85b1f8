import MeteringAPI

/// Names of this machine that lead nowhere else.
package enum Loopback {
    /// Whether a host is this machine itself.
    package static func isName(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]" || isIPv4(host)
    }

    private static func isIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy {
                WholeNumber.digits($0, atMost: 3, in: 0...255) != nil
            }
    }
}
