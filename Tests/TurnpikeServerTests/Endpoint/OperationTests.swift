import AWSWire
import CryptoExtras
import Foundation
import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import StoreContract
import Testing
import TurnpikeServer
import WebServer

@Suite("The four operations, through the endpoint")
struct OperationTests {
    private static func batch(_ quantity: Int) -> String {
        """
        {"ProductCode":"saas","UsageRecords":[{"Timestamp":1795435496,\
        "CustomerAWSAccountId":"222233334444","Dimension":"users","Quantity":\(quantity)}]}
        """
    }

    @Test("The same usage again has the same id, another quantity is a duplicate without one")
    func firstWriteWins() async throws {
        let market = try await TestMarket()
        let first = await market.send(.batchMeterUsage, Self.batch(3))
        let again = await market.send(.batchMeterUsage, Self.batch(3))
        #expect(again["Results.0.MeteringRecordId"] == first["Results.0.MeteringRecordId"])
        #expect(again["Results.0.Status"] == "Success")
        let other = await market.send(.batchMeterUsage, Self.batch(4))
        #expect(other.status == 200)
        #expect(other["Results.0.Status"] == "DuplicateRecord")
        #expect(other["Results.0.MeteringRecordId"] == nil)
        let record = try #require(market.explanation?.records.first)
        #expect(record.earlier?.quantity == Quantity(3))
        #expect(record.reason.hasPrefix("3 was recorded first, as "))
    }

    @Test("The same usage by code and by licence is billed twice, and the explanation shouts")
    func billedTwice() async throws {
        let market = try await TestMarket()
        _ = await market.send(.batchMeterUsage, Self.batch(3))
        let answer = await market.send(
            .batchMeterUsage,
            """
            {"UsageRecords":[{"Timestamp":1795435496,"CustomerAWSAccountId":"222233334444",\
            "LicenseArn":"\(TestMarket.license("saas"))","Dimension":"users","Quantity":3}]}
            """)
        #expect(answer["Results.0.Status"] == "Success")
        #expect(market.explanation?.summary.contains("BILLED TWICE") == true)
    }

