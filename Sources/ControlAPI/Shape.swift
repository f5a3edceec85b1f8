import AWSWire
import MeteringAPI

/// What a resource looks like in answers: the name, type and meaning of each member, and where its
/// value comes from.
///
/// Answers are written and the OpenAPI document is printed from it, so that they cannot differ.
struct Shape<Value>: Sendable {
    let schema: Schema
    private let members: [Member]

    struct Member: Sendable {
        let field: Schema.Field
        let write: @Sendable (inout JSONWriter, Value) -> Void
    }

    init(_ name: String, _ members: [Member]) {
        schema = Schema(name, members.map(\.field))
        self.members = members
    }

    /// A part of a list of these.
    var page: Schema { schema.page }

    /// Writes the members of a value, within an object.
    func write(_ value: Value, to writer: inout JSONWriter) {
        for member in members { member.write(&writer, value) }
    }

    /// The members, for a shape that has them among its own.
    func members<Whole>(of part: @escaping @Sendable (Whole) -> Value) -> [Shape<Whole>.Member] {
        members.map { member in
            Shape<Whole>.Member(field: member.field) { member.write(&$0, part($1)) }
        }
    }
}

extension Shape.Member {
    typealias Part<Answer> = @Sendable (Value) -> Answer

    /// A member with a value of its own; it is left out where the value is nil.
    static func member<Answer: AnswerValue>(
        _ name: String, about description: String = "", _ value: @escaping Part<Answer>
    ) -> Self {
        Self(
            field: Schema.Field(
                name, Answer.fieldType, required: !Answer.mayBeAbsent, description)
        ) { writer, whole in
            let value = value(whole)
            if value.isAbsent { return }
            writer.anyName(name)
            value.write(to: &writer)
        }
    }

    /// A member that is an object.
    static func object<Answer>(
        _ name: String, about description: String = "", _ shape: Shape<Answer>,
        _ part: @escaping Part<Answer>
    ) -> Self {
        Self(
            field: Schema.Field(name, .object(shape.schema), required: true, description)
        ) { writer, whole in
            writer.anyName(name)
            writer.object { shape.write(part(whole), to: &$0) }
        }
    }

    /// A member that is an object where there is one.
    static func optional<Answer>(
        _ name: String, about description: String = "", _ shape: Shape<Answer>,
        _ part: @escaping Part<Answer?>
    ) -> Self {
        Self(field: Schema.Field(name, .object(shape.schema), description)) { writer, whole in
            guard let part = part(whole) else { return }
            writer.anyName(name)
            writer.object { shape.write(part, to: &$0) }
        }
    }

    /// A member that is a list of objects; an `optional` one is left out where it is empty.
    static func list<Answer>(
        _ name: String, optional: Bool = false, about description: String = "",
        listOf shape: Shape<Answer>, _ parts: @escaping Part<[Answer]>
    ) -> Self {
        Self(
            field: Schema.Field(
                name, .list(.object(shape.schema)), required: !optional, description)
        ) { writer, whole in
            let parts = parts(whole)
            if optional, parts.isEmpty { return }
            writer.anyName(name)
            writer.list(parts) { writer, part in
                writer.object { shape.write(part, to: &$0) }
            }
        }
    }

    /// A member whose value is written by hand.
    static func raw(
        _ name: String, _ type: Schema.FieldType, about description: String = "",
        _ write: @escaping @Sendable (inout JSONWriter, Value) -> Void
    ) -> Self {
        Self(field: Schema.Field(name, type, required: true, description)) { writer, whole in
            writer.anyName(name)
            write(&writer, whole)
        }
    }
}

/// What a member of an answer can be.
protocol AnswerValue: Sendable {
    static var fieldType: Schema.FieldType { get }
    static var mayBeAbsent: Bool { get }
    var isAbsent: Bool { get }
    func write(to writer: inout JSONWriter)
}

extension AnswerValue {
    static var mayBeAbsent: Bool { false }
    var isAbsent: Bool { false }
}

extension Optional: AnswerValue where Wrapped: AnswerValue {
    static var fieldType: Schema.FieldType { Wrapped.fieldType }
    static var mayBeAbsent: Bool { true }
    var isAbsent: Bool { self == nil }
    func write(to writer: inout JSONWriter) { self?.write(to: &writer) }
}

extension String: AnswerValue {
    static var fieldType: Schema.FieldType { .text }
    func write(to writer: inout JSONWriter) { writer.string(self) }
}

extension Bool: AnswerValue {
    static var fieldType: Schema.FieldType { .boolean }
    func write(to writer: inout JSONWriter) { writer.literal(self ? "true" : "false") }
}

extension Int64: AnswerValue {
    static var fieldType: Schema.FieldType { .integer }
    func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension Int: AnswerValue {
    static var fieldType: Schema.FieldType { .integer }
    func write(to writer: inout JSONWriter) { writer.integer(Int64(self)) }
}

extension Timestamp: AnswerValue {
    static var fieldType: Schema.FieldType { .time }
    func write(to writer: inout JSONWriter) { writer.string(iso8601) }
}

extension [String]: AnswerValue {
    static var fieldType: Schema.FieldType { .list(.text) }
    func write(to writer: inout JSONWriter) { writer.list(self) { $0.string($1) } }
}

/// A quantity as AWS has it.
extension Quantity: AnswerValue {
    static var fieldType: Schema.FieldType { .quantity }
    func write(to writer: inout JSONWriter) { writer.literal(description) }
}

/// A number with at most three decimals.
struct Thousandths: AnswerValue {
    let count: Int64

    init(_ count: Int64) { self.count = count }

    static var fieldType: Schema.FieldType { .number }
    func write(to writer: inout JSONWriter) { writer.thousandths(count) }
}

/// One of the names that a type has.
struct Choice<Name: RawRepresentable<String> & CaseIterable & Sendable>: AnswerValue {
    let name: Name

    init(_ name: Name) { self.name = name }

    static var fieldType: Schema.FieldType { .choice(Name.allCases.map(\.rawValue)) }
    func write(to writer: inout JSONWriter) { writer.string(name.rawValue) }
}

extension ControlResult {
    /// One resource.
    init<Value>(status: Int = 200, _ shape: Shape<Value>, _ value: Value) {
        self.init(status: status) { shape.write(value, to: &$0) }
    }
}
