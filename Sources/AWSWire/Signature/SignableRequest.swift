/// What Signature Version 4 looks at of an HTTP request.
///
/// It knows no service, method or path: AWS's published test vectors go through it.
package struct SignableRequest: Sendable {
    package var method: String
    /// As sent, percent-encoded.
    package var path: String
    /// As sent, without the question mark.
    package var query: String
    /// In the order received; a name may come several times.
    package var headers: [(name: String, value: String)]

    package init(
        method: String, path: String, query: String = "",
        headers: [(name: String, value: String)]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }

    /// The first value of a header, compared without case.
    package func header(_ name: StaticString) -> String? {
        headers.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// The canonical request of these signed headers, which are lower-case and sorted; a path and
    /// query that are given are taken as they are.
    package func canonical(
        signedHeaders: [String], payloadHash: some Collection<UInt8>, path: [UInt8]? = nil,
        query: [UInt8]? = nil
    ) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(1024)
        text.append(contentsOf: method.utf8)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: path ?? CanonicalURI.path(self.path))
        text.append(UInt8(ascii: "\n"))
        if let query {
            text.append(contentsOf: query)
        } else if !self.query.isEmpty {
            text.append(contentsOf: CanonicalURI.query(self.query))
        }
        text.append(UInt8(ascii: "\n"))
        for name in signedHeaders {
            text.append(contentsOf: name.utf8)
            text.append(UInt8(ascii: ":"))
            appendValues(of: name, to: &text)
            text.append(UInt8(ascii: "\n"))
        }
        text.append(UInt8(ascii: "\n"))
        append(signedHeaders, to: &text)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: payloadHash)
        return text
    }

    private func append(_ names: [String], to text: inout [UInt8]) {
        for (index, name) in names.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ";")) }
            text.append(contentsOf: name.utf8)
        }
    }

    /// The values of a header, joined with commas, with runs of blanks made one.
    private func appendValues(of name: String, to text: inout [UInt8]) {
        var isFirst = true
        for header in headers where header.name.equalsIgnoringCase(name) {
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            let start = text.count
            var pendingBlank = false
            for byte in header.value.utf8 {
                if isBlank(byte) {
                    pendingBlank = text.count > start
                    continue
                }
                if pendingBlank { text.append(UInt8(ascii: " ")) }
                pendingBlank = false
                text.append(byte)
            }
        }
    }
}

private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
}

extension String {
    /// Compares ASCII without case.
    func equalsIgnoringCase(_ other: StaticString) -> Bool {
        other.withUTF8Buffer { buffer in
            utf8.count == buffer.count && zip(utf8, buffer).allSatisfy { lower($0) == lower($1) }
        }
    }

    /// Compares ASCII without case.
    func equalsIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { lower($0) == lower($1) }
    }
}

private func lower(_ byte: UInt8) -> UInt8 {
    byte &- 65 < 26 ? byte | 0x20 : byte
}

/// Paths and queries as Signature Version 4 writes them.
enum CanonicalURI {
    /// The path without dot segments and doubled slashes, encoded.
    static func path(_ path: String) -> [UInt8] {
        if path == "/" || path.isEmpty { return [UInt8(ascii: "/")] }
        var segments: [Substring.UTF8View] = []
        for segment in path.utf8.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        var result: [UInt8] = []
        for segment in segments {
            result.append(UInt8(ascii: "/"))
            append(segment, to: &result)
        }
        if path.utf8.last == UInt8(ascii: "/") || result.isEmpty {
            result.append(UInt8(ascii: "/"))
        }
        return result
    }

    /// The parameters, encoded and sorted by name and value.
    ///
    /// Names compare before the equals sign is written: `Param` comes before `Param-3`.
    static func query(_ query: String) -> [UInt8] {
        var parameters: [(name: [UInt8], value: [UInt8])] = []
        for parameter in query.utf8.split(separator: UInt8(ascii: "&")) {
            let halves = parameter.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            var encoded: (name: [UInt8], value: [UInt8]) = ([], [])
            append(halves[0], to: &encoded.name)
            if halves.count > 1 { append(halves[1], to: &encoded.value) }
            parameters.append(encoded)
        }
        parameters.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value)
                : left.name.lexicographicallyPrecedes(right.name)
        }
        let joined = parameters.map { $0.name + [UInt8(ascii: "=")] + $0.value }
            .joined(separator: [UInt8(ascii: "&")])
        return Array(joined)
    }

    private static func append(
        _ bytes: some Collection<UInt8>, to result: inout [UInt8]
    ) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            case UInt8(ascii: "%"): result.append(byte)
            default:
                result.append(UInt8(ascii: "%"))
                result.append(Hexadecimal.upper[Int(byte >> 4)])
                result.append(Hexadecimal.upper[Int(byte & 15)])
            }
        }
    }
}

/// Bytes as hexadecimal digits.
package enum Hexadecimal {
    static let upper = Array("0123456789ABCDEF".utf8)
    private static let lower = Array("0123456789abcdef".utf8)

    /// Two lower-case digits for each byte.
    package static func digits(of bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(64)
        for byte in bytes {
            result.append(lower[Int(byte >> 4)])
            result.append(lower[Int(byte & 15)])
        }
        return result
    }
}
