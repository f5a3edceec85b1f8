/// A pattern of the model, matched over bytes: regular expressions are too slow for the hot path.
struct Pattern: Sendable {
    /// The model's spelling, which messages quote.
    let source: String
    let matches: @Sendable (String) -> Bool

    static let any = Pattern(source: #"[\s\S]*"#) { _ in true }

    static let nonEmpty = Pattern(source: #"[\s\S]+"#) { !$0.isEmpty }

    static let accountID = Pattern(source: "^[0-9]+$") { text in
        !text.isEmpty && text.utf8.allSatisfy(isDigit)
    }

    static let productCode = Pattern(source: "^[-a-zA-Z0-9/=:_.@]*$") { text in
        text.utf8.allSatisfy { isAlphanumeric($0) || isOne(of: "-/=:_.@", $0) }
    }

    static let decimal = Pattern(source: #"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$"#) { text in
        Quantity(decimal: text) != nil
    }

    /// The class holds ` -=`, which is a range from the space to the equals sign and so admits
    /// more than AWS's prose lists.
    static let tag = Pattern(source: #"^[a-zA-Z0-9+ -=._:\/@]+$"#) { text in
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                isAlphanumeric(byte) || (0x20...0x3D).contains(byte) || isOne(of: "_@", byte)
            }
    }

    static let licenseARN = Pattern(
        source: "^arn:aws[a-zA-Z-]*:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}"
            + ":[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,1023}$",
        matches: isLicenseARN)
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }

private func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

private func isOne(of characters: StaticString, _ byte: UInt8) -> Bool {
    characters.withUTF8Buffer { $0.contains(byte) }
}

private func isLicenseARN(_ text: String) -> Bool {
    let parts = text.utf8.split(
        separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].elementsEqual("arn".utf8), parts[1].starts(with: "aws".utf8)
    else { return false }
    guard parts[1].dropFirst(3).allSatisfy({ isLetter($0) || $0 == UInt8(ascii: "-") })
    else { return false }
    let inField: (UInt8) -> Bool = { isAlphanumeric($0) || isOne(of: "_/.-", $0) }
    guard let service = parts[2].first, isAlphanumeric(service), parts[2].count <= 63 else {
        return false
    }
    guard parts[2...4].allSatisfy({ $0.count <= 63 && $0.allSatisfy(inField) }) else {
        return false
    }
    guard let first = parts[5].first, isAlphanumeric(first), parts[5].count <= 1024 else {
        return false
    }
    return parts[5].allSatisfy { isAlphanumeric($0) || isOne(of: ":_/+=,@.-", $0) }
}
