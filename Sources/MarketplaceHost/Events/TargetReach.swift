import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where the server may send requests of its own: to this machine, unless a setting allows more.
///
/// A shared server must not be a way into the network that it is in.
package struct TargetReach: Sendable {
    package var allowsRemote: Bool

    package init(allowsRemote: Bool = false) {
        self.allowsRemote = allowsRemote
    }

    static let wayOut = "start the server with --allow-remote-targets to allow it"

    /// Why a URL will never be reached; nil where it may be.
    package func objection(to url: TargetURL) -> String? {
        if allowsRemote { return nil }
        // A name's addresses are checked, and then used, which a certificate would not allow.
        if url.isSecure { return "only http reaches this machine: \(Self.wayOut)" }
        guard let address = Self.literal(url.host), !address.isLoopback else { return nil }
        return "\(url.host) is not an address of loopback: \(Self.wayOut)"
    }

    /// The URLs to try one after the other, with addresses for a name, all of which were checked.
    func urls(for url: TargetURL) async throws -> [String] {
        let scheme = url.isSecure ? "https" : "http"
        if allowsRemote { return ["\(scheme)://\(url.authority)\(url.target)"] }
        if let objection = objection(to: url) { throw Unreachable(reason: objection) }
        let host = url.host
        let addresses = try await NIOThreadPool.singleton.runIfActive {
            Self.addresses(of: host)
        }
        guard !addresses.isEmpty else {
            throw Unreachable(reason: "\(host) cannot be resolved")
        }
        if let outside = addresses.first(where: { !$0.isLoopback }) {
            throw Unreachable(
                reason: "\(host) is \(outside.text), which is not loopback: \(Self.wayOut)")
        }
        return addresses.map { "\(scheme)://\($0.inURL):\(url.port)\(url.target)" }
    }

    struct Unreachable: Error {
        let reason: String
    }

    /// An address of either family, as its bytes.
    struct Address: Hashable {
        let bytes: [UInt8]
        let text: String

        var inURL: String { bytes.count == 16 ? "[\(text)]" : text }

        var isLoopback: Bool {
            if bytes.count == 4 { return bytes[0] == 127 }
            let isMapped = bytes.dropFirst(10).prefix(2).allSatisfy { $0 == 0xFF }
            if bytes.prefix(10).allSatisfy({ $0 == 0 }), isMapped { return bytes[12] == 127 }
            return bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        }
    }

    /// The address that a text is, without asking anybody.
    static func literal(_ host: String) -> Address? {
        addresses(of: host, flags: AI_NUMERICHOST).first
    }

    /// All addresses of a host, those of IPv4 first; it blocks while it asks.
    static func addresses(of host: String, flags: Int32 = 0) -> [Address] {
        var hints = addrinfo()
        hints.ai_flags = flags
        // Each address comes once for each type of socket.
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [Address] = []
        var entry = list
        while let current = entry {
            if let address = current.pointee.address { addresses.append(address) }
            entry = current.pointee.ai_next
        }
        return addresses.filter { $0.bytes.count == 4 } + addresses.filter { $0.bytes.count != 4 }
    }
}

extension addrinfo {
    fileprivate var address: TargetReach.Address? {
        guard let start = UnsafeRawPointer(ai_addr) else { return nil }
        switch ai_family {
        case AF_INET:
            var address = start.loadUnaligned(as: sockaddr_in.self).sin_addr
            return TargetReach.Address(
                bytes: withUnsafeBytes(of: address) { Array($0) },
                text: text(AF_INET, &address))
        case AF_INET6:
            var address = start.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return TargetReach.Address(
                bytes: withUnsafeBytes(of: address) { Array($0) },
                text: text(AF_INET6, &address))
        default: return nil
        }
    }

    private func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(family, address, &buffer, socklen_t(buffer.count))
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}
