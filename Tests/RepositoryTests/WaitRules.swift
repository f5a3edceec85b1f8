/// How tests wait for something.
enum WaitRules {
    /// A loop that yields until something has come ends where its test is cancelled, and a time
    /// limit cancels it; otherwise a fault would hold up the whole run.
    static func unbounded(_ source: SwiftSource) -> [Finding] {
        let hasLimit = source.code.contains { $0.contains(".timeLimit(") }
        return source.code.indices.filter { source.code[$0].contains("Task.yield()") }.compactMap {
            guard let start = beginning(ofLoopAt: $0, in: source.code) else { return nil }
            guard source.code[start...$0].contains(where: { $0.contains("isCancelled") })
            else {
                return Finding(
                    line: start + 1, message: "the loop has no end; add \"!Task.isCancelled\"")
            }
            guard hasLimit else {
                return Finding(
                    line: start + 1, message: "nothing ends the loop; give the suite a .timeLimit")
            }
            return nil
        }
    }

    /// The line of the `while` that a line belongs to; nil where it belongs to something else.
    private static func beginning(ofLoopAt line: Int, in code: [String]) -> Int? {
        let last = code[line].drop { $0 == " " }
        let indentation = code[line].count - last.count
        for index in stride(from: line, through: 0, by: -1) {
            // What is indented as much stands beside it, unless its condition ends in this line.
            let isAround = code[index].prefix { $0 == " " }.count < indentation
            guard isAround || index == line || last.hasPrefix("}") else { continue }
            let words = code[index].split { !$0.isLetter }
            if words.contains("while") { return index }
            if words.contains("for") || words.contains("func") { return nil }
        }
        return nil
    }
}
