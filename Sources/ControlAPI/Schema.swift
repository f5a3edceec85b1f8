import AWSWire
import MeteringAPI

/// The members of a JSON object, as the OpenAPI document describes them.
struct Schema: Sendable {
    /// Its name among the document's components.
    var name: String
    var fields: [Field]
    /// Whether other members are refused, as in bodies; answers may get more with time.
    var isClosed = false

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
        case text, time, integer, number, boolean
        case bounded(NumberField)
        /// A quantity as AWS has it, as a number or a text.
        case quantity
        /// A number, a text, true or false.
        case scalar
        case choice([String])
        case list(FieldType)
        case object(Schema)
        /// An object whose members have any name.
        case map
        case nullable(FieldType)
    }

    init(_ name: String, _ fields: [Field]) {
        self.name = name
        self.fields = fields
    }

    /// What a body is read as.
    init(body name: String, _ fields: [Field]) {
        self.init(name, fields)
        isClosed = true
    }

    /// A part of a list of these.
    var page: Schema {
        Schema(
            "\(name)List",
            [
                Field("items", .list(.object(self)), required: true),
                Field(
                    "nextCursor", .nullable(.text), required: true,
                    "Pass it as cursor for what follows; null at the end."),
            ])
    }

    /// This and all named schemas in it.
    var named: [Schema] {
        [self] + fields.flatMap(\.type.named)
    }

    func write(to writer: inout JSONWriter) {
        writer.member("type", "object")
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty {
            writer.name("required")
            writer.list(required) { $0.string($1) }
        }
        if isClosed { writer.boolean("additionalProperties", false) }
        writer.name("properties")
        writer.object { writer in
            for field in fields {
                writer.anyName(field.name)
                writer.object { writer in
                    // What is null in a body is absent.
                    let type = isClosed && !field.isRequired ? .nullable(field.type) : field.type
                    type.write(to: &writer)
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
        case .nullable(let type): type.named
        default: []
        }
    }

    func write(to writer: inout JSONWriter) {
        write(to: &writer, orNull: false)
    }

    private func write(to writer: inout JSONWriter, orNull: Bool) {
        if !types.isEmpty {
            let types = types + (orNull ? ["null"] : [])
            writer.name("type")
            if types.count == 1 {
                writer.string(types[0])
            } else {
                writer.list(types) { $0.string($1) }
            }
        }
        switch self {
        case .text, .integer, .number, .boolean, .quantity, .scalar, .map: break
        case .time: writer.member("format", "date-time")
        case .bounded(let number): number.writeBounds(to: &writer)
        case .choice(let names):
            writer.name("enum")
            writer.list(names + (orNull ? [nil] : [])) { writer, name in
                if let name { writer.string(name) } else { writer.literal("null") }
            }
        case .list(let element):
            writer.name("items")
            writer.object { element.write(to: &$0) }
        case .object(let schema):
            let reference = "#/components/schemas/\(schema.name)"
            guard orNull else { return writer.member("$ref", reference) }
            writer.name("anyOf")
            writer.list([("$ref", reference), ("type", "null")]) { writer, alternative in
                writer.object { writer in
                    writer.anyName(alternative.0)
                    writer.string(alternative.1)
                }
            }
        case .nullable(let type): type.write(to: &writer, orNull: true)
        }
    }

    /// What JSON calls the types of its values; none where something else says it.
    private var types: [String] {
        switch self {
        case .text, .time, .choice: ["string"]
        case .integer: ["integer"]
        case .number: ["number"]
        case .bounded(let number): [number.precision == .whole ? "integer" : "number"]
        case .boolean: ["boolean"]
        case .quantity: ["number", "string"]
        case .scalar: ["number", "string", "boolean"]
        case .list: ["array"]
        case .map: ["object"]
        case .object, .nullable: []
        }
    }
}

extension NumberField {
    fileprivate func writeBounds(to writer: inout JSONWriter) {
        switch precision {
        case .whole:
            writer.member("format", "int64")
            writer.member("minimum", range.lowerBound)
            writer.member("maximum", range.upperBound)
        case .thousandths:
            writer.name("minimum")
            writer.thousandths(range.lowerBound)
            writer.name("maximum")
            writer.thousandths(range.upperBound)
        }
    }
}
