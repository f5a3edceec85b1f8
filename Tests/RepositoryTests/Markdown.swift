/// A Markdown file's text, taken apart far enough to check titles and links.
struct Markdown {
    struct Link: Equatable {
        var line: Int
        var target: String
    }

    struct Heading: Equatable {
        var line: Int
        var level: Int
        var text: String
    }

    /// The lines with fenced code blocks replaced by empty ones, so that numbers stay.
    let prose: [String]

    init(_ text: String) {
        var fence: Substring?
        prose = SwiftSource.split(text).map { line in
            let content = line.drop { $0 == " " }
            if let open = fence {
                let isEnd = content.hasPrefix(open) && content.allSatisfy { "`~ ".contains($0) }
                if isEnd { fence = nil }
                return ""
            }
            if content.hasPrefix("```") || content.hasPrefix("~~~") {
                fence = content.prefix { $0 == content.first }
                return ""
            }
            return line
        }
    }

    var headings: [Heading] {
        prose.enumerated().compactMap { offset, line in
            let level = line.prefix { $0 == "#" }.count
            guard (1...6).contains(level), line.dropFirst(level).first == " " else { return nil }
            let text = line.dropFirst(level + 1).drop { $0 == " " }
            return Heading(line: offset + 1, level: level, text: String(text))
        }
    }

    /// The targets of `[text](target)` and of `[name]: target`, outside code.
    var links: [Link] {
        prose.enumerated().flatMap { offset, line in
            let line = Self.withoutCodeSpans(line)
            let definition = Self.definitionTarget(line).map { [$0] } ?? []
            return (Self.inlineTargets(line) + definition).map {
                Link(line: offset + 1, target: $0)
            }
        }
    }

    /// What a link can name with `#`: headings as code hosts spell them, and HTML's own anchors.
    var anchors: Set<String> {
        var result: Set<String> = []
        for heading in headings {
            let slug = Self.slug(heading.text)
            var candidate = slug
            var number = 0
            while !result.insert(candidate).inserted {
                number += 1
                candidate = "\(slug)-\(number)"
            }
        }
        for attribute in ["id=\"", "name=\""] {
            for line in prose {
                for part in line.components(after: attribute) {
                    result.insert(String(part.prefix { $0 != "\"" }))
                }
            }
        }
        return result
    }

    /// A heading as code hosts spell it in addresses.
    ///
    /// In lower case; letters, digits, `-` and `_` stay, blanks become `-`, all else goes. A link
    /// counts with its text only.
    static func slug(_ heading: String) -> String {
        var text = heading
        while let middle = text.firstRange(of: "]("),
            let end = text[middle.upperBound...].firstIndex(of: ")")
        {
            text.removeSubrange(middle.lowerBound...end)
        }
        while text.last == " " { text.removeLast() }
        return String(
            text.lowercased().compactMap { character -> Character? in
                if character == " " { return "-" }
                let stays = character.isLetter || character.isNumber || "-_".contains(character)
                return stays ? character : nil
            })
    }

    private static func withoutCodeSpans(_ line: String) -> String {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset.isMultiple(of: 2) ? String($0.element) : "code" }.joined()
    }

    private static func inlineTargets(_ line: String) -> [String] {
        line.components(after: "](").map { rest in
            if rest.hasPrefix("<") { return String(rest.dropFirst().prefix { $0 != ">" }) }
            return String(rest.prefix { $0 != ")" && $0 != " " })
        }
    }

    private static func definitionTarget(_ line: String) -> String? {
        let line = line.drop { $0 == " " }
        guard line.first == "[", let colon = line.firstRange(of: "]:") else { return nil }
        return line[colon.upperBound...].split(separator: " ").first.map(String.init)
    }
}

extension StringProtocol {
    /// What follows each place where `mark` stands, to the end.
    fileprivate func components(after mark: String) -> [SubSequence] {
        ranges(of: mark).map { self[$0.upperBound...] }
    }
}
