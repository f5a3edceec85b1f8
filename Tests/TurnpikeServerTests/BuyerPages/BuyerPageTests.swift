import HTTPTypes
import Marketplace
import MarketplaceHost
import StoreContract
import Testing

@testable import TurnpikeServer
@testable import WebServer

@Suite("The buyer's pages")
struct BuyerPageTests {
    @Test("The list leads to each product's page")
    func list() async throws {
        let market = try await ControlMarket.furnished()
        let page = await market.send(.get, "/marketplace")
        #expect(page.status == 200)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        for type in ProductType.allCases {
            #expect(page.text.contains("<a href=\"/marketplace/\(type.rawValue)\">A product</a>"))
        }
        #expect(await market.send(.head, "/marketplace").status == 200)
    }

    @Test("An empty marketplace says how to fill it")
    func emptyMarketplace() async throws {
        let market = try await ControlMarket()
        let page = await market.send(.get, "/marketplace")
        #expect(page.text.contains("There is no product yet"))
        _ = await market.send(
            .put, "accounts/\(ControlMarket.seller)", #"{"role":"seller","name":"Acme"}"#)
        _ = await market.send(.put, "products/saas", ControlMarket.product("saas"))
        let product = await market.send(.get, "/marketplace/saas")
        #expect(product.text.contains("There is no buyer yet"))
    }

    @Test("A click subscribes the buyer, and the next form goes to the seller with a token")
    func subscribe() async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register?a=1&b=2")
        let page = try await market.subscribe()
        #expect(page.status == 200)
        #expect(page.headers[.cacheControl] == "no-store")
        #expect(page.text.contains("You have subscribed"))
        #expect(
            page.text.contains(
                "<form method=\"post\" action=\"http://localhost:3000/register?a=1&amp;b=2\">"))
        let token = try #require(page.field("x-amzn-marketplace-token"))
        #expect(page.field("x-amzn-marketplace-offer-type") == nil)
        let tokens = try await market.application.state.store.wholeCatalog().registrationTokens
        #expect(tokens.keys.contains(TokenText.digest(of: token)))
        #expect(!page.text.contains("<script"))
    }

    @Test("A second click uses the same agreement, with another token")
    func reuse() async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register")
        let first = try await market.subscribe()
        let second = try await market.subscribe()
        #expect(second.text.contains("Your agreement"))
        #expect(market.agreements(of: "shop").count == 1)
        let tokens = [first, second].compactMap { $0.field("x-amzn-marketplace-token") }
        #expect(Set(tokens).count == 2)
        let other = try await market.subscribe(["another": "on"])
        #expect(other.text.contains("You have subscribed"))
        #expect(market.agreements(of: "shop").count == 2)
    }

    @Test("A running free trial is named in the form, and a buyer is offered one")
    func freeTrial() async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register")
        let before = await market.product()
        #expect(before.text.contains("name=\"free-trial\""))
        let page = try await market.subscribe(["free-trial": "on"])
        #expect(page.field("x-amzn-marketplace-offer-type") == "free-trial")
        let after = await market.product()
        #expect(!after.text.contains("name=\"free-trial\""))
        #expect(after.text.contains("This buyer had its free trial of this product."))
        #expect(after.text.contains("active, free trial"))
    }

    @Test("The buyer may come back to each agreement")
    func comeBack() async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register")
        _ = try await market.subscribe()
        let id = try #require(market.agreements(of: "shop").first?.id)
        let page = await market.product()
        #expect(page.text.contains("<input type=\"hidden\" name=\"agreement\" value=\"\(id)\">"))
        let visit = try await market.subscribe(["agreement": id])
        #expect(visit.text.contains(id))
        #expect(visit.field("x-amzn-marketplace-token") != nil)
        let foreign = try await market.subscribe(["agreement": "agmt-saas"])
        #expect(foreign.status == 404)
    }

    @Test(
        "What cannot be set up in a browser is said, and how to mend it",
        arguments: [
            (nil, "The product has no fulfilment URL"),
            ("javascript:alert(1)", "is no address"),
            ("ftp://localhost/", "is no address"),
            ("//localhost/register", "is no address"),
            ("http://", "is no address"),
            ("http://user@localhost/", "is no address"),
            ("http://localhost/\\u000a", "is no address"),
        ] as [(String?, String)])
    func noFulfilment(url: String?, text: String) async throws {
        let market = try await ControlMarket.selling(to: url)
        let page = try await market.subscribe()
        #expect(page.status == 200)
        #expect(page.text.contains(text))
        #expect(!page.text.contains("action=\""))
        #expect(page.text.contains("x-amzn-marketplace-token="))
    }

    @Test(
        "Products of other types are subscribed to, and set up elsewhere",
        arguments: [ProductType.ami, .container, .agentCore])
    func otherTypes(type: ProductType) async throws {
        let market = try await ControlMarket.furnished()
        let page = try await market.subscribe(to: type.rawValue)
        #expect(page.text.contains("products are not set up on a web site"))
        #expect(!page.text.contains("x-amzn-marketplace-token"))
        #expect(
            try await market.application.state.store.wholeCatalog().registrationTokens.isEmpty)
    }

    @Test("A suspended buyer is told so, and one of an older integration has one agreement")
    func notes() async throws {
        let market = try await ControlMarket.selling(
            to: nil, #""integration":"customerIdentifier","#)
        _ = try await market.subscribe()
        #expect(await market.product().text.contains("one agreement at a time"))
        let second = try await market.subscribe(["another": "on"])
        #expect(second.status == 409)
        #expect(second.text.contains("has one agreement a buyer at a time"))
        _ = await market.send(.post, "accounts/\(ControlMarket.buyer)/suspend")
        #expect(await market.product().text.contains("account is suspended"))
    }

    @Test("Whatever a seller or a buyer is called, it is text")
    func escaping() async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/'><script>")
        let name = "<script>alert('x')</script>\\\" onload=\\\"&amp;"
        for (path, body) in [
            ("accounts/\(ControlMarket.seller)", #"{"role":"seller","name":"\#(name)"}"#),
            ("accounts/\(ControlMarket.buyer)", #"{"role":"buyer","name":"\#(name)"}"#),
            (
                "products/shop",
                """
                {"type":"saas","title":"\(name)","sellerAccountId":"\(ControlMarket.seller)",\
                "dimensions":[{"name":"\(name)","unit":"\(name)"}],"fulfillmentURL":"\(name)"}
                """
            ),
        ] {
            #expect(await market.send(.put, path, body).status == 200)
        }
        let pages = [
            await market.send(.get, "/marketplace"), await market.product(),
            try await market.subscribe(),
            await market.send(.get, "/marketplace/%3Cscript%3E"),
            await market.send(.get, "/marketplace/shop?buyer=%22%3E%3Cscript%3E"),
        ]
        for page in pages {
            #expect(!page.text.contains("<script"))
            #expect(!page.text.contains("\" onload"))
            #expect(page.text.contains("&lt;script&gt;"))
        }
    }

    @Test(
        "What is not there is a page that says so",
        arguments: [
            ("/marketplace/nosuch", 404, "there is no product &#39;nosuch&#39;"),
            ("/marketplace/saas?buyer=1", 404, "there is no buyer&#39;s account &#39;1&#39;"),
            ("/marketplace/saas/more", 404, "there is no such page"),
            ("/marketplace/%G0", 400, "percent-encoding is broken"),
            ("/marketplace/saas?buyer=%", 400, "percent-encoding is broken"),
        ])
    func notThere(path: String, status: Int, text: String) async throws {
        let market = try await ControlMarket.furnished()
        let page = await market.send(.get, path)
        #expect(page.status == status)
        #expect(page.text.contains(text))
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
    }

    @Test("A product code with a slash has a page, and other methods are refused")
    func pathsAndMethods() async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(.put, "products/a%2Fb", ControlMarket.product("saas"))
        #expect(await market.send(.get, "/marketplace/a%2Fb").status == 200)
        let list = await market.send(.get, "/marketplace")
        #expect(list.text.contains("/marketplace/a%2Fb"))
        for method in [HTTPRequest.Method.put, .delete] {
            let answer = await market.send(method, "/marketplace/saas")
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == "GET, HEAD, POST")
        }
        #expect(await market.send(.post, "/marketplace").status == 405)
    }
}

