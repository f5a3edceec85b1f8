import AWSWire
import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import Testing
import TurnpikeServer

@Suite("What the control API refuses")
struct RefusalTests {
    @Test(
        "A bad request is answered with its status, the field and the reason, and changes nothing",
        arguments: BadRequest.accounts + BadRequest.products + BadRequest.credentials
            + BadRequest.agreements + BadRequest.tokens + BadRequest.server)
    func badRequest(_ bad: BadRequest) async throws {
        let market = try await ControlMarket.furnished()
        let before = market.snapshot
        let method = try #require(HTTPRequest.Method(bad.method))
        let answer = await market.send(method, bad.path, bad.body)
        #expect(answer.status == bad.status)
        #expect(answer.headers[.contentType] == "application/problem+json")
        #expect(answer["type"] == "about:blank")
        #expect(answer["title"]?.isEmpty == false)
        #expect(answer["status"] == String(bad.status))
        #expect(answer["errors.0.field"] == bad.field)
        #expect(answer["errors.0.reason"]?.contains(bad.reason) == true, "\(answer.text)")
        let fields = (0..<9).compactMap { answer["errors.\($0).field"] }
        #expect(Set(fields).count == fields.count, "each field is named once")
        #expect(answer["detail"]?.contains(bad.reason) == true)
        #expect(market.snapshot == before)
    }

    @Test("All faults of a body are named at once")
    func allFaults() async throws {
        let market = try await ControlMarket()
        let answer = await market.send(
            .put, "products/p",
            #"{"type":"x","titel":"A","sellerAccountId":1,"dimensions":[{"price":2}]}"#)
        let fields = (0..<7).map { answer["errors.\($0).field"] }
        #expect(
            Set(fields) == [
                "type", "title", "titel", "sellerAccountId", "dimensions[0].name",
                "dimensions[0].price", nil,
            ])
    }

