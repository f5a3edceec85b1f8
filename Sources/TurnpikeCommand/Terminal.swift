/// Where commands print; nothing else here prints.
///
/// Much of what is printed was sent by others. Its control characters would move the cursor,
/// colour what follows or turn its direction round, so they are printed as escapes.
enum Terminal {
    /// Prints a text for people.
    static func print(_ text: String, terminator: String = "\n") {
        Swift.print(text.escapedForPeople, terminator: terminator)
    }

    /// Prints a text of JSON, which stays the same JSON.
    static func printJSON(_ text: String, terminator: String = "\n") {
        Swift.print(text.escapedJSON, terminator: terminator)
    }

    fileprivate static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension String {
    /// The text without what acts on a terminal; line breaks and tabs stay.
    fileprivate func escaped(_ escape: (Unicode.Scalar) -> String) -> String {
        guard unicodeScalars.contains(where: \.actsOnTerminal) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.actsOnTerminal {
                text += escape(scalar)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The text with escapes as Swift has them.
    var escapedForPeople: String { escaped { "\\u{\(Terminal.hexadecimal($0))}" } }

    /// The text without line breaks and tabs, too.
    var oneLine: String {
        replacing("\n", with: "\\u{000a}").replacing("\r", with: "\\u{000d}")
            .replacing("\t", with: "\\u{0009}")
    }

    /// The same for JSON: within its strings no other escape is needed, and outside of them none of
    /// these characters can stand.
    var escapedJSON: String { escaped { "\\u\(Terminal.hexadecimal($0))" } }
}

extension Unicode.Scalar {
    /// Control characters of both sets, and those that turn the direction of text.
    fileprivate var actsOnTerminal: Bool {
        switch value {
        case 0x09, 0x0A: false
        case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
