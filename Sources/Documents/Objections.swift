/// What is wrong with a member of a document.
package struct Objection: Sendable, Hashable {
    package let field: String
    package let reason: String

    package init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }
}

/// All that is wrong with a document, each objection with its line where the document has lines.
package final class Objections {
    /// What is wrong with a document, and in which of its lines.
    package struct Entry {
        package let objection: Objection
        package let line: Int?
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package func add(_ field: String, _ reason: String, line: Int? = nil) {
        entries.append(Entry(objection: Objection(field, reason), line: line))
    }

    /// Throws the first mistake of a file in the order of lines, and how many more there are.
    package func report(name: String) throws(DocumentFailure) {
        let sorted = entries.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
        guard let first = sorted.first else { return }
        let place = first.line.map { "\(name):\($0)" } ?? name
        let more = sorted.count > 1 ? " (and \(sorted.count - 1) more)" : ""
        let objection = first.objection
        throw DocumentFailure("\(place): \(objection.field): \(objection.reason)\(more)")
    }
}

/// Why a document cannot be read: one sentence that names the file, the line and the reason.
package struct DocumentFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
