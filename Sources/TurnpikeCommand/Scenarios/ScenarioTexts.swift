import AWSWire
import Documents
import MeteringAPI

/// What a scenario's texts stand for in one run: `$buyer` for an account, `+3h` for a moment.
struct ScenarioTexts {
    /// What a run is told by its options, or makes up.
    enum Variable: String, CaseIterable {
        case product, buyer, dimension, newBuyer
    }

    let start: Timestamp
    var variables: [Variable: String]

    /// Writes a body for the control API, without the members that only scenarios know.
    func write(_ value: StructuredValue, to writer: inout JSONWriter, without: Set<String> = []) {
        switch value.content {
        case .object(let members):
            writer.object { writer in
                for (name, value) in members where !without.contains(name) {
                    writer.anyName(name)
                    if case .plain(let text) = value.content, Self.isText(name) {
                        writer.string(resolved(text))
                    } else {
                        write(value, to: &writer)
                    }
                }
            }
        case .list(let elements):
            writer.list(elements) { writer, element in write(element, to: &writer) }
        case .text(let text): writer.string(text)
        case .plain(let text): plain(text, to: &writer)
        case .number(let text): writer.literal(text)
        case .boolean(let flag): writer.literal(flag ? "true" : "false")
        case .null: writer.literal("null")
        }
    }

    /// Whether a member is a text also where it looks like a number, as an account's id does.
    private static func isText(_ name: String) -> Bool {
        ["Id", "Arn", "Code"].contains(where: name.hasSuffix)
            || ["name", "title", "dimension", "customerIdentifier"].contains(name)
    }

    private func plain(_ text: String, to writer: inout JSONWriter) {
        // What is a number in JSON, too: 010 and +5 are not.
        let isNumber = (try? JSONDocument(parsing: Array(text.utf8)))?.root.kind == .number
        if ["true", "false"].contains(text) || isNumber {
            writer.literal(text)
        } else {
            writer.string(resolved(text))
        }
    }

    /// What a text stands for; most stand for themselves.
    func resolved(_ text: String) -> String {
        if text.first == "$" {
            return Variable(rawValue: String(text.dropFirst())).flatMap { variables[$0] } ?? text
        }
        if text.first == "+", let duration = ClockDuration(argument: String(text.dropFirst())) {
            return start.adding(seconds: duration.seconds).iso8601
        }
        return text
    }
}
