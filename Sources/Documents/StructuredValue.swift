package import AWSWire
import MeteringAPI

/// A body of the control API, or a part of a seed file: the same tree, whatever it was written in.
package struct StructuredValue: Sendable {
    /// What a document can hold at one place.
    package enum Content: Sendable {
        case object([(name: String, value: StructuredValue)])
        case list([StructuredValue])
        /// A text in quotation marks.
        case text(String)
        /// A scalar whose type the reader decides: YAML's plain words and numbers.
        case plain(String)
        case number(String)
        case boolean(Bool)
        case null
    }

    package var content: Content
    /// Where it stands in its file, from 1.
    package var line: Int?

    /// The line of what a path such as `dimensions[1].price` leads to, or of the last thing on the
    /// way to it.
    package func line(at path: String) -> Int? {
        var value = self
        var line = line
        for step in path.split(whereSeparator: { ".[]".contains($0) }) {
            switch value.content {
            case .object(let members):
                guard let member = members.first(where: { $0.name == step }) else { return line }
                value = member.value
            case .list(let elements):
                guard let index = WholeNumber.read(step).map(Int.init),
                    elements.indices.contains(index)
                else { return line }
                value = elements[index]
            default: return line
            }
            line = value.line ?? line
        }
        return line
    }

    package static let emptyObject = StructuredValue(content: .object([]), line: nil)
}

extension StructuredValue {
    /// The text of what may be a number: anything that is not quoted.
    package var numberText: String? {
        switch content {
        case .number(let text), .plain(let text): text
        default: nil
        }
    }

    /// The tree of a JSON text.
    package init(_ value: JSONValue) {
        line = nil
        switch value.kind {
        case .null: content = .null
        case .boolean: content = .boolean(value.isTrue)
        case .number: content = .number(value.numberText)
        case .string: content = .text(value.text)
        case .list: content = .list(value.elements.map { StructuredValue($0) })
        case .object:
            content = .object(value.members.map { ($0.name, StructuredValue($0.value)) })
        }
    }
}
