import Foundation
import Marketplace
import MeteringAPI
import StoredForms
import Testing

@Suite("Stored forms")
struct StoredFormTests {
    /// As data files of version 0.1 have it: what is written by hand must stay the same.
    private static func codable(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test("A fact is written as Codable writes it, and read back", arguments: StoredFacts.all)
    func facts(fact: CatalogFact) throws {
        let text = try fact.storedForm()
        #expect(try CatalogFact(kind: fact.key.kind, storedForm: text) == fact)
        switch fact {
        case .account(let account): #expect(try text == Self.codable(account))
        case .product(let product): #expect(try text == Self.codable(product))
        case .agreement(let agreement): #expect(try text == Self.codable(agreement))
        default: break
        }
    }

    @Test("An event is written as Codable writes it, and read back")
    func event() throws {
        for agreement in StoredFacts.agreements {
            for account in StoredFacts.accounts {
                for product in StoredFacts.products {
                    var event = MarketplaceEvent(
                        id: "4f0b", kind: .agreementCreated, time: Timestamp(milliseconds: 5),
                        agreement: agreement, product: product, buyer: account)
                    event.sellerName = account.customerIdentifier
                    let text = event.storedForm()
                    #expect(try text == Self.codable(event))
                    #expect(try MarketplaceEvent(storedForm: text) == event)
                }
            }
        }
    }

    @Test("A text is kept to the byte, whatever it holds")
    func texts() throws {
        let name = "\u{0}\u{1}\t\n\u{7F}\"\\/\u{2028}e\u{301}\u{E9}\u{1F600}\u{10FFFF}"
        let account = Account(id: "1", role: .buyer, name: name)
        let text = try CatalogFact.account(account).storedForm()
        guard case .account(let read) = try CatalogFact(kind: .account, storedForm: text),
            case let codable = try JSONDecoder().decode(Account.self, from: Data(text.utf8))
        else { return }
        #expect(Array(read.name.utf8) == Array(name.utf8))
        #expect(Array(codable.name.utf8) == Array(name.utf8))
    }

    @Test("What an earlier version did not write has its beginning's value")
    func earlierAgreement() throws {
        let text = """
            {"buyerAccountID":"1","endsAt":{"milliseconds":9},"id":"a","isFreeTrial":false,\
            "licenseARN":"l","productCode":"p","sequence":3,"startsAt":{"milliseconds":7}}
            """
        let expected = try JSONDecoder().decode(Agreement.self, from: Data(text.utf8))
        #expect(try CatalogFact(kind: .agreement, storedForm: text) == .agreement(expected))
        #expect(expected.end == .expired)
        #expect(expected.acceptedAt == expected.startsAt)
    }

    @Test("What a later version added is passed over")
    func laterMember() throws {
        let text = #"{"id":"1","isSuspended":true,"later":{"a":[1]},"name":"n","role":"buyer"}"#
        #expect(
            try CatalogFact(kind: .account, storedForm: text)
                == .account(Account(id: "1", role: .buyer, name: "n", isSuspended: true)))
    }

    /// A kind, and a text that is no stored form of it.
    private static let broken: [(CatalogFact.Kind, String)] = [
        (.account, ""), (.account, "[]"), (.account, #"{"id":"1","name":"n","role":"buyer"}"#),
        (.account, #"{"id":"1","isSuspended":1,"name":"n","role":"buyer"}"#),
        (.account, #"{"id":1,"isSuspended":true,"name":"n","role":"buyer"}"#),
        (.account, #"{"id":"1","isSuspended":true,"name":"n","role":"owner"}"#),
        (.product, #"{"code":"p","dimensions":{},"integration":"customerIdentifier"}"#),
        (.product, #"{"dimensions":[{"name":"n"}]}"#), (.agreement, "{}"),
        (.agreement, #"{"startsAt":1}"#), (.agreement, #"{"startsAt":{}}"#),
        (.agreement, #"{"entitlements":[{"dimension":"d","value":{"integer":{"_0":"1"}}}]}"#),
        (.agreement, #"{"entitlements":[{"dimension":"d","value":{"bytes":{"_0":1}}}]}"#),
    ]

    @Test("What is no stored form is refused", arguments: broken)
    func refused(kind: CatalogFact.Kind, text: String) {
        #expect(throws: (any Error).self) { try CatalogFact(kind: kind, storedForm: text) }
    }

    @Test("What is no event is refused", arguments: ["", "[]", "{}", #"{"id":1}"#])
    func refusedEvent(text: String) {
        #expect(throws: (any Error).self) { try MarketplaceEvent(storedForm: text) }
    }
}

/// Facts with each member there and not there.
private enum StoredFacts {
    static let accounts = [
        Account(id: "111122223333", role: .seller, name: "Acme / Söhne"),
        Account(
            id: "222233334444", role: .buyer, name: "", customerIdentifier: "c\"1",
            isSuspended: true),
    ]

    static let products = [
        Product(
            code: "p", type: .saas, title: "A", sellerAccountID: "1",
            dimensions: [
                Dimension(name: "d", type: .metered, unit: "Hours", price: "0.002"),
                Dimension(name: "e", type: .entitled),
            ]),
        Product(
            code: "q", type: .agentCore, title: "B", sellerAccountID: "2",
            integration: .customerIdentifier, contract: "2026-02",
            fulfillmentURL: "http://localhost/a?b=c", dimensions: []),
    ]

    static let agreements: [Agreement] = {
        let plain = Agreement(
            id: "agmt-1", licenseARN: "arn:1", productCode: "p", buyerAccountID: "1",
            startsAt: Timestamp(milliseconds: -5))
        var full = Agreement(
            id: "agmt-2", licenseARN: "arn:2", productCode: "p", buyerAccountID: "2",
            startsAt: Timestamp(milliseconds: .max), endsAt: Timestamp(milliseconds: .min),
            isFreeTrial: true, sequence: 7)
        full.acceptedAt = Timestamp(milliseconds: 4)
        full.end = .terminated
        full.trialEndsAt = Timestamp(milliseconds: 11)
        full.renewsAutomatically = true
        full.intent = .replace
        full.previousID = "agmt-1"
        full.passed = .untold
        full.entitlements = [
            Entitlement(dimension: "a", value: .integer(-3)),
            Entitlement(dimension: "b", value: .double(0.25)),
            Entitlement(dimension: "c", value: .boolean(true)),
            Entitlement(dimension: "d", value: .string("Gold \u{1F600}")),
        ]
        return [plain, full]
    }()

    static let all: [CatalogFact] =
        accounts.map { .account($0) } + products.map { .product($0) }
        + agreements.map { .agreement($0) } + others

    private static let others: [CatalogFact] = [
        .credential(
            Credential(
                accessKeyID: "AKIA", secretAccessKey: "s", sessionToken: "t",
                expiresAt: Timestamp(milliseconds: 1),
                principal: Principal(
                    kind: .ecsTask, accountID: "1", region: "us-east-1", resourceID: "r"),
                allowedOperations: [.meterUsage])),
        .registrationToken(
            RegistrationToken(
                digest: "d", agreementID: "a", expiresAt: Timestamp(milliseconds: 2))),
        .signingKey(RegistrationKey(productCode: "p", version: 2, publicKeyPEM: "-----\n")),
        .registeredWorkload(
            RegisteredWorkload(
                productCode: "p", accountID: "1", resourceID: "r", region: "us-east-1")),
        .clock(MarketplaceClock()),
        .eventTarget(EventTarget(id: "t", kind: .webhook, url: "http://127.0.0.1:1/")),
    ]
}
