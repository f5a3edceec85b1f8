import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI
import Testing

@testable import ControlAPI
@testable import TurnpikeServer

@Suite("The OpenAPI document")
struct OpenAPITests {
    /// The document as the server gives it.
    private static func document() async throws -> JSONDocument {
        let market = try await ControlMarket()
        let answer = await market.send(.get, "openapi.json")
        try #require(answer.status == 200)
        return try JSONDocument(parsing: Array(answer.text.utf8))
    }

    @Test("It lists exactly the routes that are answered")
    func routes() async throws {
        let root = try await Self.document().root
        #expect(root["openapi"]?.text == "3.1.0")
        let paths = try #require(root["paths"])
        var described: Set<String> = []
        for path in paths.members {
            for operation in path.value.members {
                let isNew = described.insert("\(operation.name.uppercased()) \(path.name)").inserted
                #expect(isNew)
                #expect(operation.value["summary"]?.text.isEmpty == false)
            }
        }
        let real = ControlAPI.routes.map { "\($0.method.rawValue) \($0.template)" }
        #expect(described == Set(real))
        let market = try await ControlMarket()
        for route in described {
            let parts = route.split(separator: " ")
            let method = try #require(HTTPRequest.Method(String(parts[0])))
            let answer = await market.send(method, String(parts[1]).filter { !"{}".contains($0) })
            #expect(answer.status != 405, "\(route)")
            let isUnknown = answer["detail"]?.hasPrefix("there is nothing at") == true
            #expect(!isUnknown, "\(route)")
        }
    }

    @Test("Every reference in it leads somewhere")
    func references() async throws {
        let root = try await Self.document().root
        let references = Self.references(in: root)
        #expect(references.count > 30)
        for reference in Set(references) {
            var target: JSONValue? = root
            for step in reference.dropFirst(2).split(separator: "/") {
                target = target?[String(step)]
            }
            #expect(reference.hasPrefix("#/") && target != nil, "\(reference)")
        }
        let components = try #require(root["components"]?["schemas"])
        for schema in components.members {
            #expect(references.contains("#/components/schemas/\(schema.name)"), "\(schema.name)")
        }
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value.kind {
        case .list: value.elements.flatMap { references(in: $0) }
        case .object:
            value.members.flatMap { member in
                member.name == "$ref" && member.value.kind == .string
                    ? [member.value.text] : references(in: member.value)
            }
        default: []
        }
    }

    @Test("Every parameter of a path is described, and each description is of one")
    func pathParameters() async throws {
        let paths = try #require(try await Self.document().root["paths"])
        for path in paths.members {
            let inPath = path.name.split(separator: "/").filter { $0.first == "{" }.map {
                String($0.dropFirst().dropLast())
            }
            for operation in path.value.members {
                let described = operation.value["parameters"].map { parameters in
                    parameters.elements.filter { $0["in"]?.text == "path" }.map {
                        $0["name"]?.text ?? ""
                    }
                }
                #expect(described == inPath, "\(path.name)")
            }
        }
    }

    @Test("What a list of names may hold is what is taken, an empty name included")
    func listsOfNames() async throws {
        let market = try await ControlMarket()
        let paths = try #require(try await Self.document().root["paths"])
        var lists = 0
        for path in paths.members {
            for parameter in path.value["get"]?["parameters"].map({ Array($0.elements) }) ?? [] {
                guard let items = parameter["schema"]?["items"] else { continue }
                lists += 1
                let name = parameter["name"]?.text ?? ""
                let described = try #require(items["enum"]).elements.map(\.text)
                #expect(described.contains(""))
                for (value, status) in described.map({ ($0, 200) }) + [("none such", 400)] {
                    let query = "\(name)=\(value.replacing(" ", with: "%20"))"
                    let answer = await market.send(
                        .get, "\(path.name.dropFirst("/control/v1/".count))?\(query)")
                    #expect(answer.status == status, "\(path.name)?\(query)")
                }
            }
        }
        #expect(lists > 0)
    }

    @Test("It describes each status that a route has")
    func statuses() async throws {
        let paths = try #require(try await Self.document().root["paths"])
        let make = paths["/control/v1/accounts/{accountId}"]?["put"]?["responses"]
        #expect(make?["201"] != nil)
        #expect(make?["200"] != nil)
        let errors = ["400", "403", "404", "409", "413", "500", "503"]
        #expect(make?.members.map(\.name) == ["200", "201"] + errors)
        let problem = make?["409"]?["content"]?["application/problem+json"]?["schema"]
        #expect(problem?["$ref"]?.text == "#/components/schemas/Problem")
        let agreement = paths["/control/v1/agreements"]?["post"]?["responses"]
        #expect(agreement?["201"] != nil)
        #expect(agreement?["200"] == nil)
        let metrics = paths["/metrics"]?["get"]?["responses"]?["200"]?["content"]
        #expect(metrics?["text/plain"] != nil)
    }

