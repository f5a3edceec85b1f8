import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI
import NIOHTTP1
import Testing

@testable import ControlAPI
@testable import TurnpikeServer
@testable import WebServer

@Suite("Numbers from outside", .serialized, .timeLimit(.minutes(20)))
struct NumberEdgeTests {
    @Test("Every number that a request may have is declared with its bounds")
    func declarations() {
        let unbounded = NumberPlace.all { type in
            switch type {
            case .integer, .number: true
            default: false
            }
        }
        #expect(unbounded.map(\.testDescription) == [])
        let names = NumberPlace.all { if case .bounded = $0 { true } else { false } }
            .map { $0.field.split(separator: ".").last ?? "" }
        #expect(names.contains("clockSkew") && names.contains("advance"))
    }

    @Test("Bounds leave room for sums, but for seeds, which are mixed")
    func room() {
        for place in NumberPlace.all(where: { _ in true }) {
            guard case .bounded(let number) = place.type, number.name != "seed" else { continue }
            #expect(number.range.lowerBound >= -(1 << 53), "\(place.testDescription)")
            #expect(number.range.upperBound <= 1 << 53, "\(place.testDescription)")
        }
    }

    @Test(
        "A number of a body is taken within its bounds and refused by its name outside",
        arguments: NumberPlace.all { if case .bounded = $0 { true } else { false } })
    func bodies(place: NumberPlace) async throws {
        guard case .bounded(let number) = place.type else { return }
        var market = try await ControlMarket.metering()
        for edge in NumberEdges.all {
            // Tests that run beside this one have deadlines.
            await Task.yield()
            let body = try #require(place.body(edge), "\(place.testDescription) has no body here")
            let answer = await market.send(place.method, place.path, body)
            let decimals = number.precision == .whole ? 0 : 3
            let isSpelled = decimals > 0 || !edge.contains { ".eE".contains($0) }
            let units = isSpelled ? NumberEdges.units(edge, decimals: decimals) : nil
            let isInside = units.map { number.range.contains($0) && edge != "-0" } ?? false
            let names = answer["errors.0.field"] ?? ""
            #expect(answer.status < 500, "\(body): \(answer.text)")
            if isInside {
                // The clock itself may refuse to go back, or beyond its end.
                #expect(answer.status < 300 || number.name == "advance", "\(body): \(answer.text)")
            } else if edge != "-0" {
                #expect(answer.status == 400, "\(body): \(answer.text)")
                #expect(names == place.field, "\(body): \(answer.text)")
            }
            guard answer.status < 300, number.name != "latency" else { continue }
            await Self.use(market)
            market = try await ControlMarket.metering()
        }
    }

    /// Lets what was set come into arithmetic.
    private static func use(_ market: ControlMarket) async {
        await market.meter(ControlMarket.record(1))
        for path in ["clock", "faults", "credentials", "registration-tokens", "event-targets"] {
            #expect(await market.send(.get, path).status == 200)
        }
        let event = #"{"type":"Purchase Agreement Advisory Issued - Manufacturer","agreementId":"#
        _ = await market.send(.post, "events", event + #""agmt-saas"}"#)
        _ = await market.send(.put, "clock", #"{"advance":3600}"#)
        for jump in ["month-end-5m", "month-close-5m", "next-hour"] {
            #expect(await market.send(.put, "clock", #"{"jump":"\#(jump)"}"#).status < 500)
        }
        let edge = #"{"jump":"window-edge","productCode":"saas"}"#
        #expect(await market.send(.put, "clock", edge).status < 500)
    }

    @Test(
        "A time or a value of any kind is taken or refused",
        arguments: NumberPlace.all { type in
            switch type {
            case .time, .scalar, .quantity: true
            default: false
            }
        })
    func times(place: NumberPlace) async throws {
        let isTime = if case .time = place.type { true } else { false }
        let values = isTime ? NumberEdges.times.map { "\"\($0)\"" } : NumberEdges.all
        var market = try await ControlMarket.metering()
        for value in values {
            await Task.yield()
            let body = try #require(place.body(value), "\(place.testDescription) has no body here")
            let answer = await market.send(place.method, place.path, body)
            #expect(answer.status < 500, "\(body): \(answer.text)")
            guard answer.status < 300 else { continue }
            await Self.use(market)
            market = try await ControlMarket.metering()
        }
    }

    @Test(
        "A number of a query is taken within its bounds and refused outside",
        arguments: ControlAPI.routes.filter { !$0.query.compactMap(\.number).isEmpty }
            .map(\.template))
    func queries(template: String) async throws {
        let market = try await ControlMarket.metering()
        await market.meter(ControlMarket.record(1))
        let route = try #require(
            ControlAPI.routes.first {
                $0.template == template && !$0.query.isEmpty
            })
        let path = NumberPlace(method: .get, template: template, field: "", type: .text).path
        for number in route.query.compactMap(\.number) {
            for edge in NumberEdges.texts {
                await Task.yield()
                let query = "\(number.name)=\(PercentEncoding.encoded(edge))"
                let answer = await market.send(.get, "\(path)?\(query)")
                let isInside = Int64(edge).map { number.range.contains($0) && String($0) == edge }
                #expect(answer.status == (isInside == true ? 200 : 400), "\(query.prefix(100))")
            }
        }
    }

    @Test("Every parameter of a query that is a number says its bounds in the OpenAPI document")
    func document() throws {
        let root = try JSONDocument(parsing: OpenAPIDocument(asksForToken: false).json).root
        let parameters = root["paths"]?["/control/v1/requests"]?["get"]?["parameters"]
        let schemas = parameters?.elements.reduce(into: [String: JSONValue]()) {
            $0[$1["name"]?.text ?? ""] = $1["schema"]
        }
        #expect(schemas?["limit"]?["type"]?.text == "integer")
        #expect(schemas?["limit"]?["maximum"]?.numberText == "1000")
        #expect(schemas?["status"]?["minimum"]?.numberText == "0")
        #expect(schemas?["cursor"]?["maximum"]?.numberText == "9223372036854775807")
        #expect(schemas?["operation"]?["type"]?.text == "string")
        let skew = root["components"]?["schemas"]?["FaultRule"]?["properties"]?["clockSkew"]
        #expect(skew?["minimum"]?.numberText == "-31622400")
    }

    @Test("A header that is a number is ignored where it is none")
    func headers() async throws {
        let market = try await ControlMarket()
        for field in NumberField.headers {
            let name = try #require(HTTPField.Name(field.name))
            for edge in NumberEdges.texts {
                var headers: HTTPFields = [.accept: "text/event-stream"]
                headers[name] = edge
                let number = headers.number(field)
                // Blanks around a header's value are no part of it.
                let text = edge.filter { $0 != " " }
                #expect(number.map(String.init) ?? text == text)
                #expect(await market.send(.get, "events", headers: headers).status == 200)
                guard field.name == "content-length" else { continue }
                let head = try RequestHead(
                    HTTPRequestHead(
                        version: .http1_1, method: .POST, uri: "/",
                        headers: ["host": "a", "content-length": edge]))
                #expect(head.declaredLength.map(Int64.init) == number)
            }
        }
    }
}