    @Test(
        "A body that is no JSON is refused",
        arguments: ["{", "nope", #"{"role":"seller""#, "{} {}", #"{"a":1,}"#, "\u{FEFF}{}"])
    func noJSON(body: String) async throws {
        let market = try await ControlMarket()
        let answer = await market.send(.put, "accounts/111122223333", body)
        #expect(answer.status == 400)
        #expect(answer["detail"]?.contains("no JSON") == true)
    }

    @Test(
        "Where an object is expected, nothing is said of the members that anything else lacks",
        arguments: [
            ("PUT", "accounts/111122223333", "[]", "(body)"),
            ("PUT", "products/p", "1", "(body)"),
            ("POST", "credentials", #"{"principal":"account"}"#, "principal"),
            ("PUT", "clock", #"{"advance":"1h"}"#, "advance"),
        ])
    func noObject(method: String, path: String, body: String, field: String) async throws {
        let market = try await ControlMarket()
        let answer = await market.send(try #require(HTTPRequest.Method(method)), path, body)
        #expect(answer.status == 400)
        #expect(answer["errors.0.field"] == field)
        #expect(answer["errors.1.field"] == nil)
    }

    @Test("A member that comes twice is refused")
    func duplicateMember() async throws {
        let market = try await ControlMarket()
        let answer = await market.send(
            .put, "accounts/111122223333", #"{"role":"seller","name":"A","name":"B"}"#)
        #expect(answer.status == 400)
        #expect(market.application.state.catalog.accounts.isEmpty)
    }

    @Test("A body where none is taken is refused")
    func needlessBody() async throws {
        let market = try await ControlMarket.furnished()
        #expect(await market.send(.get, "products", "{}").status == 400)
        #expect(await market.send(.delete, "credentials/x", "{}").status == 400)
    }

    @Test(
        "An unknown query parameter is refused by name",
        arguments: [
            "accounts?pageSize=1", "usage?product=x", "usage/totals?group=hour", "clock?limit=1",
            "requests?from=x", "products/saas?limit=1",
        ])
    func unknownParameter(path: String) async throws {
        let market = try await ControlMarket.furnished()
        let answer = await market.send(.get, path)
        #expect(answer.status == 400)
        let name = path.split(separator: "?")[1].split(separator: "=")[0]
        #expect(answer["errors.0.field"] == String(name))
        #expect(answer["errors.0.reason"]?.contains("typing mistake") == true)
    }

    @Test(
        "A bad value of a query parameter is refused by name",
        arguments: [
            ("accounts?limit=0", "limit"), ("accounts?limit=1001", "limit"),
            ("accounts?limit=", "limit"), ("accounts?limit=ten", "limit"),
            ("usage?limit=0", "limit"), ("usage/totals?limit=1001", "limit"),
            ("requests?limit=-1", "limit"), ("usage?from=today", "from"),
            ("usage?to=1795437296", "to"), ("usage/totals?groupBy=week", "groupBy"),
            ("usage/totals?groupBy=hour,hour", "groupBy"),
            ("usage?cursor=x", "cursor"), ("usage/totals?cursor=x", "cursor"),
            ("requests?cursor=x", "cursor"), ("requests?status=OK", "status"),
            ("requests?operation=GetUsage", "operation"),
            ("accounts?limit=1&limit=2", "limit"),
        ])
    func badParameter(path: String, field: String) async throws {
        let market = try await ControlMarket.furnished()
        let answer = await market.send(.get, path)
        #expect(answer.status == 400)
        #expect(answer["errors.0.field"] == field)
    }

    @Test(
        "A path or a query with a broken escape is refused",
        arguments: ["products/%", "products/%2", "products/%zz", "products/%ff", "usage?from=%"])
    func brokenEscape(path: String) async throws {
        let market = try await ControlMarket()
        let answer = await market.send(.get, path)
        #expect(answer.status == 400)
        #expect(answer["detail"]?.contains("percent-encoding") == true)
    }

    @Test(
        "A path that leads nowhere is answered with 404",
        arguments: [
            "/control/v1", "/control/v1/", "/control/v2/accounts", "/control/v1/account", "/x",
            "/control/v1/accounts/1/2", "/health/x", "/control/v1/fault",
        ])
    func unknownPath(path: String) async throws {
        let market = try await ControlMarket()
        let answer = await market.send(.get, path)
        #expect(answer.status == 404)
        #expect(answer.headers[.contentType] == "application/problem+json")
    }

    @Test(
        "A method that is not for a path is answered with 405 and those that are",
        arguments: [
            ("accounts/111122223333", HTTPRequest.Method.delete, ["PUT", "GET", "HEAD"]),
            ("accounts", .post, ["GET", "HEAD"]), ("clock", .post, ["GET", "HEAD", "PUT"]),
            ("credentials", .put, ["POST", "GET", "HEAD"]),
            ("credentials/x", .patch, ["GET", "HEAD", "DELETE"]), ("reset", .get, ["POST"]),
            ("agreements/x/cancel", .get, ["POST"]), ("/health", .post, ["GET", "HEAD"]),
            ("registration-tokens", .delete, ["POST", "GET", "HEAD"]),
        ])
    func wrongMethod(path: String, method: HTTPRequest.Method, allowed: [String]) async throws {
        let market = try await ControlMarket()
        let answer = await market.send(method, path)
        #expect(answer.status == 405)
        let allow = answer.headers[.allow]?.split(separator: ",").map {
            String($0.drop { $0 == " " })
        }
        #expect(allow.map(Set.init) == Set(allowed))
    }

    @Test("HEAD is answered as GET")
    func head() async throws {
        let market = try await ControlMarket.furnished()
        #expect(await market.send(.head, "accounts").status == 200)
        #expect(await market.send(.head, "accounts/x").status == 404)
    }
}

extension ControlMarket {
    /// All that can be seen of the marketplace.
    var snapshot: [String] { application.state.catalog.facts }
}
