import AWSWire
import HTTPTypes
import MeteringAPI

@testable import ControlAPI

extension ControlAPI {
    /// What an answer has that the route's description does not allow, and the other way round.
    ///
    /// Nothing for what has no route, and for streams.
    static func faults(
        in answer: Answer, to method: HTTPRequest.Method, _ path: String
    ) -> [String] {
        let segments = path.split(separator: "/").map(String.init)
        let method = method == .head ? .get : method
        guard let route = routes.first(where: { $0.method == method && $0.match(segments) != nil })
        else { return [] }
        guard let root = try? JSONDocument(parsing: Array(answer.text.utf8)).root else { return [] }
        if route.statuses.contains(answer.status) {
            return route.response.faults(in: root, at: "")
        }
        let known = [true, false].flatMap { route.errors(asksForToken: $0) }
        return Answers.problem.schema.faults(in: root, at: "")
            + (known.contains(answer.status) ? [] : ["the status \(answer.status)"])
    }
}

extension Schema {
    /// What a value has that this does not, and lacks that it must have.
    func faults(in value: JSONValue, at path: String) -> [String] {
        guard value.kind == .object else { return ["\(path) is no object"] }
        let names = Set(value.members.map(\.name))
        let missing = fields.filter { $0.isRequired && !names.contains($0.name) }
        let unknown = names.subtracting(fields.map(\.name))
        return missing.map { "\(path).\($0.name) is missing" }
            + unknown.map { "\(path).\($0) is described nowhere" }
            + fields.flatMap { field in
                value[field.name].map { field.type.faults(in: $0, at: "\(path).\(field.name)") }
                    ?? []
            }
    }
}

extension Schema.FieldType {
    fileprivate func faults(in value: JSONValue, at path: String) -> [String] {
        switch self {
        case .list(let element) where value.kind == .list:
            value.elements.enumerated().flatMap { index, value in
                element.faults(in: value, at: "\(path)[\(index)]")
            }
        case .object(let schema): schema.faults(in: value, at: path)
        case .nullable(let type):
            value.kind == .null ? [] : type.faults(in: value, at: path)
        default: isKept(by: value) ? [] : ["\(path) is not as described"]
        }
    }

    private func isKept(by value: JSONValue) -> Bool {
        switch self {
        case .text: value.kind == .string
        case .time: value.kind == .string && Timestamp(iso8601: value.text) != nil
        case .choice(let names): value.kind == .string && names.contains(value.text)
        case .integer: value.kind == .number && WholeNumber.read(value.numberText) != nil
        case .number, .bounded: value.kind == .number
        case .quantity: value.kind == .number || value.kind == .string
        case .scalar: [.number, .string, .boolean].contains(value.kind)
        case .boolean: value.kind == .boolean
        case .map: value.kind == .object
        case .list, .object, .nullable: false
        }
    }
}
