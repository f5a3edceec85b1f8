import ArgumentParser
import TestProcesses
import Testing
import TurnpikeServer

@testable import TurnpikeCommand

@Suite("turnpike subscribe")
struct SubscribeTests {
    private static let product = "shop"
    private static let buyer = Demo.buyerAccountID

    /// A server of the demo with a product whose fulfilment URL is given.
    private static func selling(to url: String?) async throws -> TurnpikeProcess {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let seed = try folder.write(
            """
            products:
              - productCode: \(product)
                type: saas
                title: Shop
                sellerAccountId: "111122223333"
                \(url.map { "fulfillmentURL: \"\($0)\"" } ?? "")
                dimensions: [{name: requests}]
            """, to: "seed.yaml")
        return try await TurnpikeProcess(["--in-memory", "--demo", "--seed", seed])
    }

    private static func run(
        _ server: TurnpikeProcess, _ arguments: [String] = [], product: String = Self.product
    ) async throws -> TurnpikeProcess.Outcome {
        try await TurnpikeProcess.run(
            ["subscribe", product, "--buyer", buyer] + arguments,
            environment: [
                "TURNPIKE_ENDPOINT": "http://127.0.0.1:\(server.port)", "DISPLAY": "",
                "WAYLAND_DISPLAY": "",
            ])
    }

    @Test("Without a flag the form is printed, of the same agreement at the second time")
    func prints() async throws {
        let server = try await Self.selling(to: "http://localhost:3000/register")
        let first = try await Self.run(server)
        #expect(first.status == 0)
        #expect(first.output.contains("\(Self.buyer) subscribed to shop with agreement agmt-"))
        #expect(first.output.contains("POST http://localhost:3000/register\n"))
        #expect(first.output.contains("\nx-amzn-marketplace-token="))
        #expect(!first.output.contains("offer-type"))
        let second = try await Self.run(server)
        #expect(second.output.contains("\(Self.buyer) has the agreement agmt-"))
        #expect(second.output.contains("it is active"))
        let trial = try await Self.run(server, ["--free-trial"])
        #expect(trial.output.contains("(a free trial)"))
        #expect(trial.output.contains("&x-amzn-marketplace-offer-type=free-trial"))
        let other = try await Self.run(server, product: "democontainer000000000001")
        #expect(other.status == 0)
        #expect(other.output.contains("Only SaaS products are set up on a web site"))
        #expect(try await server.terminate() == 0)
    }

    @Test("Without a browser, --open says where the page is")
    func opens() async throws {
        let server = try await Self.selling(to: nil)
        let outcome = try await Self.run(server, ["--open"])
        #expect(outcome.status == 0)
        let page = "http://127.0.0.1:\(server.port)/marketplace/shop?buyer=\(Self.buyer)"
        #expect(outcome.output.contains("Open this page in a browser: \(page)\n"))
        #expect(try await server.terminate() == 0)
    }

