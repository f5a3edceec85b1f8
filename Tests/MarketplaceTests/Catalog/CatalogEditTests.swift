import Marketplace
import MeteringAPI
import Testing

@Suite("An edit of the catalog")
struct CatalogEditTests {
    private static let now = Timestamp(seconds: 1_795_437_296)
    private static let seller = "111122223333"
    private static let buyer = "222233334444"

    private static func edit() throws -> CatalogEdit {
        var edit = CatalogEdit(catalog: Catalog(), now: now, realNow: now)
        _ = try edit.putAccount(
            Account(id: seller, role: .seller, name: "Acme"), madeUpIdentifier: "x")
        _ = try edit.putAccount(
            Account(id: buyer, role: .buyer, name: "Globex"), madeUpIdentifier: "madeUp")
        _ = try edit.putProduct(product("saas"))
        return edit
    }

    private static func product(
        _ code: String, type: ProductType = .saas
    ) -> Product {
        Product(
            code: code, type: type, title: code, sellerAccountID: seller,
            dimensions: [Dimension(name: "users")])
    }

    @Test("Its changes make the same catalog of the one that it began with")
    func changes() throws {
        var edit = try Self.edit()
        _ = try edit.addAgreement(
            CatalogEdit.AgreementDraft(productCode: "saas", buyerAccountID: Self.buyer),
            random: "r")
        _ = try edit.addRegistrationToken(
            for: .agreement("agmt-r"), expiresIn: nil, digest: "digest")
        var catalog = Catalog()
        for change in edit.changes { catalog.apply(change) }
        #expect(catalog.accounts == edit.catalog.accounts)
        #expect(catalog.products == edit.catalog.products)
        #expect(catalog.agreements == edit.catalog.agreements)
        #expect(catalog.registrationTokens == edit.catalog.registrationTokens)
        #expect(
            catalog.agreements(buyer: Self.buyer, product: "saas")
                == edit.catalog.agreements(buyer: Self.buyer, product: "saas"))
    }

    @Test("What is wrong with a request comes before what the marketplace has against it")
    func kinds() throws {
        var edit = try Self.edit()
        let wrong = Account(
            id: Self.seller, role: .buyer, name: "", customerIdentifier: "madeUp")
        let invalid = #expect(throws: Contradiction.self) {
            _ = try edit.putAccount(wrong, madeUpIdentifier: "y")
        }
        #expect(invalid?.kind == .invalid)
        #expect(invalid?.objections.map(\.field) == ["name"])
        var named = wrong
        named.name = "Acme"
        let conflict = #expect(throws: Contradiction.self) {
            _ = try edit.putAccount(named, madeUpIdentifier: "y")
        }
        #expect(conflict?.kind == .conflict)
        #expect(conflict?.objections.map(\.field) == ["customerIdentifier", "role"])
    }

    @Test("A refused command leaves the edit as it was")
    func refusedCommand() throws {
        var edit = try Self.edit()
        let count = edit.changes.count
        #expect(throws: Contradiction.self) {
            _ = try edit.putProduct(Self.product("a b"))
        }
        #expect(throws: Contradiction.self) { try edit.deleteCredential("x") }
        #expect(throws: Contradiction.self) { _ = try edit.cancelAgreement("x", at: nil) }
        #expect(edit.changes.count == count)
    }

    @Test("Another customerIdentifier takes the place of a buyer's, and frees it")
    func newIdentifier() throws {
        var edit = try Self.edit()
        #expect(edit.catalog.buyer(customerIdentifier: "madeUp")?.id == Self.buyer)
        var account = try #require(edit.catalog.accounts[Self.buyer])
        account.customerIdentifier = "other"
        _ = try edit.putAccount(account, madeUpIdentifier: "z")
        #expect(edit.catalog.buyer(customerIdentifier: "madeUp") == nil)
        #expect(edit.catalog.buyer(customerIdentifier: "other")?.id == Self.buyer)
        let second = try edit.putAccount(
            Account(id: "333344445555", role: .buyer, name: "B", customerIdentifier: "madeUp"),
            madeUpIdentifier: "z")
        #expect(edit.catalog.buyer(customerIdentifier: "madeUp") == second)
    }

    @Test("A container product gets its first key once, and the next ones supersede")
    func signingKeys() throws {
        var edit = try Self.edit()
        let product = Self.product("gateway", type: .container)
        _ = try edit.putProduct(product)
        _ = try edit.putProduct(product)
        #expect(edit.catalog.signingKeys(of: "gateway").map(\.version) == [1])
        _ = try edit.addRegistrationKey(of: "gateway")
        _ = try edit.addRegistrationKey(of: "gateway")
        let keys = edit.catalog.signingKeys(of: "gateway")
        #expect(keys.map(\.version) == [1, 2, 3])
        #expect(keys.map(\.supersededAt) == [Self.now, Self.now, nil])
    }

    @Test("Tokens that expired more than thirty days ago are forgotten with the next one")
    func oldTokens() throws {
        var edit = try Self.edit()
        _ = try edit.addAgreement(
            CatalogEdit.AgreementDraft(productCode: "saas", buyerAccountID: Self.buyer),
            random: "r")
        _ = try edit.addRegistrationToken(for: .agreement("agmt-r"), expiresIn: 1, digest: "a")
        _ = try edit.addRegistrationToken(for: .agreement("agmt-r"), expiresIn: 2, digest: "b")
        var later = CatalogEdit(
            catalog: edit.catalog, now: Self.now.adding(seconds: 30 * 86_400 + 2),
            realNow: Self.now)
        let token = try later.addRegistrationToken(
            for: .parties(productCode: "saas", buyerAccountID: Self.buyer), expiresIn: nil,
            digest: "c")
        #expect(Set(later.catalog.registrationTokens.keys) == ["b", "c"])
        #expect(token.expiresAt == later.now.adding(seconds: RegistrationToken.lifetime))
    }

    @Test("A credential is replaced only where that was said")
    func replacedCredential() throws {
        var edit = try Self.edit()
        var draft = CatalogEdit.CredentialDraft(
            principal: Principal(kind: .account, accountID: Self.seller))
        draft.accessKeyID = "AKIA0123456789AB"
        let texts = CatalogEdit.CredentialTexts(
            accessKeyID: "x", secretAccessKey: "one", sessionToken: "t", resourceID: "r")
        _ = try edit.addCredential(draft, texts: texts)
        draft.secretAccessKey = "two"
        let conflict = #expect(throws: Contradiction.self) {
            _ = try edit.addCredential(draft, texts: texts)
        }
        #expect(conflict?.kind == .conflict)
        let replaced = try edit.addCredential(draft, texts: texts, replaces: true)
        #expect(edit.catalog.credentials["AKIA0123456789AB"] == replaced)
        #expect(replaced.secretAccessKey == "two")
    }

    @Test("An agreement of a customerIdentifier product that ended leaves room for the next")
    func endedAgreement() throws {
        var edit = try Self.edit()
        var product = Self.product("mail")
        product.integration = .customerIdentifier
        _ = try edit.putProduct(product)
        var draft = CatalogEdit.AgreementDraft(
            productCode: "mail", buyerAccountID: Self.buyer)
        draft.startsAt = Self.now.adding(seconds: -86_400)
        draft.terms.endsAt = Self.now.adding(seconds: -3600)
        let ended = try edit.addAgreement(draft, random: "a")
        #expect(ended.state(at: Self.now) == .ended)
        draft.startsAt = nil
        draft.terms.endsAt = nil
        let current = try edit.addAgreement(draft, random: "b")
        #expect(
            edit.catalog.agreements(buyer: Self.buyer, product: "mail") == [ended, current])
        draft.startsAt = Self.now.adding(seconds: 86_400)
        #expect(throws: Contradiction.self) {
            _ = try edit.addAgreement(draft, random: "c")
        }
    }
}
