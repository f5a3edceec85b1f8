import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

@Suite("The control API's marketplace")
struct MarketplaceRouteTests {
    @Test("An account is made with 201, replaced with 200, read and listed")
    func accounts() async throws {
        let market = try await ControlMarket()
        let path = "accounts/\(ControlMarket.seller)"
        let made = await market.send(.put, path, #"{"role":"seller","name":"Acme"}"#)
        #expect(made.status == 201)
        #expect(made.headers[.contentType] == "application/json")
        #expect(made.text == #"{"accountId":"111122223333","role":"seller","name":"Acme"}"#)
        let replaced = await market.send(.put, path, #"{"role":"seller","name":"Acme Inc"}"#)
        #expect(replaced.status == 200)
        let read = await market.send(.get, path)
        #expect(read.status == 200)
        #expect(read["name"] == "Acme Inc")
        let list = await market.send(.get, "accounts")
        #expect(list.text == #"{"items":[\#(read.text)],"nextCursor":null}"#)
    }

    @Test("A buyer keeps the customerIdentifier that was made up for it")
    func madeUpIdentifier() async throws {
        let market = try await ControlMarket()
        let path = "accounts/\(ControlMarket.buyer)"
        let first = await market.send(.put, path, #"{"role":"buyer","name":"Globex"}"#)
        #expect(first["customerIdentifier"]?.isEmpty == false)
        #expect(first["suspended"] == "false")
        let second = await market.send(.put, path, #"{"role":"buyer","name":"Globex"}"#)
        #expect(second.status == 200)
        #expect(second.text == first.text)
        let suspended = await market.send(
            .put, path, #"{"role":"buyer","name":"Globex","suspended":true}"#)
        #expect(suspended["suspended"] == "true")
        #expect(suspended["customerIdentifier"] == first["customerIdentifier"])
    }

    @Test("A product is made with 201, replaced with 200, read and listed")
    func products() async throws {
        let market = try await ControlMarket()
        _ = await market.send(
            .put, "accounts/\(ControlMarket.seller)", #"{"role":"seller","name":"Acme"}"#)
        let body = """
            {"type":"saas","title":"Acme Mail","sellerAccountId":"111122223333",\
            "integration":"customerIdentifier","contract":"2025-01",\
            "fulfillmentURL":"http://localhost:3000/register",\
            "productId":"prod-4jhx5bvkrm2fo","region":"cn-northwest-1",\
            "dimensions":[{"name":"mails","type":"metered","unit":"Mails","price":"0.002"}]}
            """
        let made = await market.send(.put, "products/mail", body)
        #expect(made.status == 201)
        #expect(made.text == #"{"productCode":"mail","# + body.dropFirst())
        #expect(await market.send(.put, "products/mail", body).status == 200)
        #expect(await market.send(.get, "products/mail").text == made.text)
        #expect(
            await market.send(.get, "products").text
                == #"{"items":[\#(made.text)],"nextCursor":null}"#)
    }

    @Test("What a product leaves out is filled in, but for the contract, which stays the server's")
    func productDefaults() async throws {
        let market = try await ControlMarket.furnished()
        let answer = await market.send(.get, "products/saas")
        #expect(answer["integration"] == "concurrentAgreements")
        #expect(answer["dimensions.0.type"] == "metered")
        #expect(answer["contract"] == nil)
    }

    @Test(
        "A product code of the API's pattern is found by its percent-encoded path",
        arguments: [
            ("a%2Fb%3Dc", "a/b=c"), ("a%2fb%3dc", "a/b=c"), ("a%2Fb=c", "a/b=c"),
            ("prod:1_2.3@x", "prod:1_2.3@x"), ("%2F", "/"), ("-", "-"),
        ])
    func encodedProductCode(path: String, code: String) async throws {
        let market = try await ControlMarket.furnished()
        let made = await market.send(.put, "products/\(path)", ControlMarket.product("container"))
        #expect(made.status == 201)
        #expect(made["productCode"] == code)
        #expect(await market.send(.get, "products/\(path)")["productCode"] == code)
    }

    @Test("A key's next version supersedes the one before it; both stay listed in order")
    func publicKeys() async throws {
        let market = try await ControlMarket.furnished()
        let path = "products/container/public-keys"
        let second = await market.send(.post, path)
        #expect(second.status == 201)
        #expect(second["version"] == "2")
        #expect(second["pem"]?.hasPrefix("-----BEGIN PUBLIC KEY-----") == true)
        #expect(second["supersededAt"] == nil)
        let list = await market.send(.get, path)
        #expect(list.status == 200)
        #expect(list["items.0.version"] == "1")
        #expect(list["items.0.supersededAt"] == ControlMarket.now.iso8601)
        #expect(list["items.0.pem"]?.hasPrefix("-----BEGIN PUBLIC KEY-----") == true)
        #expect(list["items.0.pem"] != list["items.1.pem"])
        #expect(list["items.1.pem"] == second["pem"])
        #expect(list["items.2.version"] == nil)
        #expect(!list.text.contains("PRIVATE"))
        #expect(await market.send(.get, path).text == list.text)
    }

    @Test("A product that RegisterUsage does not serve has no keys, and gets none")
    func noPublicKeys() async throws {
        let market = try await ControlMarket.furnished()
        let path = "products/saas/public-keys"
        #expect(await market.send(.get, path).text == #"{"items":[],"nextCursor":null}"#)
        let answer = await market.send(.post, path)
        #expect(answer.status == 409)
        #expect(answer["errors.0.field"] == "productCode")
    }

    @Test("An account's credential never expires, and its secret is shown once")
    func accountCredential() async throws {
        let market = try await ControlMarket.furnished()
        let made = await market.send(
            .post, "credentials",
            #"{"principal":{"kind":"account","accountId":"111122223333"}}"#)
        #expect(made.status == 201)
        #expect(made["accessKeyId"]?.hasPrefix("AKIA") == true)
        #expect(made["secretAccessKey"]?.utf8.count == 40)
        #expect(made["sessionToken"] == nil)
        #expect(made["expiresAt"] == nil)
        #expect(made["arn"] == "arn:aws:iam::111122223333:user/turnpike")
        #expect(made["principal.kind"] == "account")
        let secret = try #require(made["secretAccessKey"])
        let id = try #require(made["accessKeyId"])
        for path in ["credentials", "credentials/\(id)"] {
            let read = await market.send(.get, path)
            #expect(read.status == 200)
            #expect(read.text.contains(id))
            #expect(!read.text.contains(secret))
            #expect(!read.text.contains("secretAccessKey"))
        }
    }

    @Test(
        "A workload's credential is temporary, and its resource is made up in the kind's form",
        arguments: [
            (PrincipalKind.ec2Instance, "i-"), (.ecsTask, "task-"), (.eksPod, "pod-"),
            (.agentCoreRuntime, "runtime-"),
        ])
    func workloadCredential(kind: PrincipalKind, prefix: String) async throws {
        let market = try await ControlMarket.furnished()
        let body = """
            {"principal":{"kind":"\(kind.rawValue)","accountId":"222233334444",\
            "region":"eu-west-1"},"allow":["MeterUsage"]}
            """
        let first = await market.send(.post, "credentials", body)
        #expect(first.status == 201)
        #expect(first["accessKeyId"]?.hasPrefix("ASIA") == true)
        #expect(first["sessionToken"]?.isEmpty == false)
        #expect(first["expiresAt"] == ControlMarket.now.adding(seconds: 43_200).iso8601)
        #expect(first["principal.resourceId"]?.hasPrefix(prefix) == true)
        #expect(first["allow"] == #"["MeterUsage"]"#)
        let second = await market.send(.post, "credentials", body)
        #expect(second["principal.resourceId"] != first["principal.resourceId"])
        let list = await market.send(.get, "credentials")
        #expect(!list.text.contains("sessionToken"))
    }

    @Test(
        "expiresIn is in seconds of the real clock, and 0 is never",
        arguments: [
            (#","expiresIn":60"#, 60), (#","expiresIn":0"#, nil), (#","expiresIn":null"#, nil),
            (#","temporary":true"#, 43_200), (#","temporary":true,"expiresIn":0"#, nil),
        ] as [(String, Int64?)])
    func expiry(members: String, seconds: Int64?) async throws {
        let market = try await ControlMarket.furnished()
        _ = await market.send(.put, "clock", #"{"advance":1000000}"#)
        let made = await market.send(
            .post, "credentials",
            #"{"principal":{"kind":"account","accountId":"111122223333"}\#(members)}"#)
        #expect(made.status == 201)
        #expect(
            made["expiresAt"] == seconds.map { ControlMarket.now.adding(seconds: $0).iso8601 })
    }

    @Test("Given keys are taken as they are")
    func fixedKeys() async throws {
        let market = try await ControlMarket.furnished()
        let made = await market.send(
            .post, "credentials",
            """
            {"principal":{"kind":"account","accountId":"111122223333"},\
            "accessKeyId":"ASIA0123456789ABCDEF","secretAccessKey":"s/+","sessionToken":"t=="}
            """)
        #expect(made.status == 201)
        #expect(made["accessKeyId"] == "ASIA0123456789ABCDEF")
        #expect(made["secretAccessKey"] == "s/+")
        #expect(made["sessionToken"] == "t==")
        #expect(made["temporary"] == "true")
    }

    @Test("A deleted credential is gone")
    func deletedCredential() async throws {
        let market = try await ControlMarket.metering()
        let path = "credentials/\(ControlMarket.accessKey)"
        let deleted = await market.send(.delete, path)
        #expect(deleted.status == 200)
        #expect(deleted.text == "{}")
        #expect(await market.send(.get, path).status == 404)
        #expect(await market.send(.delete, path).status == 404)
        #expect(await market.send(.get, "credentials")["items"] == "[]")
    }
}