    @Test("A site that answers but asks nobody about the token has failed")
    func unresolved() async throws {
        let site = try await SellerStub([
            "/register": .redirect(to: "/welcome"), "/welcome": .answer(status: 200),
        ])
        let server = try await Self.selling(to: site.url + "/register")
        let outcome = try await Self.run(server, ["--post", "--wait", "0"])
        #expect(outcome.failed(saying: "the seller's site did not resolve the token within 0 s"))
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.contains { $0.hasPrefix("POST \(site.url)/register: HTTP 302 in ") })
        #expect(lines.contains { $0.hasSuffix(", redirects to /welcome") })
        #expect(lines.last?.hasPrefix("GET \(site.url)/welcome: HTTP 200 in ") == true)
        let requests = site.received
        #expect(requests.map(\.line) == ["POST /register", "GET /welcome"])
        #expect(requests.first?.body.hasPrefix("x-amzn-marketplace-token=") == true)
        #expect(requests.last?.body == "")
        #expect(try await server.terminate() == 0)
        try await site.stop()
    }

    @Test(
        "What the site does wrong is one sentence",
        arguments: [
            ("/error", "answered URL/error with HTTP 500, and did not resolve the token"),
            ("/loop", "URL/loop redirects more than 5 times, at last to URL/loop"),
            ("/again", "URL/again redirects more than 5 times, at last to URL/again"),
            ("/huge", "did not resolve the token within 0 s"),
            ("/away", "did not resolve the token within 0 s"),
            ("/script", "did not resolve the token within 0 s"),
        ])
    func badSites(path: String, sentence: String) async throws {
        let site = try await SellerStub([
            "/error": .answer(status: 500), "/loop": .redirect(to: "/loop"),
            "/again": .redirect(status: 307, to: "/again"),
            "/huge": .answer(status: 200, bytes: 5 * 1_048_576),
            "/away": .redirect(to: "https://shop.example/welcome"),
            "/script": .redirect(to: "javascript:alert(1)"),
        ])
        let server = try await Self.selling(to: site.url + path)
        let outcome = try await Self.run(server, ["--post", "--wait", "0"])
        #expect(outcome.status == 1)
        let expected = sentence.replacing("URL", with: site.url)
        #expect(outcome.failed(saying: expected), "\(outcome.errors)")
        switch path {
        case "/loop": #expect(site.received.map(\.line) == ["POST /loop"] + Self.gets)
        case "/again": #expect(site.received.allSatisfy { $0.body.contains("token=") })
        case "/huge": #expect(outcome.output.contains("more than 1 MB"))
        case "/away": #expect(outcome.output.contains("not followed: not on this machine"))
        case "/script": #expect(outcome.output.contains("not followed: no address of http"))
        default: break
        }
        #expect(site.received.count <= 6)
        #expect(try await server.terminate() == 0)
        try await site.stop()
    }

    private static let gets = Array(repeating: "GET /loop", count: 5)

    @Test(
        "A form that cannot be posted is one sentence, and nothing is sent",
        arguments: [
            (nil, "has no fulfillmentURL"), ("ftp://localhost/", "no address of http or https"),
            ("javascript:alert(1)", "no address of http or https"),
            ("http://a b/", "no address of http or https"),
            ("http://shop.example/register", "--allow-remote"),
            ("http://169.254.169.254/", "--allow-remote"),
            ("http://127.0.0.1.shop.example/", "--allow-remote"),
            ("http://127.0.0.1@shop.example/", "no address of http or https"),
            ("http://127.0.0.1:1/", "does not answer: is the seller's site running?"),
        ] as [(String?, String)])
    func badAddresses(url: String?, sentence: String) async throws {
        let server = try await Self.selling(to: url)
        let outcome = try await Self.run(server, ["--post", "--wait", "0"])
        #expect(outcome.status == 1)
        #expect(outcome.failed(saying: sentence), "\(outcome.errors)")
        #expect(try await server.terminate() == 0)
    }

    @Test("A site that says nothing is given up after ten seconds")
    func silence() async throws {
        let site = try await SellerStub(["/register": .silence])
        let server = try await Self.selling(to: site.url + "/register")
        let outcome = try await Self.run(server, ["--post"])
        #expect(
            outcome.failed(
                saying:
                    "\(site.url)/register did not answer within 10 s, redirects included"))
        #expect(try await server.terminate() == 0)
        try await site.stop()
    }

    @Test("A product, a buyer or a second free trial that there is not is refused with the reason")
    func refusals() async throws {
        let server = try await Self.selling(to: nil)
        let unknown = try await Self.run(server, product: "nosuch")
        #expect(unknown.failed(saying: "there is no product 'nosuch'"))
        let stranger = try await TurnpikeProcess.run([
            "subscribe", "shop", "--buyer", "1", "--endpoint", "http://127.0.0.1:\(server.port)",
        ])
        #expect(stranger.failed(saying: "there is no buyer's account '1'"))
        let other = try await Self.run(
            server, ["--post"], product: "democontainer000000000001")
        #expect(other.failed(saying: "only SaaS products are set up on a web site"))
        #expect([unknown, stranger, other].allSatisfy { $0.status == 1 })
        #expect(try await server.terminate() == 0)
    }

    @Test(
        "Arguments that exclude each other, or make no sense, are refused",
        arguments: [
            ["--open", "--post"], ["--wait", "-1"], ["--wait", "3601"], ["--wait", "soon"],
        ])
    func arguments(arguments: [String]) {
        #expect(throws: (any Error).self) {
            try Subscribe.parse(["shop", "--buyer", "1"] + arguments)
        }
    }
}

extension TurnpikeProcess.Outcome {
    /// Whether it ended with one sentence that has these words, whatever it did before.
    fileprivate func failed(saying words: String) -> Bool {
        status == 1 && errors.hasPrefix("turnpike: ") && errors.contains(words)
            && errors.filter { $0 == "\n" }.count == 1
    }
}
