/// Rules about which files there are and how they are called.
enum TreeRules {
    static func name(of path: String) -> [Finding] {
        if path.contains(where: \.isWhitespace) {
            return [Finding(line: 1, message: "a blank in the path; use Type+aspect.swift")]
        }
        guard path.hasSuffix(".swift"), let name = path.split(separator: "/").last else {
            return []
        }
        let parts = name.dropLast(6).split(separator: "+", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy(Words.isPartOfWord)
        }
        return isPlain && parts.count <= 2
            ? [] : [Finding(line: 1, message: "not a name of the form Type+aspect.swift")]
    }

    /// What a newcomer types must work.
    static func missingTargets(_ makefile: String, wanted: [String]) -> [Finding] {
        let lines = SwiftSource.split(makefile)
        let targets = lines.flatMap { line -> [Substring] in
            guard let first = line.first, first != "\t", first != "#",
                let colon = line.firstIndex(of: ":"), !line[colon...].hasPrefix(":=")
            else { return [] }
            return line[..<colon].split(separator: " ")
        }
        return wanted.filter { !targets.contains(Substring($0)) }.map {
            Finding(line: 1, message: "no target `\($0)`; add it")
        }
    }

    /// Paths that a file system which ignores case would take for one.
    static func namesakes(_ paths: [String]) -> [[String]] {
        Dictionary(grouping: paths) { $0.lowercased() }.values.filter { $0.count > 1 }
    }
}
