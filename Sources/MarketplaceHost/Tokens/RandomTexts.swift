package import Marketplace

/// Random texts of the forms that AWS uses.
package enum RandomTexts {
    /// Characters of an alphabet.
    package static func text(_ length: Int, of alphabet: StaticString) -> String {
        let characters = alphabet.withUTF8Buffer { Array($0) }
        // An id is two of its numbers, and a character one.
        var generator = BufferedRandom(ids: length / 2 + 1)
        return String(
            decoding: (0..<length).map { _ in
                characters[Int.random(in: 0..<characters.count, using: &generator)]
            }, as: UTF8.self)
    }

    private static let digits: StaticString = "0123456789abcdef"
    private static let lower: StaticString = "abcdefghijklmnopqrstuvwxyz0123456789"
    private static let capitals: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    private static let letters: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let secret: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    package static var agreement: String { text(25, of: lower) }

    package static var customerIdentifier: String { text(11, of: letters) }

    package static var credential: CatalogEdit.CredentialTexts {
        CatalogEdit.CredentialTexts(
            accessKeyID: text(16, of: capitals), secretAccessKey: text(40, of: secret),
            sessionToken: text(160, of: secret), resourceID: text(17, of: digits))
    }
}
