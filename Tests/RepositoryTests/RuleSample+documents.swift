extension RuleSample {
    private static let guide = "# Guide\n\n## Time travel, and `clock`!\n\n## [A](b.md)\n## A\n"

    private static func links(_ text: String) -> [Finding] {
        MarkdownRules.brokenLinks(
            text, path: "Documentation/start.md",
            exists: { ["Documentation/guide.md", "Documentation", "LICENSE"].contains($0) },
            read: { $0 == "Documentation/guide.md" ? guide : nil })
    }

    private static func variables(_ text: String) -> [Finding] {
        ManualRules.undocumentedVariables(
            SwiftSource(text), manual: ["Set `TURNPIKE_PORT` or TURNPIKE_HOST_NAME.\n"])
    }

    private static func commands(_ text: String) -> [Finding] {
        ManualRules.undocumentedCommands(
            SwiftSource(text),
            manual: ["We serve you and reset.\n\n    turnpike serve --demo\n", "`move-clock`\n"])
    }

    static let documents: [RuleSample] = [
        RuleSample(
            "two titles", bad: "# One\n\n## Part\n\n# Two\n", at: [5],
            good: "# One\n\n```sh\n# a comment\n```\n#hash\n", check: MarkdownRules.title),
        RuleSample(
            "no title", bad: "Text\n\n## Part\n", at: [1], good: "\n# Title #1\n",
            check: MarkdownRules.title),
        RuleSample(
            "links that lead nowhere",
            bad: "# T\n[a](gone.md) [b](guide.md#gone)\n[c](/LICENSE)\n[d](../../x)\n[e](#gone)\n"
                + "\n[f]: gone.md\n",
            at: [2, 2, 3, 4, 5, 7],
            good: "# T\n[a](guide.md#time-travel-and-clock) [b](../LICENSE) [c](#t) [d](.)\n"
                + "![e](https://example.com/a.png) [f](mailto:a@example.com) `[g](gone.md)`\n"
                + "[h](guide.md#a-1 \"again\") [i](<guide.md>)\n\n[j]: ./guide.md\n"
                + "~~~\n[k](gone.md)\n~~~\n",
            check: links),
        RuleSample(
            "variables that are not described",
            bad: "let a = \"TURNPIKE_PORTS\"\nlet b = \"TURNPIKE_HOST\"\n", at: [1, 2],
            good: "let a = \"TURNPIKE_PORT\"\n/// Or `TURNPIKE_HOST_NAME`, like all TURNPIKE_*\n"
                + "let prefix = \"TURNPIKE_\"\n",
            check: variables),
        RuleSample(
            "commands that are not described",
            bad: "struct Reset: AsyncParsableCommand {\n}\nstruct A: ParsableCommand {\n"
                + "    static let c = CommandConfiguration(commandName: \"set\")\n}\n",
            at: [1, 4],
            good: "struct Serve: AsyncParsableCommand {}\nstruct MoveClock: P, ParsableCommand {\n"
                + "}\nstruct B: ParsableCommand {\n"
                + "    static let c = CommandConfiguration(\n        commandName: \"turnpike\")\n"
                + "}\n",
            check: commands),
    ]
}
