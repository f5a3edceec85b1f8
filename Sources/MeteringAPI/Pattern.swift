/// A pattern of the model, matched over bytes: regular expressions are too slow for the hot path.
enum Pattern: Sendable {
    case any, nonEmpty, accountID, productCode, decimal
    /// The class holds ` -=`, which is a range from the space to the equals sign and so admits
    /// more than AWS's prose lists.
    case tag
    case licenseARN

    /// The model's spelling, which messages quote.
    var source: String {
        switch self {
        case .any: #"[\s\S]*"#
        case .nonEmpty: #"[\s\S]+"#
        case .accountID: "^[0-9]+$"
        case .productCode: "^[-a-zA-Z0-9/=:_.@]*$"
        case .decimal: #"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$"#
        case .tag: #"^[a-zA-Z0-9+ -=._:\/@]+$"#
        case .licenseARN:
            "^arn:aws[a-zA-Z-]*:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}"
                + ":[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,1023}$"
        }
    }

    func matches(_ text: String) -> Bool {
        switch self {
        case .any: true
        case .nonEmpty: !text.isEmpty
        case .accountID: !text.isEmpty && areAll(text, isDigit)
        case .productCode:
            areAll(text) { isAlphanumeric($0) || isOne(of: "-/=:_.@", $0) }
        case .decimal: Quantity(decimal: text) != nil
        case .tag:
            !text.isEmpty
                && areAll(text) { byte in
                    isAlphanumeric(byte) || (0x20...0x3D).contains(byte) || isOne(of: "_@", byte)
                }
        case .licenseARN: isLicenseARN(text)
        }
    }
}

/// Whether all bytes are of a class; over the text's memory, because the iterator of a text takes
/// several times as long.
private func areAll(_ text: String, _ isOfClass: (UInt8) -> Bool) -> Bool {
    text.withBytes { utf8 in
        for byte in utf8 where !isOfClass(byte) { return false }
        return true
    }
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
