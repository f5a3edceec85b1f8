import AWSWire
import HTTPTypes
import MarketplaceHost

/// The OpenAPI description of the control API, written from its table of routes.
///
/// It is that of one server: whether a token is asked for is part of it.
struct OpenAPIDocument {
    let asksForToken: Bool

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 32_768)
        writer.object { writer in
            writer.member("openapi", "3.1.0")
            writer.name("info")
            writer.object { writer in
                writer.member("title", "Turnpike's control API")
                writer.member("version", Version.current)
            }
            writer.name("paths")
            writer.object { paths(&$0) }
            writer.name("components")
            writer.object { writer in
                writer.name("schemas")
                writer.object { schemas(&$0) }
                guard asksForToken else { return }
                writer.name("securitySchemes")
                writer.object { writer in
                    writer.name("controlToken")
                    writer.object { writer in
                        writer.member("type", "http")
                        writer.member("scheme", "bearer")
                    }
                }
            }
        }
        return writer.bytes
    }

    private func paths(_ writer: inout JSONWriter) {
        var templates: [String] = []
        for route in ControlAPI.routes where !templates.contains(route.template) {
            templates.append(route.template)
        }
        for template in templates {
            writer.anyName(template)
            writer.object { writer in
                for route in ControlAPI.routes where route.template == template {
                    writer.anyName(route.method.rawValue.lowercased())
                    writer.object { operation(route, &$0) }
                }
            }
        }
    }

    private func operation(_ route: Route, _ writer: inout JSONWriter) {
        writer.member("summary", route.summary)
        writer.name("parameters")
        writer.list(parameters(of: route)) { writer, parameter in
            writer.object { writer in
                writer.member("name", parameter.name)
                writer.member("in", parameter.place)
                if parameter.place == "path" { writer.boolean("required", true) }
                writer.member("description", parameter.description)
                writer.name("schema")
                if case .list(.choice(let names)) = parameter.type {
                    // With commas between its items; empty ones are passed over, so that a list
                    // without any, which is an empty text, is taken.
                    let type = Schema.FieldType.list(.choice(names + [""]))
                    writer.object { type.write(to: &$0) }
                    writer.member("style", "form")
                    writer.boolean("explode", false)
                } else {
                    writer.object { parameter.type.write(to: &$0) }
                }
            }
        }
        if let request = route.request {
            writer.name("requestBody")
            writer.object { content("application/json", request, &$0) }
        }
        writer.name("responses")
        writer.object { writer in
            for status in route.statuses {
                writer.anyName(String(status))
                writer.object { writer in
                    writer.member("description", status == 201 ? "Made" : "Done")
                    content(route.contentType, route.response, &writer)
                }
            }
            for status in route.errors(asksForToken: asksForToken) {
                writer.anyName(String(status))
                writer.object { writer in
                    writer.member("description", Problem.httpStatus(status).reasonPhrase)
                    content("application/problem+json", Answers.problem.schema, &writer)
                }
            }
        }
        if asksForToken, !route.isOpen {
            writer.name("security")
            writer.list([0]) { writer, _ in
                writer.object { writer in
                    writer.name("controlToken")
                    writer.literal("[]")
                }
            }
        }
    }

    private struct Parameter {
        let name: String
        let place: String
        let type: Schema.FieldType
        let description: String?
    }

    private func parameters(of route: Route) -> [Parameter] {
        let inPath = route.template.split(separator: "/").filter { $0.first == "{" }.map {
            Parameter(
                name: String($0.dropFirst().dropLast()), place: "path", type: .text,
                description: nil)
        }
        let inQuery = route.query.map {
            Parameter(name: $0.name, place: "query", type: $0.type, description: $0.description)
        }
        return inPath + inQuery
    }

    private func content(
        _ type: String, _ schema: Schema, _ writer: inout JSONWriter
    ) {
        writer.name("content")
        writer.object { writer in
            writer.anyName(type)
            writer.object { writer in
                // Bytes have no shape.
                if type == "application/octet-stream" { return }
                writer.name("schema")
                let shape: Schema.FieldType = type == "text/plain" ? .text : .object(schema)
                writer.object { shape.write(to: &$0) }
            }
        }
    }

    private func schemas(_ writer: inout JSONWriter) {
        var known: Set<String> = []
        let used = ControlAPI.routes.flatMap { [$0.request, $0.response].compactMap(\.self) }
        for schema in (used + [Answers.problem.schema]).flatMap(\.named)
        where known.insert(schema.name).inserted {
            writer.anyName(schema.name)
            writer.object { schema.write(to: &$0) }
        }
    }
}
