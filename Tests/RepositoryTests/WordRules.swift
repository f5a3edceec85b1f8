/// Rules about words whose surroundings decide whether they may stand.
enum WordRules {
    /// A note to oneself in a comment, or in a file that has no comments that we know.
    static func notes(_ lines: [String]) -> [Finding] {
        lines.enumerated().compactMap { offset, line in
            BannedWord.notes.first { Words.contains($0, in: line) }.map {
                Finding(
                    line: offset + 1,
                    message: "`\($0)`: do it now, or open an issue and name it in words")
            }
        }
    }

    /// A trap must say what went wrong: its text is all that a crash report has.
    static func trapsWithoutSentence(_ source: SwiftSource) -> [Finding] {
        let traps = ["fatalError(", "preconditionFailure("]
        return source.code.indices.flatMap { index in
            traps.flatMap { trap in
                Words.offsets(of: trap, in: source.code[index]).compactMap { start in
                    let argument = argument(
                        in: source.lines, line: index, offset: start + trap.utf8.count)
                    return isSentence(argument)
                        ? nil
                        : Finding(
                            line: index + 1,
                            message: "`\(trap)` without a sentence: say what cannot have happened")
                }
            }
        }
    }

    /// Where the compiler's checks are switched off, the comment above says what holds instead.
    static func unexplainedUnsafety(_ source: SwiftSource) -> [Finding] {
        let words = ["@unchecked Sendable", "nonisolated(unsafe)"]
        return source.code.indices.flatMap { index in
            words.filter { Words.contains($0, in: source.code[index]) }
                .filter { _ in !hasCommentAbove(source, index) }
                .map {
                    Finding(
                        line: index + 1,
                        message: "`\($0)` without a comment above it: name the invariant that "
                            + "makes it safe")
                }
        }
    }

    private static func argument(in lines: [String], line: Int, offset: Int) -> Substring {
        let rest = String(decoding: lines[line].utf8.dropFirst(offset), as: UTF8.self)
        let following = lines.dropFirst(line + 1).prefix(1)
        return ([rest] + following).joined(separator: " ").drop { $0 == " " }
    }

    private static func isSentence(_ argument: Substring) -> Bool {
        let text = argument.drop { $0 == "#" || $0 == "\"" }
        guard text.startIndex != argument.startIndex else { return false }
        return text.prefix { $0 != "\"" }.split(separator: " ").count > 1
    }

    /// Attributes may stand between, and so may the lines of a declaration's head.
    private static func hasCommentAbove(_ source: SwiftSource, _ index: Int) -> Bool {
        for above in source.lines[..<index].indices.reversed().prefix(4) {
            let code = source.code[above].filter { !$0.isWhitespace }
            let comment = source.comments[above].filter { !$0.isWhitespace }
            if code.isEmpty { return !comment.isEmpty }
            if let last = code.last, "{};".contains(last) { return false }
        }
        return false
    }
}