    @Test("A container meters once an hour; another quantity is refused")
    func meterUsage() async throws {
        let market = try await TestMarket()
        func body(_ quantity: Int, _ more: String = "") -> String {
            """
            {"ProductCode":"container","Timestamp":1795435496,"UsageDimension":"users",\
            "UsageQuantity":\(quantity)\(more)}
            """
        }
        let dryRun = await market.send(
            .meterUsage, body(4, #","DryRun":true"#), as: .ecsTask)
        #expect(dryRun.text == #"{"MeteringRecordId":"DryRunOperation"}"#)
        #expect(
            market.reasons(1) == [
                "a dry run: it meets every rule; what is recorded was not looked at, and nothing "
                    + "is stored"
            ])
        let first = await market.send(.meterUsage, body(3), as: .ecsTask)
        let again = await market.send(.meterUsage, body(3), as: .ecsTask)
        #expect(first.status == 200)
        #expect(first.text == again.text)
        let other = await market.send(.meterUsage, body(4), as: .ecsTask)
        #expect(other.error == "DuplicateRequestException")
        let pod = await market.send(.meterUsage, body(4), as: .eksPod)
        #expect(pod.status == 200)
    }

    @Test(
        "Who may not call an operation hears nothing of types and constraints",
        arguments: ["{}", #"{"UsageRecords":"x"}"#])
    func permissionFirst(body: String) async throws {
        let market = try await TestMarket()
        try await market.state.edit { edit in
            var credential = TestMarket.credential(.account)
            credential.allowedOperations = [.resolveCustomer]
            edit.put(.credential(credential))
        }
        #expect(await market.send(.batchMeterUsage, body).error == "AccessDeniedException")
    }

    @Test("A null ProductCode is absent: the licence's product says which contract holds")
    func nullProductCode() async throws {
        let market = try await TestMarket()
        try await market.state.edit { edit in
            guard var product = edit.catalog.products["saas"] else { return }
            product.contract = "2026-02"
            edit.put(.product(product))
        }
        for member in ["", #""ProductCode":null,"#] {
            let answer = await market.send(
                .batchMeterUsage,
                """
                {\(member)"UsageRecords":[{"Timestamp":\(TestMarket.now.seconds - 36_000),\
                "CustomerAWSAccountId":"\(TestMarket.buyer)","Dimension":"users","Quantity":1,\
                "LicenseArn":"\(TestMarket.license("saas"))"}]}
                """)
            #expect(answer.error == "TimestampOutOfBoundsException")
        }
    }

    @Test("A batch in which nobody is subscribed is explained by the subscription")
    func nobodySubscribed() async throws {
        let market = try await TestMarket()
        _ = await market.send(
            .batchMeterUsage,
            """
            {"ProductCode":"saas","UsageRecords":[{"Timestamp":\(TestMarket.now.seconds),\
            "CustomerAWSAccountId":"999999999999","Dimension":"users","Quantity":1}]}
            """)
        let logged = market.log.requests(limit: 1) { _ in true }.first?.request
        #expect(logged?.explanation.rule == .subscription)
    }

    @Test("A client token answers a retry, and refuses another request")
    func clientToken() async throws {
        let market = try await TestMarket()
        func body(_ quantity: Int, _ token: String) -> String {
            """
            {"ProductCode":"agentCore","Timestamp":1795435496,"UsageDimension":"users",\
            "UsageQuantity":\(quantity),"ClientToken":"\(token)"}
            """
        }
        let first = await market.send(.meterUsage, body(3, "a"), as: .agentCoreRuntime)
        let again = await market.send(.meterUsage, body(3, "a"), as: .agentCoreRuntime)
        let second = await market.send(.meterUsage, body(3, "b"), as: .agentCoreRuntime)
        let conflict = await market.send(.meterUsage, body(4, "a"), as: .agentCoreRuntime)
        #expect(first.text == again.text)
        #expect(second.status == 200 && second.text != first.text)
        #expect(market.reasons(4).count { $0 == "the first with its ClientToken" } == 2)
        #expect(conflict.error == "IdempotencyConflictException")
    }

    @Test("RegisterUsage answers a PS256 token that the published key verifies")
    func registerUsage() async throws {
        let market = try await TestMarket()
        let answer = await market.send(
            .registerUsage, #"{"ProductCode":"container","PublicKeyVersion":1,"Nonce":"n-1"}"#,
            as: .eksPod)
        #expect(answer["PublicKeyRotationTimestamp"] == nil)
        let token = try #require(answer["Signature"])
        let parts = token.split(separator: ".").map(String.init)
        #expect(Self.decoded(parts[0]) == #"{"alg":"PS256","typ":"JWT"}"#)
        #expect(
            Self.decoded(parts[1])
                == """
                {"productCode":"container","publicKeyVersion":1,"nonce":"n-1","iat":1795437296}
                """)
        let pem = try #require(
            try await market.state.store.wholeCatalog().signingKey(of: "container", version: 1)?
                .publicKeyPEM)
        let key = try _RSA.Signing.PublicKey(pemRepresentation: pem)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: Self.bytes(parts[2]))
        let input = Data("\(parts[0]).\(parts[1])".utf8)
        #expect(key.isValidSignature(signature, for: input, padding: .PSS))
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.count == 1)
    }

    @Test("ResolveCustomer says whom a token stands for, and why one is not known")
    func resolveCustomer() async throws {
        let market = try await TestMarket()
        var generator = SystemRandomNumberGenerator()
        let text = TokenText.make(using: &generator)
        try await market.state.edit { edit in
            edit.put(
                .registrationToken(
                    RegistrationToken(
                        digest: TokenText.digest(of: text), agreementID: "agmt-saas",
                        expiresAt: TestMarket.now.adding(seconds: 60))))
        }
        let answer = await market.send(
            .resolveCustomer, #"{"RegistrationToken":"\#(text)"}"#)
        #expect(answer["CustomerAWSAccountId"] == TestMarket.buyer)
        #expect(answer["ProductCode"] == "saas")
        #expect(answer["LicenseArn"] == TestMarket.license("saas"))
        #expect(answer["Metadata.AgreementId"] == "agmt-saas")
        #expect(answer["CustomerIdentifier"] == nil)
        let spoiled: [(String, String)] = [
            (
                text.replacingOccurrences(of: "+", with: "%2B").replacingOccurrences(
                    of: "=", with: "%3D"), "URL-decoding"
            ),
            (text.replacingOccurrences(of: "+", with: " "), "once too often"),
            ("asdfa", "no token reads like this"),
        ]
        for (token, hint) in spoiled {
            let answer = await market.send(
                .resolveCustomer, #"{"RegistrationToken":"\#(token)"}"#)
            #expect(answer.error == "InvalidTokenException")
            #expect(answer["message"] == "Registration token is invalid")
            #expect(market.explanation?.summary.contains(hint) == true)
        }
    }

    @Test("A product's own contract governs how its requests are read")
    func productContract() async throws {
        let market = try await TestMarket()
        try await market.state.edit { edit in
            guard var product = edit.catalog.products["saas"] else { return }
            product.contract = "2025-01"
            edit.put(.product(product))
        }
        let answer = await market.send(.batchMeterUsage, Self.batch(3))
        #expect(answer.error == "ValidationException")
        #expect(answer["message"]?.contains("customerIdentifier") == true)
        #expect(
            market.explanation?.summary.contains(
                "'UsageRecords[0].CustomerAWSAccountId' is unknown to contract 2025-01") == true)
    }

    @Test("Without checked signatures, an unknown key acts for the product that is named")
    func trusting() async throws {
        let market = try await TestMarket(authentication: .trusting)
        let header = """
            AWS4-HMAC-SHA256 Credential=anything/20200101/us-east-1/service/aws4_request, \
            SignedHeaders=host, Signature=none
            """
        let seller = await market.send(.batchMeterUsage, Self.batch(3)) {
            $0.headers[.authorization] = header
        }
        #expect(seller["Results.0.Status"] == "Success")
        let workload = await market.send(
            .meterUsage,
            #"{"ProductCode":"ami","Timestamp":1795435496,"UsageDimension":"users"}"#
        ) { $0.headers[.authorization] = header }
        #expect(workload.status == 200)
        let nobody = await market.send(.batchMeterUsage, Self.batch(3)) {
            $0.headers[.authorization] = nil
        }
        #expect(nobody.error == "MissingAuthenticationTokenException")
        for (key, region, error) in [
            (String(repeating: "k", count: 129), "us-east-1", "UnrecognizedClientException"),
            ("key", String(repeating: "r", count: 65), "InvalidSignatureException"),
        ] {
            let answer = await market.send(.batchMeterUsage, Self.batch(3)) {
                $0.headers[.authorization] =
                    "AWS4-HMAC-SHA256 Credential=\(key)/20200101/\(region)/service/aws4_request, "
                    + "SignedHeaders=host, Signature=none"
            }
            #expect(answer.error == error)
        }
    }

    private static func bytes(_ text: String) -> Data {
        let base64 = text.replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return Data(base64Encoded: base64 + padding) ?? Data()
    }

    private static func decoded(_ text: String) -> String {
        String(decoding: bytes(text), as: UTF8.self)
    }
}

extension TestMarket {
    /// Why the first records of the last requests were answered as they were.
    fileprivate func reasons(_ count: Int) -> [String] {
        log.requests(limit: count) { _ in true }.compactMap {
            $0.request.explanation.records.first?.reason
        }
    }
}
