/// How types and functions are declared: found by their files, and explained.
enum DeclarationRules {
    /// A file that declares one type for others has its name, so that it is found by it.
    ///
    /// Files of several types are named after what they have in common, and `Type+aspect.swift`
    /// after the type that they extend.
    static func misnamed(_ source: SwiftSource, name: String) -> [Finding] {
        guard !name.contains("+") else { return [] }
        let types = declarations(in: source).filter { $0.isOutermost && !$0.isPrivate }
        guard types.count == 1, types[0].name != name else { return [] }
        return [
            Finding(
                line: types[0].line,
                message: "the only type of \(name).swift is \(types[0].name); name the file so")
        ]
    }

    /// What other targets see says what it is.
    static func unexplained(_ source: SwiftSource) -> [Finding] {
        declarations(in: source).filter { $0.isForOthers }
            .filter { !hasComment(line: $0.line, in: source) }
            .map { Finding(line: $0.line, message: "\($0.name) has no comment; say what it is") }
    }

    /// The names of functions that have a comment.
    static func explainedFunctions(_ source: SwiftSource) -> Set<String> {
        Set(functions(in: source).filter { hasComment(line: $0.line, in: source) }.map(\.name))
    }

    /// What other targets call says what it does, unless a function of its name does: what a
    /// protocol asks for is explained there.
    static func unexplainedFunctions(
        _ source: SwiftSource, besides explained: Set<String>
    ) -> [Finding] {
        functions(in: source).filter { $0.isForOthers && !explained.contains($0.name) }
            .filter { !hasComment(line: $0.line, in: source) }
            .map { Finding(line: $0.line, message: "\($0.name) has no comment; say what it does") }
    }

    private static func hasComment(line: Int, in source: SwiftSource) -> Bool {
        let above = source.lines[..<(line - 1)].reversed()
            .map { $0.drop { $0 == " " } }
            .first { !$0.hasPrefix("@") && !$0.hasPrefix("#if") }
        return above?.hasPrefix("///") == true
    }

    private static func functions(
        in source: SwiftSource
    ) -> [(line: Int, name: String, isForOthers: Bool)] {
        source.code.enumerated().compactMap { index, code in
            let words = code.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            // Operators are known.
            guard let keyword = words.firstIndex(of: "func"), keyword + 1 < words.count,
                code.contains("func \(words[keyword + 1])")
            else { return nil }
            let before = words[..<keyword]
            return (
                index + 1, String(words[keyword + 1]),
                before.contains("package") || before.contains("public")
            )
        }
    }

    private struct Declaration {
        let line: Int
        let name: String
        let isOutermost: Bool
        let isPrivate: Bool
        let isForOthers: Bool
    }

    private static let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor"]
    private static let modifiers: Set<Substring> = [
        "package", "public", "private", "fileprivate", "final", "indirect", "nonisolated",
    ]

    private static func declarations(in source: SwiftSource) -> [Declaration] {
        source.code.enumerated().compactMap { index, code in
            let words = code.split { !($0.isLetter || $0.isNumber || "_@".contains($0)) }
                .drop { $0.hasPrefix("@") || modifiers.contains($0) }
            guard let kind = words.first, kinds.contains(kind), words.count > 1,
                words[words.startIndex + 1] != "func", words[words.startIndex + 1] != "var"
            else { return nil }
            let before = code.split(separator: " ").prefix { !kinds.contains($0) }
            return Declaration(
                line: index + 1, name: String(words[words.startIndex + 1]),
                isOutermost: code.first != " ",
                isPrivate: before.contains("private") || before.contains("fileprivate"),
                isForOthers: before.contains("package") || before.contains("public"))
        }
    }
}
