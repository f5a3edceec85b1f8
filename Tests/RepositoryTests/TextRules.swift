/// Rules about identifiers, which are compared by their bytes.
///
/// `String` holds texts for equal whose bytes differ, such as "é" in one scalar and in two. So
/// sources neither compare names, ids and codes as `String` nor look something up by one.
enum TextRules {
    /// Types that compare or look up by `String`.
    private static let types = ["[String: ", "Set<String>", "Dictionary<String", "Heap<String"]

    /// How the names of members end that hold identifiers, or secrets that are compared.
    private static let endings = [
        "id", "ids", "identifier", "code", "dimension", "arn", "license", "token", "digest",
        "region", "resource", "buyer", "seller", "secret",
    ]

    private static let operators = ["==", "!=", "<", ">", "<=", ">="]

    static func comparedTexts(_ source: SwiftSource) -> [Finding] {
        source.code.enumerated().flatMap { offset, line -> [Finding] in
            let type = types.first { line.contains($0) }.map {
                Finding(
                    line: offset + 1,
                    message: "`\($0)` looks up by String: use FactTable or ExactText, which "
                        + "compare bytes")
            }
            let name = comparedName(in: line).map {
                Finding(
                    line: offset + 1,
                    message: "`\($0)` is compared as String: use hasSameBytes(as:) or ExactText")
            }
            return [type, name].compactMap(\.self)
        }
    }

    /// The identifier beside the first comparison of the line that has one, unless it is compared
    /// with nil, a number, a case, or a text that stands in the code, which is ASCII.
    private static func comparedName(in line: String) -> String? {
        let words = line.split(separator: " ").map(String.init)
        for index in words.indices.dropFirst().dropLast() where operators.contains(words[index]) {
            let (left, right) = (lastMember(words[index - 1]), firstChain(words[index + 1]))
            guard !isPlain(right), !isPlain(left) else { continue }
            if let name = [left, right].first(where: isIdentifier) { return name }
        }
        return nil
    }

    /// `$0.productCode` of `{($0.productCode`, and nothing of what ends in a call or a bracket.
    private static func lastMember(_ word: String) -> String {
        String(word.reversed().prefix { isPartOfChain($0) }.reversed())
    }

    private static func firstChain(_ word: String) -> String {
        let chain = word.drop { "([{".contains($0) }.prefix { isPartOfChain($0) || $0 == "\"" }
        // A call gives something else than the name says.
        return word.dropFirst(chain.count).first == "(" ? "0" : String(chain)
    }

    private static func isPartOfChain(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "._$?!".contains(character)
    }

    private static func isPlain(_ chain: String) -> Bool {
        guard let first = chain.first else { return true }
        return first.isNumber || chain == "nil" || "\".".contains(first) || first.isUppercase
    }

    private static func isIdentifier(_ chain: String) -> Bool {
        guard let member = chain.split(separator: ".").last else { return false }
        let name = member.filter { $0.isLetter }
        return endings.contains { ending in
            name.lowercased() == ending
                // The end of a name of several words: `productCode`, `buyerAccountID`.
                || name.lowercased().hasSuffix(ending)
                    && name.suffix(ending.count).first?.isUppercase == true
        }
    }
}
