import Yams

extension StructuredValue {
    /// The tree of a YAML text; throws the parser's own error.
    init(yaml text: String) throws {
        guard let node = try Yams.compose(yaml: text) else {
            self = .emptyObject
            return
        }
        self.init(node)
        // A document that is begun and has nothing in it.
        if case .null = content { content = .object([]) }
    }

    private init(_ node: Node) {
        line = node.mark?.line
        switch node {
        case .mapping(let mapping):
            content = .object(
                mapping.map { key, value in
                    var value = StructuredValue(value)
                    // A member stands where its name does.
                    value.line = key.mark?.line ?? value.line
                    return (key.scalar?.string ?? "?", value)
                })
        case .sequence(let sequence): content = .list(sequence.map { StructuredValue($0) })
        case .scalar(let scalar):
            switch scalar.style {
            case .plain, .any:
                content =
                    ["", "~", "null"].contains(scalar.string) ? .null : .plain(scalar.string)
            default: content = .text(scalar.string)
            }
        case .alias: content = .null
        }
    }
}
