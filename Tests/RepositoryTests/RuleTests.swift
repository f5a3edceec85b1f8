import Testing

@Suite("The rules do what they say")
struct RuleTests {
    @Test(
        "A rule finds what it forbids and lets pass what it allows",
        arguments: RuleSample.layout + RuleSample.declarations + RuleSample.words + RuleSample.texts
            + RuleSample.numbers
            + RuleSample.names
            + RuleSample.documents)
    func sample(_ sample: RuleSample) {
        #expect(sample.check(sample.bad).map(\.line) == sample.lines)
        #expect(sample.check(sample.good) == [])
    }

    @Test("A banned word is found in code only", arguments: BannedWord.all)
    func bannedWord(_ word: BannedWord) {
        let bad = "let a = 1\n\(word.word)\nlet b = \"\\(\(word.word)))\"\n"
        #expect(word.findings(in: SwiftSource(bad)).map(\.line) == [2, 3])
        let good = "// \(word.word)\n/// `\(word.word)`\nlet a = \"\(word.word)\"\nmy\(word.word)\n"
        let startsWithDot = word.word.hasPrefix(".")
        #expect(word.findings(in: SwiftSource(good)).map(\.line) == (startsWithDot ? [4] : []))
    }

    @Test("A banned word is allowed where its exception says")
    func places() {
        let path = "Tests/ATests/B.swift"
        var word = BannedWord(word: "a", instead: "b")
        #expect(word.applies(to: path))
        word.place = .tests
        #expect(word.applies(to: path))
        #expect(!word.applies(to: "Sources/A/B.swift"))
        word.place = .everywhereBut(["Tests/"])
        #expect(!word.applies(to: path))
        #expect(word.applies(to: "Sources/A/B.swift"))
        word.place = .testsBut([path])
        #expect(!word.applies(to: path))
        #expect(word.applies(to: "Tests/ATests/C.swift"))
        #expect(!word.applies(to: "Sources/A/B.swift"))
    }

    @Test("Without a manual, a finding says which file to write")
    func noManual() {
        let source = SwiftSource("let a = \"TURNPIKE_PORT\"\nstruct Serve: ParsableCommand {}\n")
        let findings =
            ManualRules.undocumentedVariables(source, manual: [])
            + ManualRules.undocumentedCommands(source, manual: [])
        #expect(findings.count == 2)
        #expect(findings.allSatisfy { $0.message.contains("no README.md") })
    }

    @Test("Paths that differ in case only are found")
    func namesakes() {
        #expect(TreeRules.namesakes(["a/B", "A/b", "c"]) == [["a/B", "A/b"]])
    }

    @Test(
        "Commands are called as ArgumentParser calls them",
        arguments: [
            ("Serve", "serve"), ("MoveClock", "move-clock"), ("URLCheck", "url-check"),
            ("ExportCSV", "export-csv"),
        ])
    func kebab(type: String, name: String) {
        #expect(ManualRules.kebab(type) == name)
    }
}

@Suite("A Swift file is taken apart into code and comments")
struct SwiftSourceTests {
    @Test(
        "Strings, comments and expressions are told apart",
        arguments: [
            ("a \"b\" c", "a \" \" c"),
            ("a \"\\\"b\" c", "a \"   \" c"),
            ("a \"\\(f(b))c\" d", "a \"  f(b)  \" d"),
            ("#\"\"\\(a)\"# b", "#\"     \"# b"),
            ("#\"\\#(a)\"# b", "#\"   a \"# b"),
            ("\"\"\"\na \"b\"\n\"\"\" c", "\"\"\"\n     \n\"\"\" c"),
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("#/a\"\\/#/# b", "#/     /# b"),
            ("\"a\nb", "\" \nb"),
        ])
    func code(text: String, code: String) {
        #expect(SwiftSource(text).code == SwiftSource.split(code))
    }

    @Test("Comments keep their place")
    func comments() {
        let source = SwiftSource("let a = \"// b\"  // c\n/* d\ne */ f\n")
        let blank = String(repeating: " ", count: 16)
        #expect(source.comments == [blank + "// c", "/* d", "e */  "])
    }
}
