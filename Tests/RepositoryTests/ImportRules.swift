/// Rules about what a file imports.
enum ImportRules {
    private static let wholes = ["Foundation", "FoundationNetworking", "FoundationXML"]
    private static let parts = ["FoundationEssentials", "FoundationInternationalization"]

    static func fullFoundation(_ source: SwiftSource) -> [Finding] {
        imports(source).filter { wholes.contains($0.module) }.map {
            Finding(
                line: $0.line,
                message: "imports \($0.module); FoundationEssentials has UUID, Data and Date, "
                    + "and integers are faster")
        }
    }

    static func anyFoundation(_ source: SwiftSource) -> [Finding] {
        imports(source).filter { (wholes + parts).contains($0.module) }.map {
            Finding(
                line: $0.line,
                message: "imports \($0.module) in a target that imports no Foundation at all; "
                    + "use the standard library, or do it in the server")
        }
    }

    /// The modules that a file imports, without attributes, access levels and kinds.
    static func imports(_ source: SwiftSource) -> [(line: Int, module: String)] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return source.code.enumerated().compactMap { offset, line in
            guard Words.contains("import", in: line) else { return nil }
            let words = line.split { $0 == " " || $0 == ";" }
            guard let keyword = words.firstIndex(of: "import") else { return nil }
            let name = words[(keyword + 1)...].first { !kinds.contains(String($0)) }
            return name.flatMap { $0.split(separator: ".").first }.map { (offset + 1, String($0)) }
        }
    }
}
