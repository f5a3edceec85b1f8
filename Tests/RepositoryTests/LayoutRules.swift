/// Lengths and white space.
enum LayoutRules {
    static let columns = 100
    static let linesInFile = 500
    static let linesInFunction = 60

    static func longLines(_ lines: [String]) -> [Finding] {
        numbered(lines).filter { $0.text.count > columns }.map {
            Finding(
                line: $0.line,
                message: "\($0.text.count) columns; break the line before column \(columns + 1)")
        }
    }

    /// Prose is wrapped like code; tables, links and examples cannot be.
    static func longMarkdownLines(_ text: String) -> [Finding] {
        let prose = Markdown(text).prose
        return longLines(
            prose.map { line in
                let isTable = line.drop { $0 == " " }.hasPrefix("|")
                return isTable || line.contains("://") || line.contains("](") ? "" : line
            })
    }

    static func trailingWhitespace(_ text: String) -> [Finding] {
        numbered(SwiftSource.split(text)).filter {
            $0.text.last?.isWhitespace ?? false
        }.map {
            Finding(line: $0.line, message: "white space at the end of the line; remove it")
        }
    }

    static func finalNewline(_ text: String) -> [Finding] {
        let count = SwiftSource.split(text).count
        if !text.isEmpty, !text.hasSuffix("\n") {
            return [Finding(line: count, message: "no newline at the end; add one")]
        }
        if text.hasSuffix("\n\n") {
            return [Finding(line: count, message: "empty lines at the end; remove them")]
        }
        return []
    }

    static func longFile(_ lines: [String]) -> [Finding] {
        guard lines.count > linesInFile else { return [] }
        return [
            Finding(
                line: linesInFile + 1,
                message: "\(lines.count) lines, \(linesInFile) at most; move one aspect to a file "
                    + "of its own, Type+aspect.swift")
        ]
    }

    static func longFunctions(_ source: SwiftSource) -> [Finding] {
        FunctionScanner(source).functions.filter { $0.lineCount > linesInFunction }.map {
            Finding(
                line: $0.line,
                message: "\($0.name) has \($0.lineCount) lines, \(linesInFunction) at most; "
                    + "give a part of it a name")
        }
    }

    private static func numbered(_ lines: [String]) -> [(line: Int, text: String)] {
        lines.enumerated().map { ($0.offset + 1, $0.element) }
    }
}
