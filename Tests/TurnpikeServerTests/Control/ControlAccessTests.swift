import HTTPTypes
import Marketplace
import Testing
import TurnpikeServer

@Suite("Who may use the control API")
struct ControlAccessTests {
    @Test(
        "On loopback and without a token, requests that name a loopback host are answered",
        arguments: [
            "127.0.0.1:8655", "127.0.0.1", "127.1.2.3:80", "localhost:8655", "localhost",
            "LocalHost:8655", "[::1]:8655", "[::1]",
        ])
    func loopbackHosts(host: String) async throws {
        let market = try await ControlMarket()
        #expect(await market.send(.get, "accounts", authority: host).status == 200)
    }

    @Test(
        "A host that is not loopback is refused, since its name may lead anywhere",
        arguments: [
            "attacker.example:8655", "127.0.0.1.attacker.example", "localhost.attacker.example",
            "192.168.0.2:8655", "0.0.0.0:8655", "[::2]:8655", "[::1].attacker.example",
            "[::1", "127.0.0.256", "", nil,
        ])
    func foreignHosts(host: String?) async throws {
        let market = try await ControlMarket.furnished()
        let answer = await market.send(.get, "accounts", authority: host)
        #expect(answer.status == 403)
        #expect(answer.headers[.contentType] == "application/problem+json")
        #expect(!answer.text.contains(ControlMarket.seller))
        let change = await market.send(.post, "reset", #"{"everything":true}"#, authority: host)
        #expect(change.status == 403)
        #expect(await market.send(.get, "accounts/\(ControlMarket.seller)").status == 200)
    }

    @Test(
        "A page of another origin is refused",
        arguments: [
            ("http://attacker.example", 403), ("null", 403), ("http://localhost:3000", 403),
            ("https://127.0.0.1:8655", 403), ("http://localhost:8655", 403), ("", 403),
            ("http://127.0.0.1:8655", 200),
        ])
    func origins(origin: String, status: Int) async throws {
        let market = try await ControlMarket()
        let answer = await market.send(.get, "accounts", headers: [.origin: origin])
        #expect(answer.status == status)
    }

    @Test(
        "With a token, whoever sends it is answered, wherever from",
        arguments: [
            ("Bearer s3cret", 200), ("bearer s3cret", 200), ("Bearer s3cre", 401),
            ("Bearer s3cret1", 401), ("Bearer ", 401), ("s3cret", 401), ("Basic s3cret", 401),
            (nil, 401),
        ] as [(String?, Int)])
    func token(header: String?, status: Int) async throws {
        let market = try await ControlMarket {
            $0.controlToken = "s3cret"
            $0.host = "0.0.0.0"
        }
        var headers: HTTPFields = [:]
        headers[.authorization] = header
        for host in ["turnpike.example", "127.0.0.1:8655"] {
            let answer = await market.send(.get, "accounts", headers: headers, authority: host)
            #expect(answer.status == status)
            #expect(answer.headers[.wwwAuthenticate] == (status == 401 ? "Bearer" : nil))
            #expect(!answer.text.contains("s3cret"))
        }
    }

    @Test("Without a token, a server that is not bound to loopback refuses all")
    func publicServer() async throws {
        let market = try await ControlMarket { $0.host = "0.0.0.0" }
        for host in ["turnpike.example", "127.0.0.1:8655"] {
            let answer = await market.send(.get, "accounts", authority: host)
            #expect(answer.status == 403)
            #expect(answer["detail"]?.contains("TURNPIKE_CONTROL_TOKEN") == true)
        }
        #expect(await market.send(.get, "/health", authority: "turnpike.example").status == 200)
        #expect(await market.send(.get, "/metrics", authority: "turnpike.example").status == 403)
    }

    @Test("Who may not use the control API learns nothing of its paths")
    func unknownPath() async throws {
        let market = try await ControlMarket { $0.controlToken = "s3cret" }
        #expect(await market.send(.get, "nothing").status == 401)
        #expect(await market.send(.patch, "accounts").status == 401)
    }
}
