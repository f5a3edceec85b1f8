import AWSWire
import Crypto

/// The text of a registration token.
///
/// AWS publishes no format; real tokens contain `+`, `/` and `=`, and break in sellers' code that
/// decodes them once too little or too often. So ours always contain all three.
package enum TokenText {
    /// Random bytes in a token, far beyond guessing.
    private static let randomBytes = 48

    /// A new token.
    package static func make(using generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for _ in 0..<(randomBytes * 4 / 3) {
            text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
        }
        text[Int.random(in: 4..<28, using: &generator)] = UInt8(ascii: "+")
        text[Int.random(in: 32..<56, using: &generator)] = UInt8(ascii: "/")
        return String(decoding: text, as: UTF8.self) + "=="
    }

    /// What a token is found by: the catalog does not keep its text.
    package static func digest(of text: String) -> String {
        String(
            decoding: Hexadecimal.digits(of: SHA256.hash(data: Array(text.utf8))), as: UTF8.self)
    }
}