    @Test("It says that a token is asked for where one is")
    func token() throws {
        let open = try JSONDocument(parsing: OpenAPIDocument(asksForToken: false).json).root
        #expect(open["components"]?["securitySchemes"] == nil)
        let asking = try JSONDocument(parsing: OpenAPIDocument(asksForToken: true).json).root
        #expect(asking["components"]?["securitySchemes"]?["controlToken"] != nil)
        for (root, asks) in [(open, false), (asking, true)] {
            let clock = root["paths"]?["/control/v1/clock"]?["get"]
            #expect((clock?["security"] != nil) == asks)
            #expect((clock?["responses"]?["401"] != nil) == asks)
            #expect((clock?["responses"]?["403"] != nil) == !asks)
            #expect(root["paths"]?["/health"]?["get"]?["security"] == nil)
        }
    }

    /// A body, and the answer that tells of the same.
    private static let pairs = [
        (Schema.accountBody, Answers.account.schema), (.productBody, Answers.product.schema),
        (.credentialBody, Answers.newCredential.schema),
        (.agreementBody, Answers.agreement.schema), (.clockBody, Answers.clock.schema),
        (.eventTargetBody, Answers.eventTarget.schema),
        (.faultPlanBody, Answers.faultPlan.schema),
    ]

    @Test("What a body and an answer both have is of one type", arguments: pairs)
    func pair(body: Schema, answer: Schema) {
        let common = body.fields.filter { field in
            answer.fields.contains { $0.name == field.name }
        }
        #expect(!common.isEmpty)
        expectSame(body, answer)
    }

    private func expectSame(_ body: Schema, _ answer: Schema) {
        for field in body.fields {
            guard let shown = answer.fields.first(where: { $0.name == field.name }) else {
                continue
            }
            switch (field.type, shown.type) {
            case (.object(let asked), .object(let given)),
                (.list(.object(let asked)), .list(.object(let given))):
                expectSame(asked, given)
            case (.bounded(let number), .integer): #expect(number.precision == .whole)
            case (.bounded(let number), .number): #expect(number.precision == .thousandths)
            case (let asked, let given):
                #expect("\(asked)" == "\(given)", "\(body.name).\(field.name)")
            }
        }
    }

    @Test(
        "The members that a body may have are exactly those of its schema",
        arguments: ControlAPI.routes.filter { $0.request != nil }.map(\.bodyName))
    func bodies(name: String) async throws {
        let route = try #require(ControlAPI.routes.first { $0.bodyName == name })
        let schema = try #require(route.request)
        let path = route.template.filter { !"{}".contains($0) }
        let market = try await ControlMarket.furnished()
        func faults(_ body: String) async throws -> [String: String] {
            let answer = await market.send(route.method, path, body)
            #expect(answer.status == 400, "\(body): \(answer.text)")
            let document = try JSONDocument(parsing: Array(answer.text.utf8))
            let faults = document.root["errors"].map { Array($0.elements) } ?? []
            return Dictionary(
                faults.map { ($0["field"]?.text ?? "", $0["reason"]?.text ?? "") },
                uniquingKeysWith: { first, _ in first })
        }
        for member in Self.members(of: schema) {
            let found = try await faults(member.body)
            let reason = try #require(found[member.path], "\(member.path): \(found)")
            #expect(!reason.contains("no such member"), "\(member.path)")
        }
        for member in Self.unknownMembers(of: schema) {
            let found = try await faults(member.body)
            #expect(found[member.path]?.contains("no such member") == true, "\(member.path)")
        }
        for field in schema.fields where field.isRequired {
            let found = try await faults("{}")
            #expect(found[field.name]?.contains("missing") == true, "\(field.name)")
        }
    }

    private struct Member {
        let path: String
        let body: String
    }

    /// Each member of a schema, with a body in which its value is of a type that it cannot have.
    private static func members(of schema: Schema) -> [Member] {
        schema.fields.flatMap { field -> [Member] in
            let wrong = Member(path: field.name, body: #"{"\#(field.name)":\#(field.type.wrong)}"#)
            return [wrong]
                + nested(field).flatMap { nested in
                    members(of: nested.schema).map(nested.wrap)
                }
        }
    }

    /// A member that the schema does not have, on each level.
    private static func unknownMembers(of schema: Schema) -> [Member] {
        [Member(path: "unknownMember", body: #"{"unknownMember":1}"#)]
            + schema.fields.flatMap(nested).flatMap { nested in
                unknownMembers(of: nested.schema).map(nested.wrap)
            }
    }

    /// The schemas of the objects in a field.
    private static func nested(
        _ field: Schema.Field
    ) -> [(schema: Schema, wrap: (Member) -> Member)] {
        switch field.type {
        case .object(let schema):
            [
                (
                    schema,
                    {
                        Member(
                            path: "\(field.name).\($0.path)",
                            body: #"{"\#(field.name)":\#($0.body)}"#)
                    }
                )
            ]
        case .list(.object(let schema)):
            [
                (
                    schema,
                    {
                        Member(
                            path: "\(field.name)[0].\($0.path)",
                            body: #"{"\#(field.name)":[\#($0.body)]}"#)
                    }
                )
            ]
        default: []
        }
    }
}

extension Route {
    /// A name for a test's argument.
    fileprivate var bodyName: String { "\(method.rawValue) \(template)" }
}

extension Schema.FieldType {
    /// A JSON value that is none of this type.
    fileprivate var wrong: String {
        switch self {
        case .text, .time, .choice: "1"
        case .integer, .number, .bounded, .quantity, .boolean, .list, .object, .map: #""wrong""#
        case .scalar: "[]"
        case .nullable(let type): type.wrong
        }
    }
}
