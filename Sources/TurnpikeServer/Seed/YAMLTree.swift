import Yams

extension StructuredValue {
    /// The tree of a YAML text, whose name is for the message of what is wrong with it.
    package init(yaml text: String, name: String) throws(StartFailure) {
        do {
            try self.init(yaml: text)
        } catch let error as YamlError {
            throw StartFailure(error.sentence(file: name))
        } catch {
            throw StartFailure("\(name): \(error)")
        }
    }

    /// The tree of a YAML text; throws the parser's own error.
    private init(yaml text: String) throws {
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

extension YamlError {
    /// The parser's complaint as one line with its place.
    fileprivate func sentence(file: String) -> String {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(file):\(mark.line): \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            "\(file):\(context.mark.line): \(duplicates.sorted().joined(separator: ", ")): "
                + "the member comes twice, here for the first time"
        case .reader(let problem, let offset, _, let yaml):
            "\(file):\(yaml.prefix(offset ?? 0).count { $0.isNewline } + 1): \(problem)"
        default: "\(file): \(self)"
        }
    }
}
