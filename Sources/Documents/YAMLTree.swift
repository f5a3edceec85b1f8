import Yams

extension StructuredValue {
    /// The tree of a YAML text, whose name is for the message of what is wrong with it.
    package init(yaml text: String, name: String) throws(DocumentFailure) {
        do {
            try self.init(yaml: text)
        } catch let error as YamlError {
            throw DocumentFailure(error.sentence(file: name))
        } catch is AliasRoom.Exceeded {
            throw DocumentFailure(
                "\(name): its aliases make it more than \(DocumentLimits.aliases) values and "
                    + "characters longer than it is: write fewer of them, or split the file")
        } catch is AliasRoom.InName {
            throw DocumentFailure(
                "\(name): an alias or a list stands where a member's name is expected: write the "
                    + "name itself")
        } catch {
            throw DocumentFailure("\(name): \(error)")
        }
    }

    /// The tree of a YAML text; throws the parser's own error.
    private init(yaml text: String) throws {
        try AliasRoom.checkNames(in: text)
        // Types are read from the spelling below. Yams would look each up in a row of regular
        // expressions, and compare names by them.
        guard let node = try Yams.compose(yaml: text, .basic) else {
            self = .emptyObject
            return
        }
        var room = AliasRoom(in: text)
        try self.init(node, &room)
        // A document that is begun and has nothing in it.
        if case .null = content { content = .object([]) }
    }

    private init(_ node: Node, _ room: inout AliasRoom) throws(AliasRoom.Exceeded) {
        line = node.mark?.line
        try room.take(1)
        switch node {
        case .mapping(let mapping):
            var members: [(name: String, value: StructuredValue)] = []
            for (key, value) in mapping {
                var value = try StructuredValue(value, &room)
                // A member stands where its name does.
                value.line = key.mark?.line ?? value.line
                let name = key.scalar?.string ?? "?"
                try room.take(name.utf8.count)
                members.append((name, value))
            }
            content = .object(members)
        case .sequence(let sequence):
            var elements: [StructuredValue] = []
            for element in sequence { elements.append(try StructuredValue(element, &room)) }
            content = .list(elements)
        case .scalar(let scalar):
            try room.take(scalar.string.utf8.count)
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
