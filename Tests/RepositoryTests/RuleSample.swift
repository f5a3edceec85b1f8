import Testing

/// A text that a rule must object to, with the lines, and one that it must let pass.
struct RuleSample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bad: String
    let lines: [Int]
    let good: String
    let check: @Sendable (String) -> [Finding]

    init(
        _ description: String, bad: String, at lines: [Int], good: String,
        check: @escaping @Sendable (String) -> [Finding]
    ) {
        testDescription = description
        self.bad = bad
        self.lines = lines
        self.good = good
        self.check = check
    }
}

extension RuleSample {
    private static let limit = LayoutRules.columns
    private static let wide = String(repeating: "x", count: limit + 1)

    private static func function(lines: Int) -> String {
        let filler = String(repeating: "    work(\"}\")  // {\n", count: lines - 2)
        return "let a = 1\nfunc f<T>(\n    a: T = { 1 }()\n) throws(E) -> [T] {\n"
            + filler.dropFirst(filler.count / (lines - 2) * 2) + "}\n"
    }

    static let declarations: [RuleSample] = [
        RuleSample(
            "file with another name", bad: "import A\n@frozen package enum Gate {}\n", at: [2],
            good: "private enum Door {}\nstruct Wall {\n    enum Kind {}\n}\nlet a = 1\n"
        ) { DeclarationRules.misnamed(SwiftSource($0), name: "Wall") },
        RuleSample(
            "bound that stands elsewhere",
            bad: "enum Wall {\n    static let height = 3 * 1_024\n"
                + "    private static let age: Int64 = 5\n"
                + "    static let pause = Duration.seconds(2)\n}\n",
            at: [2, 3, 4],
            good: "enum Wall {\n    static let known = 1\n    static let sum = a + 1\n"
                + "    let part = 3\n    static var empty = [0]\n}\n"
        ) { LimitRules.escaped(SwiftSource($0), besides: ["known"]) },
        RuleSample(
            "type without a comment", bad: "package struct Wall {\n\n    package enum Kind {}\n}\n",
            at: [1, 3],
            good: "/// A wall.\n@frozen\npublic final class Wall {\n    enum Kind {}\n}\n"
        ) { DeclarationRules.unexplained(SwiftSource($0)) },
        RuleSample(
            "function without a comment", bad: "package func build() {}\n", at: [1],
            good: "/// Builds.\n@inlinable\npublic func a() {}\nfunc b() {}\n"
                + "package func known() {}\n"
        ) { DeclarationRules.unexplainedFunctions(SwiftSource($0), besides: ["known"]) },
        RuleSample(
            "loop without an end",
            bad:
                ".timeLimit(a)\nwhile a == 0 {\n    while b { c() }\n    await Task.yield()\n}\n",
            at: [2],
            good: "f(.timeLimit(a))\nwhile a == 0, !Task.isCancelled { await Task.yield() }\n"
                + "for a in b {\n    await Task.yield()\n}\n"
        ) { WaitRules.unbounded(SwiftSource($0)) },
        RuleSample(
            "loop without a time limit",
            bad: "while a == 0, !Task.isCancelled { await Task.yield() }\n", at: [1], good: ""
        ) { WaitRules.unbounded(SwiftSource($0)) },
    ]

    static let layout: [RuleSample] = [
        RuleSample(
            "long line", bad: "a\n\(wide)\n", at: [2], good: String(wide.dropLast()) + "\n"
        ) { LayoutRules.longLines(SwiftSource.split($0)) },
        RuleSample(
            "long prose", bad: "# T\n\(wide)\n", at: [2],
            good: "| \(wide) |\n```\n\(wide)\n```\nhttps://\(wide)\n[a](\(wide))\n",
            check: LayoutRules.longMarkdownLines),
        RuleSample(
            "trailing white space", bad: "a \nb\nc\t\n", at: [1, 3], good: "a\n\n  b\n",
            check: LayoutRules.trailingWhitespace),
        RuleSample(
            "no newline at the end", bad: "a\nb", at: [2], good: "a\nb\n",
            check: LayoutRules.finalNewline),
        RuleSample(
            "empty lines at the end", bad: "a\n\n", at: [2], good: "",
            check: LayoutRules.finalNewline),
        RuleSample(
            "long file", bad: String(repeating: "a\n", count: LayoutRules.linesInFile + 1),
            at: [LayoutRules.linesInFile + 1],
            good: String(repeating: "a\n", count: LayoutRules.linesInFile)
        ) { LayoutRules.longFile(SwiftSource.split($0)) },
        RuleSample(
            "long function", bad: function(lines: LayoutRules.linesInFunction + 1), at: [2],
            good: function(lines: LayoutRules.linesInFunction)
        ) { LayoutRules.longFunctions(SwiftSource($0)) },
        RuleSample(
            "long initialiser after a protocol's requirements",
            bad: "protocol P {\n    func f() -> Int\n    init()\n}\nstruct S {\n    init() {"
                + String(repeating: "\n", count: LayoutRules.linesInFunction) + "    }\n}\n",
            at: [6],
            good: "protocol P {\n    func f() async throws\n}\nstruct S: P {"
                + String(repeating: "\n", count: LayoutRules.linesInFunction) + "}\n"
        ) { LayoutRules.longFunctions(SwiftSource($0)) },
    ]

