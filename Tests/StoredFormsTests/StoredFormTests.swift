import Marketplace
import MeteringAPI
import StoredForms
import Testing

@Suite("Stored forms")
struct StoredFormTests {
    @Test("A fact is written as version 0.1 did, and read back", arguments: StoredFacts.written)
    func facts(fact: CatalogFact, text: String) throws {
        #expect(try fact.storedForm() == text)
        #expect(try CatalogFact(kind: fact.key.kind, storedForm: text) == fact)
    }

    @Test("A fact of the other kinds is read back", arguments: StoredFacts.others)
    func otherFacts(fact: CatalogFact) throws {
        let text = try fact.storedForm()
        #expect(try CatalogFact(kind: fact.key.kind, storedForm: text) == fact)
    }

    @Test("An event is written with what it holds, and read back")
    func event() throws {
        for (agreement, agreementText) in StoredFacts.agreements {
            for (account, accountText) in StoredFacts.accounts {
                var event = MarketplaceEvent(
                    id: "4f0b", kind: .agreementCreated, time: Timestamp(milliseconds: 5),
                    agreement: agreement, product: StoredFacts.products[0].0, buyer: account)
                event.sellerName = account.customerIdentifier
                let seller = event.sellerName == nil ? "" : #""sellerName":"c\"1","#
                let text =
                    #"{"agreement":\#(agreementText),"buyer":\#(accountText),"id":"4f0b","#
                    + #""kind":"Purchase Agreement Created - Proposer","product":{"code":"p","#
                    + #""dimensions":[],"integration":"concurrentAgreements","#
                    + #""sellerAccountID":"1","title":"A","type":"saas"},\#(seller)"#
                    + #""time":{"milliseconds":5}}"#
                #expect(event.storedForm() == text)
                #expect(try MarketplaceEvent(storedForm: text) == event)
            }
        }
    }

