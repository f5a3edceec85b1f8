import AWSWire
import MeteringAPI

/// The members of a JSON object, as the OpenAPI document describes them.
struct Schema: Sendable {
    /// Its name among the document's components; nil for one that stands where it is used.
    var name: String?
    var fields: [Field]

    struct Field: Sendable {
        var name: String
        var type: FieldType
        var isRequired: Bool
        var description: String

        init(
            _ name: String, _ type: FieldType = .text, required: Bool = false,
            _ description: String = ""
        ) {
            self.name = name
            self.type = type
            isRequired = required
            self.description = description
        }

        /// A number with its bounds.
        init(_ number: NumberField, _ description: String) {
            self.init(number.name, .bounded(number), description)
        }
    }

    indirect enum FieldType: Sendable {
        /// Integers and numbers are what is answered; a request's are bounded.
        case text, time, integer, number, boolean, any
        case bounded(NumberField)
        /// A quantity as AWS has it, as a number or a text.
        case quantity
        case choice([String])
        case list(FieldType)
        case object(Schema)
        /// An object whose members have any name.
        case map
    }

    init(_ name: String? = nil, _ fields: [Field]) {
        self.name = name
        self.fields = fields
    }

    /// A part of a list of these.
    var page: Schema {
        Schema(
            name.map { "\($0)List" },
            [
                Field("items", .list(.object(self)), required: true),
                Field("nextCursor", .text, "Pass it as cursor for what follows; null at the end."),
            ])
    }

    /// This and all named schemas in it.
    var named: [Schema] {
        (name == nil ? [] : [self]) + fields.flatMap(\.type.named)
    }

    func write(to writer: inout JSONWriter) {
        writer.member("type", "object")
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty {
            writer.name("required")
            writer.list(required) { $0.string($1) }
        }
        writer.name("properties")
        writer.object { writer in
            for field in fields {
                writer.anyName(field.name)
                writer.object { writer in
                    field.type.write(to: &writer)
                    if !field.description.isEmpty {
                        writer.member("description", field.description)
                    }
                }
            }
        }
    }
}

extension Schema.FieldType {
    fileprivate var named: [Schema] {
        switch self {
        case .list(let type): type.named
        case .object(let schema): schema.named
        default: []
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .text: writer.member("type", "string")
        case .time:
            writer.member("type", "string")
            writer.member("format", "date-time")
        case .integer: writer.member("type", "integer")
        case .number: writer.member("type", "number")
        case .bounded(let number): number.write(to: &writer)
        case .quantity:
            writer.name("type")
            writer.list(["number", "string"]) { $0.string($1) }
        case .any: break
        case .boolean: writer.member("type", "boolean")
        case .map: writer.member("type", "object")
        case .choice(let names):
            writer.member("type", "string")
            writer.name("enum")
            writer.list(names) { $0.string($1) }
        case .list(let element):
            writer.member("type", "array")
            writer.name("items")
            writer.object { element.write(to: &$0) }
        case .object(let schema):
            if let name = schema.name {
                writer.member("$ref", "#/components/schemas/\(name)")
            } else {
                schema.write(to: &writer)
            }
        }
    }
}

extension NumberField {
    fileprivate func write(to writer: inout JSONWriter) {
        switch precision {
        case .whole:
            writer.member("type", "integer")
            writer.member("format", "int64")
            writer.member("minimum", range.lowerBound)
            writer.member("maximum", range.upperBound)
        case .thousandths:
            writer.member("type", "number")
            writer.decimal("minimum", thousandths: range.lowerBound)
            writer.decimal("maximum", thousandths: range.upperBound)
        }
    }
}
