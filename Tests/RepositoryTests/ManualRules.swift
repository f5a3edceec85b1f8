/// What can be set and what can be called must be described where users read.
enum ManualRules {
    /// A name that a user needs, and where the code has it.
    struct Name: Equatable {
        var line: Int
        var text: String
    }

    static let variablePrefix = "TURNPIKE_"

    /// The environment variables that a file names, in code, strings or comments.
    static func variables(_ source: SwiftSource) -> [Name] {
        source.lines.enumerated().flatMap { offset, line in
            variables(in: line).map { Name(line: offset + 1, text: $0) }
        }
    }

    static func undocumentedVariables(_ source: SwiftSource, manual: [String]) -> [Finding] {
        let known = Set(manual.flatMap(variables(in:)))
        return variables(source).filter { !known.contains($0.text) }.map {
            Finding(
                line: $0.line,
                message: "`\($0.text)` is described nowhere; \(place(manual.isEmpty))")
        }
    }

    static func undocumentedCommands(_ source: SwiftSource, manual: [String]) -> [Finding] {
        let lines = manual.flatMap(SwiftSource.split)
        return commands(source).filter { command in
            !lines.contains { isDescribed(command.text, in: $0) }
        }.map {
            Finding(
                line: $0.line,
                message: "the command `\($0.text)` is described nowhere; \(place(manual.isEmpty))")
        }
    }

    /// The commands that a file declares.
    ///
    /// A type whose configuration sets no name is called by its own, as ArgumentParser spells it.
    static func commands(_ source: SwiftSource) -> [Name] {
        let declarations = source.code.indices.filter {
            declaredCommand(source.code[$0]) != nil
        }
        var result: [Name] = []
        for (number, index) in declarations.enumerated() {
            let end =
                number + 1 < declarations.count ? declarations[number + 1] : source.lines.count
            let isNamed = source.code[index..<end].contains(where: setsName)
            if !isNamed, let type = declaredCommand(source.code[index]) {
                result.append(Name(line: index + 1, text: kebab(type)))
            }
        }
        for (index, code) in source.code.enumerated() where setsName(code) {
            if let mark = source.lines[index].firstRange(of: "commandName: \"") {
                let name = source.lines[index][mark.upperBound...].prefix { $0 != "\"" }
                result.append(Name(line: index + 1, text: String(name)))
            }
        }
        return result.sorted { $0.line < $1.line }
    }

    /// `ResetClock` is called `reset-clock`.
    static func kebab(_ type: String) -> String {
        let characters = Array(type)
        var result = ""
        for (index, character) in characters.enumerated() {
            let followsLower = index > 0 && !characters[index - 1].isUppercase
            let precedesLower =
                index > 0 && index + 1 < characters.count && characters[index + 1].isLowercase
            if character.isUppercase, followsLower || precedesLower, !result.isEmpty {
                result += "-"
            }
            result += character.lowercased()
        }
        return result
    }

    private static func setsName(_ code: String) -> Bool {
        Words.contains("commandName", in: code)
    }

    /// The type that a line declares as a command, if it does.
    private static func declaredCommand(_ code: String) -> String? {
        let protocols = ["ParsableCommand", "AsyncParsableCommand"]
        guard protocols.contains(where: { Words.contains($0, in: code) }) else { return nil }
        let words = code.split { $0 == " " || $0 == ":" || $0 == "," || $0 == "{" }
        guard let keyword = words.firstIndex(where: { ["struct", "class", "enum"].contains($0) }),
            keyword + 1 < words.count
        else { return nil }
        return String(words[keyword + 1])
    }

    /// A command counts where it is shown in use, or by itself in a code span.
    private static func isDescribed(_ command: String, in line: String) -> Bool {
        let isInUse = Words.contains("turnpike", in: line) || line.contains("`\(command)")
        return isInUse && Words.contains(command, in: line)
    }

    private static func variables(in text: String) -> [String] {
        text.ranges(of: variablePrefix).compactMap { range in
            let rest = text[range.upperBound...].prefix { character in
                character.isASCII
                    && (character.isUppercase || character.isNumber || character == "_")
            }
            guard let last = rest.last, last != "_" else { return nil }
            return variablePrefix + rest
        }
    }

    private static func place(_ isMissing: Bool) -> String {
        isMissing
            ? "there is no README.md and no Documentation/*.md yet: write one"
            : "add it to README.md or to a page of Documentation/"
    }
}
