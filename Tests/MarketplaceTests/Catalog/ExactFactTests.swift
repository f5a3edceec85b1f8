import Marketplace
import MeteringAPI
import Testing

/// One letter, written in two ways that `String` holds for equal.
private let composed = "caf\u{E9}"
private let decomposed = "cafe\u{301}"

@Suite("Identifiers are compared byte by byte")
struct ExactFactTests {
    private static func product(_ dimensions: [String], code: String = "saas") -> Product {
        Product(
            code: code, type: .saas, title: "A product", sellerAccountID: SampleMarketplace.seller,
            dimensions: dimensions.map { Dimension(name: $0) })
    }

    private static func edit() -> CatalogEdit {
        CatalogEdit(
            catalog: SampleMarketplace().catalog, now: SampleMarketplace.now,
            realNow: SampleMarketplace.now)
    }

    @Test("The two forms are one String, and two names")
    func forms() {
        #expect(composed == decomposed)
        #expect(ExactText(composed) != ExactText(decomposed))
        #expect(Set([ExactText(composed), ExactText(decomposed)]).count == 2)
    }

    private static let kinds: [@Sendable (String) -> CatalogFact] = [
        { .account(Account(id: $0, role: .buyer, name: "A", customerIdentifier: $0)) },
        { .product(ExactFactTests.product(["users"], code: $0)) },
        {
            .agreement(
                Agreement(
                    id: $0, licenseARN: $0, productCode: $0, buyerAccountID: $0,
                    startsAt: SampleMarketplace.now))
        },
        {
            .credential(
                Credential(
                    accessKeyID: $0, secretAccessKey: "s",
                    principal: Principal(kind: .account, accountID: SampleMarketplace.seller)))
        },
        {
            .registrationToken(
                RegistrationToken(digest: $0, agreementID: $0, expiresAt: SampleMarketplace.now))
        },
        { .signingKey(RegistrationKey(productCode: $0, version: 1)) },
        {
            .registeredWorkload(
                RegisteredWorkload(
                    productCode: "container", accountID: SampleMarketplace.buyer, resourceID: $0,
                    region: "us-east-1"))
        },
        { .eventTarget(EventTarget(id: $0, kind: .webhook, url: "http://127.0.0.1:1/")) },
    ]

    @Test("Facts of both names live beside each other", arguments: 0..<8)
    func facts(index: Int) {
        let (first, second) = (Self.kinds[index](composed), Self.kinds[index](decomposed))
        #expect(first.key != second.key)
        #expect(Set([first.key, second.key]).count == 2)
        var catalog = Catalog()
        catalog.put(first)
        catalog.put(second)
        #expect(Self.count(catalog) == 2)
        catalog.apply(.remove(second.key))
        #expect(Self.count(catalog) == (second.key.kind.isRemovable ? 1 : 2))
    }

    private static func count(_ catalog: Catalog) -> Int {
        [
            catalog.accounts.count, catalog.products.count, catalog.agreements.count,
            catalog.credentials.count, catalog.registrationTokens.count,
            catalog.registeredWorkloads.count, catalog.eventTargets.count,
            [composed, decomposed].reduce(0) { $0 + catalog.signingKeys(of: $1).count },
        ].max() ?? 0
    }

    @Test("What is found by an agreement's licence, parties or buyer is found by its bytes")
    func lookUp() {
        var catalog = Catalog()
        for index in [0, 2] { catalog.put(Self.kinds[index](composed)) }
        for (text, count) in [(composed, 1), (decomposed, 0)] {
            #expect((catalog.agreement(licenseARN: text) == nil) == (count == 0))
            #expect(catalog.agreements(buyer: text, product: text).count == count)
            #expect((catalog.buyer(customerIdentifier: text) == nil) == (count == 0))
        }
    }

    @Test("A product may have a dimension of each form")
    func dimensions() throws {
        var edit = Self.edit()
        let product = try edit.putProduct(
            Self.product([composed, decomposed]))
        #expect(product.dimensions.count == 2)
        #expect(throws: Contradiction.self) {
            try edit.putProduct(Self.product([composed, composed]))
        }
    }

    @Test("A dimension that has usage cannot be replaced by its other form")
    func usedDimension() throws {
        var edit = Self.edit()
        _ = try edit.putProduct(Self.product([composed]))
        edit.usedDimensions = [
            ExactText(Self.product([]).code): [ExactText(composed)]
        ]
        let refusal = try #require(throws: Contradiction.self) {
            try edit.putProduct(Self.product([decomposed]))
        }
        #expect(refusal.kind == .conflict)
        #expect(refusal.objections.map(\.field) == ["dimensions"])
    }

    @Test("A container is stopped by the bytes of its id")
    func stop() throws {
        var edit = Self.edit()
        edit.put(Self.kinds[6](composed))
        #expect(throws: Contradiction.self) { try edit.stopWorkloads(ofResource: decomposed) }
        #expect(try edit.stopWorkloads(ofResource: composed).count == 1)
    }
}