@Suite("Who may use the buyer's pages")
struct BuyerPageAccessTests {
    @Test(
        "A form that another page could have made changes nothing",
        arguments: [nil, "", "0000000000", "form-token"])
    func formToken(token: String?) async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register")
        var fields = ["buyer": ControlMarket.buyer]
        fields["form-token"] = token
        let answer = await market.post("shop", fields)
        #expect(answer.status == 403)
        #expect(answer.text.contains("load the page again"))
        #expect(market.agreements(of: "shop").isEmpty)
    }

    @Test(
        "A page of another origin, or by another name, is refused even with the form's text",
        arguments: [
            ("http://attacker.example", "127.0.0.1:8655"), ("null", "127.0.0.1:8655"),
            ("http://localhost:3000", "localhost:8655"),
            ("http://attacker.example", "attacker.example"),
        ])
    func crossSite(origin: String, authority: String) async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register")
        let token = try #require(await market.product().field("form-token"))
        let answer = await market.post(
            "shop", ["buyer": ControlMarket.buyer, "form-token": token],
            headers: [.origin: origin], authority: authority)
        #expect(answer.status == 403)
        #expect(market.agreements(of: "shop").isEmpty)
        let reading = await market.send(
            .get, "/marketplace/shop", headers: [.origin: origin], authority: authority)
        #expect(reading.status == 403)
        #expect(reading.field("form-token") == nil)
    }

    @Test("The page's own form is taken, with the origin that a browser sends")
    func sameOrigin() async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register")
        let token = try #require(await market.product().field("form-token"))
        let answer = await market.post(
            "shop", ["buyer": ControlMarket.buyer, "form-token": token],
            headers: [.origin: "http://127.0.0.1:8655"])
        #expect(answer.status == 200)
        let policy = answer.headers[.contentSecurityPolicy] ?? ""
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("frame-ancestors 'none'"))
    }

    @Test("A form of another type than a page's is refused")
    func contentType() async throws {
        let market = try await ControlMarket.selling(to: "http://localhost:3000/register")
        let answer = await market.send(
            .post, "/marketplace/shop", "{}", headers: [.contentType: "application/json"])
        #expect(answer.status == 400)
    }

    @Test("With a control token, the pages ask for it as the control API does")
    func controlToken() async throws {
        let market = try await ControlMarket { $0.controlToken = "s3cret" }
        let refused = await market.send(.get, "/marketplace")
        #expect(refused.status == 401)
        #expect(refused.headers[.wwwAuthenticate] == "Bearer")
        let answer = await market.send(
            .get, "/marketplace", headers: [.authorization: "Bearer s3cret"])
        #expect(answer.status == 200)
    }

    @Test("Another server's pages have another text in their forms")
    func otherServer() async throws {
        let first = try await ControlMarket.furnished()
        let second = try await ControlMarket.furnished()
        let texts = [await first.product("saas"), await second.product("saas")].map {
            $0.field("form-token")
        }
        #expect(texts[0] != nil && texts[0] != texts[1])
    }
}

