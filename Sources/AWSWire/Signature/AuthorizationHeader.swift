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
        guard let (accessKeyID, scope) = Self.credential(parameters.credential ?? []),
            let signature = parameters.signature, var names = parameters.signedHeaders
        else {
            throw Missing(
                parameters: [
                    Self.credential(parameters.credential ?? []) == nil ? "Credential" : nil,
                    parameters.signature == nil ? "Signature" : nil,
                    parameters.signedHeaders == nil ? "SignedHeaders" : nil,
                ].compactMap(\.self))
        }
        self.accessKeyID = accessKeyID
        self.scope = scope
        self.signature = String(decoding: signature, as: UTF8.self)
        var signedHeaders: [String] = []
        while !names.isEmpty {
            let name = names.removePart(before: UInt8(ascii: ";"))
            if !name.isEmpty { signedHeaders.append(String(decoding: name, as: UTF8.self)) }
        }
        self.signedHeaders = signedHeaders
    }

    /// The four last parts are the scope, because a slash may stand in an access key's id.
    private static func credential(
        _ bytes: ArraySlice<UInt8>
    ) -> (accessKeyID: String, CredentialScope)? {
        let slash = UInt8(ascii: "/")
        var rest = bytes
        guard let terminator = rest.removePart(behind: slash),
            terminator.elementsEqual(CredentialScope.terminator.utf8),
            let service = rest.removePart(behind: slash),
            let region = rest.removePart(behind: slash),
            let date = rest.removePart(behind: slash),
            let first = rest.first, first != slash
        else { return nil }
        let scope = CredentialScope(
            date: String(decoding: date, as: UTF8.self),
            region: String(decoding: region, as: UTF8.self),
            service: String(decoding: service, as: UTF8.self))
        return (String(decoding: rest, as: UTF8.self), scope)
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
            var rest = Array(header.utf8).dropFirst(AuthorizationHeader.algorithm.utf8.count)
            while !rest.isEmpty {
                var part = rest.removePart(before: UInt8(ascii: ","))
                let name = part.removePart(before: UInt8(ascii: "="))
                    .drop { $0 == UInt8(ascii: " ") }
                guard !part.isEmpty else { continue }
                let value = part.removePart(before: UInt8(ascii: " "))
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

// Not `split`, which takes several times as long.
extension ArraySlice<UInt8> {
    /// Takes away what stands before the first separator, and the separator; all without one.
    fileprivate mutating func removePart(before separator: UInt8) -> Self {
        let end = firstIndex(of: separator) ?? endIndex
        defer { self = self[Swift.min(end + 1, endIndex)...] }
        return self[..<end]
    }

    /// Takes away what stands behind the last separator, and the separator; nil without one.
    fileprivate mutating func removePart(behind separator: UInt8) -> Self? {
        guard let start = lastIndex(of: separator) else { return nil }
        defer { self = self[..<start] }
        return self[(start + 1)...]
    }
}
