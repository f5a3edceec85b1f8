/// Ids that the marketplace makes up, in the forms that AWS's have.
///
/// Each is a hash of what it names. So it is the same after every start and reset, two names of one
/// company do not lead to one id, and nobody has to keep it.
package enum MadeUpID {
    /// What licences, offers and products are called where nobody chose it.
    private enum Purpose: String {
        case license, offer, product, request, subscription
    }

    /// The account of AWS Marketplace itself, which issues all licences.
    static let issuerAccountID = "294406891311"

    /// A licence's ARN: without a region, and with 32 hexadecimal digits.
    static func licenseARN(ofAgreement id: String, in partition: String) -> String {
        "arn:\(partition):license-manager::\(issuerAccountID):license:l-"
            + digits(of: id, .license, radix: 16, count: 32)
    }

    static func offer(ofAgreement id: String) -> String {
        "offer-" + digits(of: id, .offer, radix: 36, count: 13)
    }

    static func product(ofCode code: String) -> String {
        "prod-" + digits(of: code, .product, radix: 36, count: 13)
    }

    /// The UUID of the request that an event came of.
    static func request(ofEvent id: String) -> String { uuid(of: id, .request) }

    /// The UUID of a target's subscription to topics.
    package static func subscription(ofTarget id: String) -> String { uuid(of: id, .subscription) }

    private static func uuid(of name: String, _ purpose: Purpose) -> String {
        let digits = Array(digits(of: name, purpose, radix: 16, count: 32).utf8)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
    }

    /// Digits from 0 to 9 and from a on.
    private static func digits(
        of name: String, _ purpose: Purpose, radix: UInt128, count: Int
    ) -> String {
        var hash = hash(of: name, purpose)
        let digits = (0..<count).map { _ in
            defer { hash /= radix }
            let digit = UInt8(hash % radix)
            return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// FNV-1a in 128 bits, and its high bits mixed into the low ones.
    private static func hash(of name: String, _ purpose: Purpose) -> UInt128 {
        let prime: UInt128 = 1 << 88 | 0x13B
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        for text in [purpose.rawValue, name] {
            for byte in text.utf8 { hash = (hash ^ UInt128(byte)) &* prime }
            // So that the two are not one text.
            hash = (hash ^ 0x100) &* prime
        }
        for shift in [67, 59] { hash = (hash ^ hash >> UInt128(shift)) &* prime }
        return hash ^ hash >> 64
    }
}