    @Test("An event of an earlier version may hold its product's dimensions")
    func earlierEvent() throws {
        let event = MarketplaceEvent(
            id: "1", kind: .licenseUpdated, time: Timestamp(milliseconds: 5),
            agreement: StoredFacts.agreements[0].0, product: StoredFacts.products[0].0,
            buyer: StoredFacts.accounts[0].0)
        let text = event.storedForm().replacing(
            #""dimensions":[]"#, with: #""dimensions":[{"name":"d","type":"metered"}]"#)
        #expect(try MarketplaceEvent(storedForm: text) == event)
    }

    @Test("A text is kept to the byte, whatever it holds")
    func texts() throws {
        let name = "\u{0}\u{1}\t\n\u{7F}\"\\/\u{2028}e\u{301}\u{E9}\u{1F600}\u{10FFFF}"
        let account = Account(id: "1", role: .buyer, name: name)
        let text = try CatalogFact.account(account).storedForm()
        guard case .account(let read) = try CatalogFact(kind: .account, storedForm: text) else {
            Issue.record("it is another fact")
            return
        }
        #expect(Array(read.name.utf8) == Array(name.utf8))
    }

    @Test("What an earlier version did not write has its beginning's value")
    func earlierAgreement() throws {
        let text = """
            {"buyerAccountID":"1","endsAt":{"milliseconds":9},"id":"a","isFreeTrial":false,\
            "licenseARN":"l","productCode":"p","sequence":3,"startsAt":{"milliseconds":7}}
            """
        var expected = Agreement(
            id: "a", licenseARN: "l", productCode: "p", buyerAccountID: "1",
            startsAt: Timestamp(milliseconds: 7), endsAt: Timestamp(milliseconds: 9), sequence: 3)
        expected.passed = .untold
        expected.chosenOfferID = "offer-"
        #expect(expected.end == .expired)
        #expect(expected.acceptedAt == expected.startsAt)
        #expect(try CatalogFact(kind: .agreement, storedForm: text) == .agreement(expected))
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
        (.agreement, #"{"startsAt":{"milliseconds":1.5}}"#), (.agreement, #"{"passed":0.5}"#),
        (.agreement, #"{"sequence":9223372036854775808}"#), (.agreement, #"{"startsAt":1}"#),
        (.agreement, #"{"startsAt":{}}"#),
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

/// Facts with each member there and not there, and their texts.
private enum StoredFacts {
    static let accounts = [
        (
            Account(id: "111122223333", role: .seller, name: "Acme / Söhne"),
            #"{"id":"111122223333","isSuspended":false,"name":"Acme / Söhne","role":"seller"}"#
        ),
        (
            Account(
                id: "222233334444", role: .buyer, name: "", customerIdentifier: "c\"1",
                isSuspended: true),
            #"{"customerIdentifier":"c\"1","id":"222233334444","isSuspended":true,"name":"","#
                + #""role":"buyer"}"#
        ),
    ]

    static let products = [
        (
            Product(
                code: "p", id: "prod-p", type: .saas, title: "A", sellerAccountID: "1",
                dimensions: [
                    Dimension(name: "d", type: .metered, unit: "Hours", price: "0.002"),
                    Dimension(name: "e", type: .entitled),
                ]),
            #"{"code":"p","dimensions":[{"name":"d","price":"0.002","type":"metered","#
                + #""unit":"Hours"},{"name":"e","type":"entitled"}],"#
                + #""integration":"concurrentAgreements","sellerAccountID":"1","title":"A","#
                + #""type":"saas"}"#
        ),
        (
            Product(
                code: "q", id: "prod-q", type: .agentCore, title: "B", sellerAccountID: "2",
                integration: .customerIdentifier, contract: "2026-02",
                fulfillmentURL: "http://localhost/a?b=c", dimensions: []),
            #"{"code":"q","contract":"2026-02","dimensions":[],"#
                + #""fulfillmentURL":"http://localhost/a?b=c","integration":"customerIdentifier","#
                + #""sellerAccountID":"2","title":"B","type":"agentCore"}"#
        ),
    ]

    static let agreements: [(Agreement, String)] = {
        var plain = Agreement(
            id: "agmt-1", licenseARN: "arn:1", productCode: "p", buyerAccountID: "1",
            startsAt: Timestamp(milliseconds: -5))
        plain.chosenOfferID = "offer-1"
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
        full.chosenOfferID = "offer-2"
        full.entitlements = [
            Entitlement(dimension: "a", value: .integer(-3)),
            Entitlement(dimension: "b", value: .double(0.25)),
            Entitlement(dimension: "c", value: .boolean(true)),
            Entitlement(dimension: "d", value: .string("Gold \u{1F600}")),
        ]
        return [(plain, plainText), (full, fullText)]
    }()

    private static let plainText =
        #"{"acceptedAt":{"milliseconds":-5},"buyerAccountID":"1","entitlements":[],"id":"agmt-1","#
        + #""intent":"NEW","isFreeTrial":false,"licenseARN":"arn:1","passed":0,"#
        + #""productCode":"p","renewsAutomatically":false,"sequence":0,"#
        + #""startsAt":{"milliseconds":-5}}"#

    private static let fullText =
        #"{"acceptedAt":{"milliseconds":4},"buyerAccountID":"2","end":"TERMINATED","#
        + #""endsAt":{"milliseconds":-9223372036854775808},"entitlements":["#
        + #"{"dimension":"a","value":{"integer":{"_0":-3}}},"#
        + #"{"dimension":"b","value":{"double":{"_0":0.25}}},"#
        + #"{"dimension":"c","value":{"boolean":{"_0":true}}},"#
        + #"{"dimension":"d","value":{"string":{"_0":"Gold \#u{1F600}"}}}],"id":"agmt-2","#
        + #""intent":"REPLACE","isFreeTrial":true,"licenseARN":"arn:2","passed":1073741824,"#
        + #""previousID":"agmt-1","productCode":"p","renewsAutomatically":true,"sequence":7,"#
        + #""startsAt":{"milliseconds":9223372036854775807},"trialEndsAt":{"milliseconds":11}}"#

    static let written: [(CatalogFact, String)] =
        accounts.map { (.account($0.0), $0.1) } + products.map { (.product($0.0), $0.1) }
        + agreements.map { (.agreement($0.0), $0.1) }

    private static func late(chosenOffer: String?) -> CatalogFact {
        var agreement = agreements[0].0
        agreement.chosenOfferID = chosenOffer
        agreement.tellsLate = true
        return .agreement(agreement)
    }

    static let others: [CatalogFact] = [
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
        .settings(MarketplaceSettings(eventDelays: .realistic)),
        .eventTarget(EventTarget(id: "t", kind: .webhook, url: "http://127.0.0.1:1/")),
        .product(
            Product(
                code: "p", type: .saas, title: "A", sellerAccountID: "1", region: "cn-northwest-1",
                dimensions: [])),
        .product(
            Product(
                code: "p", id: "prod-chosen", type: .saas, title: "A", sellerAccountID: "1",
                dimensions: [])),
        late(chosenOffer: nil), late(chosenOffer: "offer-chosen"),
    ]
}