    static let words: [RuleSample] = [
        RuleSample(
            "a note to oneself", bad: "// fine\nlet a = 1  // TODO: b\n/* FIXME */\n", at: [2, 3],
            good: "let text = \"TODO\"\n// XXXXXX is a pattern of mktemp.\n"
        ) { WordRules.notes(SwiftSource($0).comments) },
        RuleSample(
            "a trap without a sentence",
            bad: "fatalError()\npreconditionFailure(message)\nfatalError(\"unreachable\")\n",
            at: [1, 2, 3],
            good: "fatalError(\"a lease was returned twice\")\n// fatalError()\n"
                + "preconditionFailure(\n    \"\\(name) is empty\")\n"
        ) { WordRules.trapsWithoutSentence(SwiftSource($0)) },
        RuleSample(
            "unchecked concurrency without a comment",
            bad: "\nfinal class A: @unchecked Sendable {\n    nonisolated(unsafe) var a = 1\n}\n",
            at: [2, 3],
            good: "// Only the writer's queue touches it.\n@frozen\n"
                + "final class A: P,\n    @unchecked Sendable {}\n"
        ) { WordRules.unexplainedUnsafety(SwiftSource($0)) },
        RuleSample(
            "Foundation as a whole",
            bad: "import Testing\n@preconcurrency internal import Foundation\n"
                + "public import struct Foundation.Date\nimport FoundationNetworking\n",
            at: [2, 3, 4], good: "import FoundationEssentials\n// import Foundation\n"
        ) { ImportRules.fullFoundation(SwiftSource($0)) },
        RuleSample(
            "any Foundation", bad: "import FoundationEssentials\nimport Foundation\n", at: [1, 2],
            good: "import MeteringAPI\nlet Foundation = 1\n"
        ) { ImportRules.anyFoundation(SwiftSource($0)) },
    ]

    static let texts: [RuleSample] = [
        RuleSample(
            "a text that is compared as String",
            bad: """
                var a: [String: Int] = [:]
                let b: Set<String>
                guard product.sellerAccountID == account else { return }
                .filter { $0.productCode == code && $0.isActive }
                let c = known?.id != id
                items.sorted { $0.id < $1.id }
                if digest == other { return }

                """,
            at: [1, 2, 3, 4, 5, 6, 7],
            good: """
                var a: [ExactText: Int] = [:]
                guard product.sellerAccountID.hasSameBytes(as: account) else { return }
                ExactText($0.id) < ExactText($1.id)
                if token == nil, error.code == .notFound, id > 3 { return }
                let valid = a.isValid == b.isValid
                a.region == "us-east-1"
                let d: (Int) -> MeteringRecordID
                // a.id == b.id

                """
        ) { TextRules.comparedTexts(SwiftSource($0)) }
    ]

    static let numbers: [RuleSample] = [
        RuleSample(
            "a number that is read from a text",
            bad: "guard let a = Int(text), a > 0 else { return }\n"
                + "let b = Int64(text) ?? 0\nif UInt16(text) != nil {}\n"
                + "let c = text.flatMap { Double($0) }\nlet d = texts.compactMap(Int.init)\n"
                + "guard\n    let e = Int32(words[1]), let f = Int64(words[2])\nelse {}\n"
                + "let g = parts.map { Int64($0) }\nlet h = Int(text).map { $0 > 1 }\n",
            at: [1, 2, 3, 4, 5, 7, 9, 10],
            good: "let a = Int(number)\nguard let b = Int(exactly: c) else {}\n"
                + "let d = Int64(clamping: e) + Int64(f)\nlet g = \"Int(text) ?? 0\"\n"
                + "if a > Int(b) {}\nlet h = WholeNumber.read(text, in: 0...1) ?? 0\n",
            check: { NumberRules.readings(SwiftSource($0)) })
    ]

    static let names: [RuleSample] = [
        RuleSample(
            "a file's name", bad: "Sources/A/Hour +codec.swift", at: [1],
            good: "Sources/A/Hour+codec.swift", check: TreeRules.name),
        RuleSample(
            "two aspects in a name", bad: "Sources/A/Hour+codec+sum.swift", at: [1],
            good: "Documentation/getting-started.md", check: TreeRules.name),
        RuleSample(
            "a path of one machine",
            bad: "a\ncd /\("home")/me\nDATA=/\("opt")\n\"/\("root")/.cache\"\n`/\("work")/x`\n",
            at: [2, 3, 4, 5],
            good: "Sources/\("home")/a\n/\("opt")ional\n$HOME/\("work")/a\n~/\("opt")/b\n/tmp/a\n",
            check: PrivacyRules.absolutePaths),
        RuleSample(
            "a host of one machine",
            bad:
                "https://example.\("internal")/simple\n"
                + "index-\("url") = http://localhost:80/s\n",
            at: [1, 2],
            good: "http://localhost:8080\nhttp://host.docker.internal:1\n"
                + "index-url = https://pypi.org/simple\n",
            check: PrivacyRules.privateHosts),
        RuleSample(
            "a dependency from this machine",
            bad: ".package(url: \"http://127.0.0.1:1/a\")\n.package(url: \"https://mirror/a\")\n",
            at: [1, 2], good: ".package(url: \"https://github.com/apple/swift-log\")\n",
            check: PrivacyRules.localDependencies),
        RuleSample(
            "a target that is missing", bad: ".PHONY: run test\nrun:\n\ttest: no\n", at: [1],
            good: ".PHONY: all\nrun: build\n\tswift run\ntest check:\n\tswift test\n"
        ) { TreeRules.missingTargets($0, wanted: ["run", "test"]) },
    ]
}
