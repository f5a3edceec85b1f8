/// What the id of an access key may look like.
package enum AccessKeyID {
    /// Whether the text has AWS's form: 16 to 128 letters and digits.
    package static func isWellFormed(_ text: String) -> Bool {
        (16...ModelLimits.accessKeyID).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 &- 48 < 10 || $0 &- 65 < 26 || $0 &- 97 < 26 }
    }

    /// Whether the text is short and visible, which keys made up for tests are as well.
    package static func isBounded(_ text: String) -> Bool {
        (1...ModelLimits.accessKeyID).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
    }
}
