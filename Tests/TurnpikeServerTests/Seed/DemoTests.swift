import AWSWire
import Foundation
import HTTPTypes
import InMemoryStore
import Logging
import Marketplace
import MarketplaceHost
import MeteringAPI
import SQLiteStore
import StoreContract
import Testing
import TurnpikeServer

@testable import WebServer

@Suite("The demo")
struct DemoTests {
    private static func market(
        _ store: any MarketplaceStore = InMemoryStore()
    ) async throws -> ControlMarket {
        try await ControlMarket(store: store) { $0.isDemo = true }
    }

    @Test("It has a product of each type, two buyers and five credentials")
    func contents() async throws {
        let catalog = try await Self.market().application.state.catalog
        #expect(Set(catalog.products.values.map(\.type)) == Set(ProductType.allCases))
        #expect(Set(catalog.products.values.map(\.integration)) == Set(Integration.allCases))
        #expect(catalog.accounts.values.count { $0.role == .buyer } == 2)
        #expect(Set(catalog.credentials.keys) == Set(Demo.credentials.map(\.accessKeyID)))
        #expect(
            Set(catalog.credentials.values.map(\.principal.kind))
                == Set(PrincipalKind.allCases))
    }

    @Test("It applies to its own marketplace again and changes nothing")
    func again() async throws {
        let store = InMemoryStore()
        let first = try await Self.market(store).application.state.catalog
        let second = try await Self.market(store).application.state.catalog
        #expect(second.facts == first.facts)
    }

    @Test("A data file that version 0.1 served with the demo keeps its ids, and nothing is doubled")
    func earlier() async throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../SQLiteStoreTests/Fixtures/turnpike-0.1.db")
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "turnpike.db")
        try FileManager.default.copyItem(at: fixture, to: path)
        let store = try SQLiteStore(path: path.path)
        let before = try await store.loadCatalog()
        let market = try await Self.market(store)
        let after = market.application.state.catalog
        #expect(after.agreements.count == before.agreements.count)
        let globex = try #require(after.agreements["agmt-demo-saas-globex"])
        #expect(
            globex.licenseARN
                == "arn:aws:license-manager::111122223333:license:l-agmt-demo-saas-globex")
        #expect(globex.offerID == "offer-demo-saas-glo")
        #expect(after.products[Demo.productCode]?.id == "prod-demosaasconcu")
        let instance = Demo.credentials[1].accessKeyID
        #expect(after.credentials[instance]?.principal.resourceID == "i-0dem0000000000001")
        let resolved = await market.application.respond(
            to: Demo.seller.request(
                "ResolveCustomer", #"{"RegistrationToken":"\#(Demo.registrationToken)"}"#,
                at: ControlMarket.now))
        #expect(resolved.status == 200)
        #expect(String(decoding: resolved.body, as: UTF8.self).contains(globex.licenseARN))
        await store.close()
    }

    @Test("A product of it that was changed, and has usage, stays as it is")
    func changed() async throws {
        let store = InMemoryStore()
        let market = try await Self.market(store)
        let put = await market.send(
            .put, "products/\(Demo.productCode)",
            """
            {"type":"saas","title":"Changed","sellerAccountId":"111122223333",\
            "dimensions":[{"name":"requests"},{"name":"extra"}]}
            """)
        #expect(put.status == 200)
        let metered = await market.application.respond(
            to: Demo.seller.request(
                "BatchMeterUsage", Self.meterings[0].body.replacing("requests", with: "extra"),
                at: ControlMarket.now))
        #expect(metered.status == 200)
        let again = try await Self.market(store).application.state.catalog
        #expect(again.products[Demo.productCode]?.title == "Changed")
    }

    @Test("Without --demo its keys and its token are known no longer")
    func withdrawal() async throws {
        let store = InMemoryStore()
        _ = try await Self.market(store)
        let market = try await ControlMarket(store: store)
        let catalog = try await store.wholeCatalog()
        #expect(market.application.state.catalog.credentials.isEmpty)
        #expect(catalog.credentials.isEmpty)
        #expect(catalog.registrationTokens.isEmpty)
        #expect(!catalog.products.isEmpty)
        let answer = Answer(
            await market.application.respond(
                to: Demo.seller.request(
                    "BatchMeterUsage", Self.meterings[0].body, at: ControlMarket.now)))
        #expect(answer.error == "UnrecognizedClientException")
        #expect(try await store.loadCatalog().credentials.isEmpty)
    }

    @Test("A foreign marketplace that contradicts it is left as it is")
    func foreign() async throws {
        let store = InMemoryStore()
        let market = try await ControlMarket(store: store)
        _ = await market.send(
            .put, "accounts/111122223333", #"{"role":"buyer","name":"Somebody"}"#)
        _ = await market.send(.put, "accounts/999900001111", #"{"role":"seller","name":"S"}"#)
        _ = await market.send(
            .put, "products/p",
            ControlMarket.product("saas").replacing(ControlMarket.seller, with: "999900001111"))
        _ = await market.send(
            .post, "agreements", #"{"productCode":"p","buyerAccountId":"111122223333"}"#)
        let before = market.application.state.catalog.facts
        let failure = await #expect(throws: StartFailure.self) {
            _ = try await Self.market(store)
        }
        #expect(failure?.description.hasPrefix("the demo:") == true)
        let after = try await ControlMarket(store: store).application.state.catalog
        #expect(after.facts == before)
    }

    @Test("Its keys are public, so it binds to loopback only", arguments: ["0.0.0.0", "10.0.0.1"])
    func loopbackOnly(host: String) async throws {
        let failure = await #expect(throws: StartFailure.self) {
            _ = try await ControlMarket {
                $0.isDemo = true
                $0.host = host
            }
        }
        #expect(failure?.description.contains("loopback") == true)
    }

    private static let meterings: [(name: String, operation: String, body: String)] = [
        (
            "seller", "BatchMeterUsage",
            """
            {"ProductCode":"\(Demo.productCode)","UsageRecords":[{"Timestamp":1795437296,\
            "CustomerAWSAccountId":"\(Demo.buyerAccountID)","Dimension":"\(Demo.dimension)",\
            "Quantity":3}]}
            """
        ),
        (
            "seller", "ResolveCustomer", #"{"RegistrationToken":"\#(Demo.registrationToken)"}"#
        ),
        (
            "ec2-instance", "MeterUsage",
            """
            {"ProductCode":"demoami000000000000000001","Timestamp":1795437296,\
            "UsageDimension":"queries","UsageQuantity":3}
            """
        ),
        ("ecs-task", "MeterUsage", container), ("eks-pod", "MeterUsage", container),
        (
            "agentcore-runtime", "MeterUsage",
            """
            {"ProductCode":"demoagentcore000000000001","Timestamp":1795437296,\
            "UsageDimension":"invocations","UsageQuantity":3,"ClientToken":"token-1"}
            """
        ),
    ]

    private static let container = """
        {"ProductCode":"democontainer000000000001","Timestamp":1795437296,\
        "UsageDimension":"nodes","UsageQuantity":3}
        """

    @Test("Each of its credentials can meter", arguments: meterings)
    func meter(name: String, operation: String, body: String) async throws {
        let market = try await Self.market()
        let credential = try #require(Demo.credentials.first { $0.name == name })
        let answer = Answer(
            await market.application.respond(
                to: credential.request(operation, body, at: ControlMarket.now)))
        #expect(answer.status == 200, "\(answer.text)")
        if operation == "ResolveCustomer" {
            #expect(answer["CustomerAWSAccountId"] == Demo.buyerAccountID)
        } else {
            #expect(await market.send(.get, "usage")["items.0.quantity"] == "3")
        }
    }
}

extension Demo.NamedCredential {
    /// A request that is signed with it.
    fileprivate func request(
        _ operation: String, _ body: String, at time: Timestamp
    ) -> PlainRequest {
        var headers: [(name: String, value: String)] = [
            ("host", "127.0.0.1:8655"), ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSMPMeteringService.\(operation)"),
            ("x-amz-date", AmzDate.text(time)),
        ]
        if let sessionToken { headers.append(("x-amz-security-token", sessionToken)) }
        let signer = RequestSigner(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, region: region,
            service: "aws-marketplace")
        let steps = signer.sign(
            SignableRequest(method: "POST", path: "/", headers: headers),
            payload: Array(body.utf8), at: time)
        var fields = HTTPFields()
        for header in headers.dropFirst() + [("authorization", steps.authorization)] {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        return PlainRequest(
            method: .post, path: "/", headers: fields, authority: "127.0.0.1:8655",
            body: Array(body.utf8))
    }
}
