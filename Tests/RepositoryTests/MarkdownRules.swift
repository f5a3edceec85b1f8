import Foundation

/// Rules about documents.
enum MarkdownRules {
    static func title(_ text: String) -> [Finding] {
        let titles = Markdown(text).headings.filter { $0.level == 1 }
        if titles.isEmpty {
            return [Finding(line: 1, message: "no title; begin with one line `# Title`")]
        }
        return titles.dropFirst().map {
            Finding(line: $0.line, message: "a second title, `\($0.text)`; make it a `##` section")
        }
    }

    /// Links within the repository must lead somewhere.
    ///
    /// All paths are from the root; `path` is the document's own, `exists` asks for a file or a
    /// folder, `read` gives the text of a file.
    static func brokenLinks(
        _ text: String, path: String, exists: (String) -> Bool, read: (String) -> String?
    ) -> [Finding] {
        Markdown(text).links.compactMap { link in
            brokenLink(link.target, text, path: path, exists: exists, read: read).map {
                Finding(line: link.line, message: "link to `\(link.target)`: \($0)")
            }
        }
    }

    /// What is wrong with a link, or nil.
    private static func brokenLink(
        _ target: String, _ text: String, path: String, exists: (String) -> Bool,
        read: (String) -> String?
    ) -> String? {
        if isElsewhere(target) { return nil }
        if target.hasPrefix("/") { return "begins at a root; write it from this file's folder" }
        let halves = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file = halves.first.map { $0.prefix { $0 != "?" } } ?? ""
        let anchor = halves.count > 1 ? String(halves[1]) : nil
        guard let destination = resolve(file.removingPercentEncoding ?? String(file), from: path)
        else { return "leads out of the repository" }
        guard file.isEmpty || exists(destination) else {
            return "there is no \(destination); correct the path or write the file"
        }
        let document = file.isEmpty ? text : read(destination)
        guard let anchor, !anchor.isEmpty, file.isEmpty || destination.hasSuffix(".md"),
            let document, !Markdown(document).anchors.contains(anchor)
        else { return nil }
        return "no heading there is spelt `#\(anchor)`"
    }

    private static func isElsewhere(_ target: String) -> Bool {
        let scheme = target.prefix { $0 != ":" && $0 != "/" && $0 != "#" }
        return scheme.endIndex != target.endIndex && target[scheme.endIndex] == ":"
    }

    /// A relative path as one from the root, or nil if it leads out.
    private static func resolve(_ target: String, from path: String) -> String? {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(String(part))
            } else if parts.popLast() == nil {
                return nil
            }
        }
        return parts.joined(separator: "/")
    }
}
