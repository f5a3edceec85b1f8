import Foundation
import Testing

/// A text file of the repository, as the argument of a test.
struct TextFile: Sendable, CustomTestStringConvertible {
    /// From the root of the repository, with slashes.
    let path: String
    let text: String

    var testDescription: String { path }

    /// Whether the file's bytes are somebody else's, kept for comparison.
    var isVerbatim: Bool {
        path.split(separator: "/").dropLast().contains {
            Exceptions.verbatimFolders.contains(String($0))
        }
    }
}

/// A Swift file, read once for all the rules.
struct SwiftFile: Sendable, CustomTestStringConvertible {
    let path: String
    let source: SwiftSource

    var testDescription: String { path }
}

/// The files of the repository as they lie on the disk, whether or not git knows them yet.
enum Tree {
    static let root: URL = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Paths of all files, text or not.
    static let paths: [String] = paths(below: root)

    static let textFiles: [TextFile] = paths.compactMap(textFile)

    static let tidiedFiles: [TextFile] = textFiles.filter { !$0.isVerbatim }

    static let swiftFiles: [SwiftFile] = tidiedFiles.filter { $0.path.hasSuffix(".swift") }.map {
        SwiftFile(path: $0.path, source: SwiftSource($0.text))
    }

    static let sources: [SwiftFile] = swiftFiles.filter { $0.path.hasPrefix("Sources/") }

    static let markdownFiles: [TextFile] = tidiedFiles.filter { $0.path.hasSuffix(".md") }

    /// What is neither Swift nor prose but has comments.
    static let scripts: [TextFile] = tidiedFiles.filter { file in
        let name = file.path.split(separator: "/").last ?? ""
        return [".py", ".sh", ".yaml", ".yml"].contains { name.hasSuffix($0) }
            || name == "Makefile" || name == "Dockerfile"
            || ["Scripts/", ".ci/"].contains { file.path.hasPrefix($0) }
    }

    /// What people read to learn how to use the program.
    static let manual: [TextFile] = markdownFiles.filter {
        $0.path == "README.md" || $0.path.hasPrefix("Documentation/")
    }

    /// Whether there is a file or folder at a path from the root.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    static func isExecutable(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: root.appending(path: path).path)
    }

    /// The text of one file, or nil if it is not there or is not text.
    static func text(of path: String) -> String? { textFile(path)?.text }

    private static func textFile(_ path: String) -> TextFile? {
        guard let data = try? Data(contentsOf: root.appending(path: path)), !data.contains(0),
            let text = String(bytes: data, encoding: .utf8)
        else { return nil }
        return TextFile(path: path, text: text)
    }

    private static func paths(below folder: URL, prefix: String = "") -> [String] {
        let manager = FileManager.default
        let names = (try? manager.contentsOfDirectory(atPath: folder.path)) ?? []
        var result: [String] = []
        for name in names.sorted() {
            let item = folder.appending(path: name)
            let type = try? manager.attributesOfItem(atPath: item.path)[.type] as? FileAttributeType
            if type == .typeDirectory {
                if isOurs(folder: name, at: item) {
                    result += paths(below: item, prefix: prefix + name + "/")
                }
            } else if type == .typeRegular, isOurs(file: name) {
                result.append(prefix + name)
            }
        }
        return result
    }

    /// Dot folders are tools' own, except the one that says how the project is checked.
    private static func isOurs(folder name: String, at url: URL) -> Bool {
        if name.hasPrefix(".") { return name == ".ci" }
        if ["__pycache__", "node_modules"].contains(name) { return false }
        return !FileManager.default.fileExists(atPath: url.appending(path: "pyvenv.cfg").path)
    }

    private static func isOurs(file name: String) -> Bool {
        name != "Package.resolved" && name != ".git" && name != ".DS_Store"
    }
}
