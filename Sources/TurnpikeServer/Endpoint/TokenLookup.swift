import Marketplace

extension TokenText {
    /// Looks a token up by its hash; where there is none, by what it may have been before a
    /// client spoiled it, for the hint.
    static func find(_ text: String, in catalog: Catalog) -> ResolveCustomerRules.Finding {
        func token(_ text: String) -> RegistrationToken? {
            catalog.registrationTokens[digest(of: text)]
        }
        if let found = token(text) { return .known(found) }
        if let decoded = percentDecoded(text), let found = token(decoded) {
            return .knownAfterDecoding(found)
        }
        if text.utf8.contains(UInt8(ascii: " ")),
            let found = token(String(text.map { $0 == " " ? "+" : $0 }))
        {
            return .knownWithPlusSigns(found)
        }
        return .unknown
    }

    private static func percentDecoded(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "%") else {
                decoded.append(bytes[position])
                position += 1
                continue
            }
            guard position + 2 < bytes.count,
                let byte = UInt8(
                    String(decoding: bytes[position + 1...position + 2], as: UTF8.self), radix: 16)
            else { return nil }
            decoded.append(byte)
            position += 3
        }
        return decoded == bytes ? nil : String(decoding: decoded, as: UTF8.self)
    }
}
