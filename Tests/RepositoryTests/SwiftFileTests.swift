import Testing

@Suite("Swift files are tidy")
struct SwiftFileTests {
    @Test("Lines fit in 100 columns", arguments: Tree.swiftFiles)
    func lineLength(file: SwiftFile) {
        guard !Exceptions.cover(file.path, Exceptions.longSwiftFiles) else { return }
        report(LayoutRules.longLines(file.source.lines), in: file.path)
    }

    @Test("Files have 500 lines at most", arguments: Tree.swiftFiles)
    func fileLength(file: SwiftFile) {
        guard !Exceptions.cover(file.path, Exceptions.longSwiftFiles) else { return }
        report(LayoutRules.longFile(file.source.lines), in: file.path)
    }

    @Test("Functions have 60 lines at most", arguments: Tree.swiftFiles)
    func functionLength(file: SwiftFile) {
        report(LayoutRules.longFunctions(file.source), in: file.path)
    }

    @Test("Foundation as a whole is imported only where listed", arguments: Tree.swiftFiles)
    func fullFoundation(file: SwiftFile) {
        guard !Exceptions.cover(file.path, Exceptions.fullFoundation) else { return }
        report(ImportRules.fullFoundation(file.source), in: file.path)
    }

    @Test("The inner targets import no Foundation", arguments: Tree.sources)
    func innerTargets(file: SwiftFile) {
        guard Exceptions.cover(file.path, Exceptions.noFoundationAtAll) else { return }
        report(ImportRules.anyFoundation(file.source), in: file.path)
    }

    @Test("Banned words do not occur", arguments: Tree.swiftFiles)
    func bannedWords(file: SwiftFile) {
        for word in BannedWord.all where word.applies(to: file.path) {
            report(word.findings(in: file.source), in: file.path)
        }
    }

    @Test("Identifiers are compared by their bytes", arguments: Tree.sources)
    func comparedTexts(file: SwiftFile) {
        let findings = TextRules.comparedTexts(file.source)
        let allowed = Exceptions.comparedTexts[file.path] ?? 0
        if findings.count > allowed { report(findings, in: file.path) }
        #expect(
            findings.count >= allowed,
            "\(file.path) has \(findings.count) left: lower its number in Exceptions.swift")
    }

    @Test("Bounds stand with the others of their target", arguments: Tree.sources)
    func limits(file: SwiftFile) {
        guard !LimitRules.isPlace(file.path) else { return }
        let known = Exceptions.measures[file.path] ?? []
        report(LimitRules.escaped(file.source, besides: known), in: file.path)
        let names = LimitRules.constants(file.source, isStatic: true).map(\.name)
        for name in known {
            #expect(names.contains(name), "\(name) is listed in Exceptions.swift and not there")
        }
    }

    @Test("Comments hold no notes to oneself", arguments: Tree.swiftFiles)
    func notes(file: SwiftFile) {
        report(WordRules.notes(file.source.comments), in: file.path)
    }

    @Test("Traps say what went wrong", arguments: Tree.swiftFiles)
    func traps(file: SwiftFile) {
        report(WordRules.trapsWithoutSentence(file.source), in: file.path)
    }

    @Test("Unchecked concurrency names its invariant", arguments: Tree.swiftFiles)
    func unsafety(file: SwiftFile) {
        report(WordRules.unexplainedUnsafety(file.source), in: file.path)
    }

    @Test("A file is named after the type it declares", arguments: Tree.sources)
    func names(file: SwiftFile) {
        let name = file.path.split(separator: "/").last.map { String($0.dropLast(6)) } ?? ""
        report(DeclarationRules.misnamed(file.source, name: name), in: file.path)
    }

    @Test("Types that other targets see say what they are", arguments: Tree.sources)
    func explanations(file: SwiftFile) {
        report(DeclarationRules.unexplained(file.source), in: file.path)
    }

    @Test("Functions that other targets call say what they do")
    func functionsForOthers() {
        let explained = Tree.sources.reduce(into: Exceptions.explainedElsewhere) {
            $0.formUnion(DeclarationRules.explainedFunctions($1.source))
        }
        for file in Tree.sources {
            report(
                DeclarationRules.unexplainedFunctions(file.source, besides: explained),
                in: file.path)
        }
    }

    @Test("Loops that wait have an end", arguments: Tree.swiftFiles)
    func waiting(file: SwiftFile) {
        report(WaitRules.unbounded(file.source), in: file.path)
    }

    @Test("Numbers are read from texts in one place", arguments: Tree.sources)
    func numbers(file: SwiftFile) {
        guard !Exceptions.cover(file.path, Exceptions.readingNumbers) else { return }
        report(NumberRules.readings(file.source), in: file.path)
    }

    @Test("What reads numbers all the same still does, and is no more than it was")
    func readers() {
        #expect(Exceptions.readingNumbers.count <= 3)
        for path in Exceptions.readingNumbers {
            let file = Tree.sources.first { $0.path == path }
            #expect(file.map { !NumberRules.readings($0.source).isEmpty } == true, "\(path)")
        }
    }

    @Test("Environment variables are documented", arguments: Tree.sources)
    func variables(file: SwiftFile) {
        report(
            ManualRules.undocumentedVariables(file.source, manual: Tree.manual.map(\.text)),
            in: file.path)
    }

    @Test("Commands are documented", arguments: Tree.sources)
    func commands(file: SwiftFile) {
        report(
            ManualRules.undocumentedCommands(file.source, manual: Tree.manual.map(\.text)),
            in: file.path)
    }
}
