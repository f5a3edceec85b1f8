import Testing

@Suite("The tree is tidy")
struct TreeTests {
    @Test("The suite reads this repository")
    func readsTheTree() {
        #expect(Tree.paths.contains("Package.swift"))
        #expect(Tree.swiftFiles.contains { $0.path == "Tests/RepositoryTests/TreeTests.swift" })
    }

    @Test("Lines do not end in white space, files end in one newline", arguments: Tree.tidiedFiles)
    func whitespace(file: TextFile) {
        report(LayoutRules.trailingWhitespace(file.text), in: file.path)
        report(LayoutRules.finalNewline(file.text), in: file.path)
    }

    @Test("Scripts and build files hold no notes to oneself", arguments: Tree.scripts)
    func notes(file: TextFile) {
        report(WordRules.notes(SwiftSource.split(file.text)), in: file.path)
    }

    @Test("Nothing names one machine's folders or hosts", arguments: Tree.textFiles)
    func privacy(file: TextFile) {
        report(PrivacyRules.absolutePaths(file.text), in: file.path)
        report(PrivacyRules.privateHosts(file.text), in: file.path)
        if PrivacyRules.declaresDependencies(file.path) {
            report(PrivacyRules.localDependencies(file.text), in: file.path)
        }
    }

    @Test("Files are named alike", arguments: Tree.paths)
    func names(path: String) {
        report(TreeRules.name(of: path), in: path)
    }

    @Test("No two paths differ in case only")
    func namesakes() {
        #expect(TreeRules.namesakes(Tree.paths).isEmpty)
    }

    @Test("Exceptions name something in the tree", arguments: Set(Exceptions.all).sorted())
    func exceptions(entry: String) {
        #expect(Tree.exists(entry), "\(entry) is listed in Exceptions.swift but does not exist")
    }

    @Test("The manual lists every bound, as the sources have it")
    func limits() {
        let places = Tree.sources.filter { LimitRules.isPlace($0.path) }
        let expected = places.sorted { $0.path < $1.path }.flatMap { LimitRules.rows($0.source) }
        #expect(expected.count > 50)
        let found = LimitRules.rows(ofPage: Tree.text(of: LimitRules.page) ?? "")
        #expect(
            found == expected,
            "the rows of \(LimitRules.page) must be:\n\(expected.joined(separator: "\n"))")
    }

    @Test("make run and make test exist")
    func makefile() {
        guard let makefile = Tree.text(of: "Makefile") else {
            Issue.record("there is no Makefile; write one with the targets `run` and `test`")
            return
        }
        report(TreeRules.missingTargets(makefile, wanted: ["run", "test"]), in: "Makefile")
    }

    @Test("The check that every change must pass can be started")
    func check() {
        #expect(
            Tree.isExecutable(".ci/run"), ".ci/run is not an executable file; write it, chmod +x")
    }
}

@Suite("Documents are tidy")
struct DocumentTests {
    @Test("Prose fits in 100 columns", arguments: Tree.markdownFiles)
    func lineLength(file: TextFile) {
        report(LayoutRules.longMarkdownLines(file.text), in: file.path)
    }

    @Test("A document has one title", arguments: Tree.markdownFiles)
    func title(file: TextFile) {
        report(MarkdownRules.title(file.text), in: file.path)
    }

    @Test("Links within the repository resolve", arguments: Tree.markdownFiles)
    func links(file: TextFile) {
        report(
            MarkdownRules.brokenLinks(
                file.text, path: file.path, exists: Tree.exists, read: Tree.text(of:)),
            in: file.path)
    }
}