extension ControlMarket {
    /// A marketplace with a SaaS product `shop` that nobody has subscribed to.
    fileprivate static func selling(
        to url: String?, _ members: String = ""
    ) async throws -> ControlMarket {
        let market = try await ControlMarket.furnished()
        let address = url.map { #""fulfillmentURL":"\#($0)","# } ?? ""
        let answer = await market.send(
            .put, "products/shop", product("saas", address + members))
        try #require(answer.status == 201)
        return market
    }

    /// The page of a product, with the buyer chosen.
    fileprivate func product(_ code: String = "shop") async -> Answer {
        await send(.get, "/marketplace/\(code)?buyer=\(Self.buyer)")
    }

    /// Posts the form of a product's page, as the buyer.
    fileprivate func subscribe(
        to code: String = "shop", _ fields: [String: String] = [:]
    ) async throws -> Answer {
        let token = try #require(await product(code).field("form-token"))
        return await post(
            code,
            fields.merging(["buyer": Self.buyer, "form-token": token]) { own, _ in own })
    }

    fileprivate func subscribe(_ fields: [String: String]) async throws -> Answer {
        try await subscribe(to: "shop", fields)
    }

    fileprivate func post(
        _ code: String, _ fields: [String: String], headers: HTTPFields = [:],
        authority: String = "127.0.0.1:8655"
    ) async -> Answer {
        let body = fields.map { "\($0.key)=\(PercentEncoding.encoded($0.value))" }
        var headers = headers
        headers[.contentType] = "application/x-www-form-urlencoded"
        return await send(
            .post, "/marketplace/\(code)", body.joined(separator: "&"), headers: headers,
            authority: authority)
    }

    fileprivate func agreements(of product: String) -> [Agreement] {
        application.state.catalog.agreements(buyer: Self.buyer, product: product)
    }
}

extension Answer {
    /// The value of a form's hidden field.
    fileprivate func field(_ name: String) -> String? {
        guard let start = text.firstRange(of: "name=\"\(name)\" value=\"") else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
    }
}
