import InMemoryStore
import Logging
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import Documents
@testable import MarketplaceHost
@testable import TurnpikeServer

@Suite("A seed file")
struct SeedFileTests {
    private static let whole = """
        accounts:
          - accountId: 111122223333
            role: seller
            name: Acme
          - {accountId: "222233334444", role: buyer, name: Globex}
          - {accountId: "333344445555", role: buyer, name: Initech, suspended: true}
        products:
          - productCode: mail
            type: saas
            title: "Mail"
            sellerAccountId: 111122223333
            contract: 2025-01
            dimensions:
              - name: mails
                price: 0.002
              - {name: seats, type: entitled}
          - {productCode: gateway, type: container, title: 7, sellerAccountId: 111122223333,
             dimensions: []}
        agreements:
          - {agreementId: agmt-1, productCode: mail, buyerAccountId: 222233334444}
        credentials:
          - accessKeyId: AKIASEEDSEEDSEED
            principal: {kind: account, accountId: 111122223333}
          - accessKeyId: ASIASEEDSEEDSEED
            principal:
              kind: ecsTask
              accountId: 222233334444
              region: us-east-1
            allow: [MeterUsage]
            expiresIn: 0
        clock: {mode: frozen, now: 2026-12-01T05:59:00Z}
        """

    private static func state(
        _ store: any MarketplaceStore = InMemoryStore(), now: Timestamp = ControlMarket.now
    ) async throws -> MarketplaceState {
        try await MarketplaceState(store: store, contract: .newest, realClock: { now })
    }

    private static func apply(_ text: String, to state: MarketplaceState) async throws {
        try await SeedFile.read(text, name: "seed.yaml").apply(to: state)
    }

    @Test("All of its sections are applied")
    func sections() async throws {
        let state = try await Self.state()
        try await Self.apply(Self.whole, to: state)
        let catalog = try await state.store.wholeCatalog()
        #expect(catalog.accounts["111122223333"]?.role == .seller)
        #expect(catalog.accounts["222233334444"]?.customerIdentifier?.isEmpty == false)
        #expect(catalog.accounts["333344445555"]?.isSuspended == true)
        let mail = try #require(catalog.products["mail"])
        #expect(mail.contract == "2025-01")
        #expect(
            mail.dimensions == [
                Dimension(name: "mails", price: "0.002"),
                Dimension(name: "seats", type: .entitled),
            ])
        #expect(catalog.products["gateway"]?.title == "7")
        #expect(catalog.signingKeys(of: "gateway").map(\.version) == [1])
        #expect(catalog.agreements["agmt-1"]?.buyerAccountID == "222233334444")
        let task = try #require(catalog.credentials["ASIASEEDSEEDSEED"])
        #expect(task.allowedOperations == [.meterUsage])
        #expect(task.expiresAt == nil)
        #expect(task.principal.resourceID?.hasPrefix("task-") == true)
        #expect(catalog.clock.mode == .frozen)
        #expect(catalog.clock.now(real: ControlMarket.now).iso8601 == "2026-12-01T05:59:00Z")
    }

    /// Each level holds the one before nine times.
    private static func bomb(levels: Int, _ last: String) -> String {
        let first = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        return first
            + (1...levels).map { level in
                let aliases = Array(repeating: "*a\(level - 1)", count: 9)
                return "a\(level): &a\(level) [\(aliases.joined(separator: ", "))]\n"
            }.joined() + last
    }

    @Test(
        "Aliases that make a file long beyond measure are refused before it is",
        arguments: [
            bomb(levels: 8, ""), bomb(levels: 40, ""), bomb(levels: 40, "? *a40\n: 1\n"),
            bomb(levels: 40, "*a40 : 1\n"), bomb(levels: 40, "b: {[*a40, *a40]: 1}\n"),
            "a: &a \(String(repeating: "x", count: 10_000))\n"
                + "b: [\(Array(repeating: "*a", count: 100).joined(separator: ", "))]\n",
        ])
    func aliases(text: String) throws {
        let failure = try #require(throws: StartFailure.self) {
            _ = try SeedFile.read(text, name: "seed.yaml")
        }
        #expect(failure.description.hasPrefix("seed.yaml: "), "\(failure)")
        #expect(failure.description.contains("alias"), "\(failure)")
        #expect(
            throws: DocumentFailure.self,
            performing: { _ = try StructuredValue(yaml: text, name: "plan.yaml") })
    }

    @Test("Aliases that a file needs are read, whatever stands beside them")
    func usefulAliases() throws {
        let text = """
            # it's: a comment, with *a: in it
            base: &base {title: "*b: no", "x]": 1, 'it''s': "\\"*c: "}
            list: [*base, *base]  # twice: so
            merged: *base
            """
        let value = try StructuredValue(yaml: text, name: "seed.yaml")
        guard case .object(let members) = value.content else { return #expect(Bool(false)) }
        #expect(members.map(\.name) == ["base", "list", "merged"])
    }

    @Test("Applying it again changes nothing, in this server or the next")
    func again() async throws {
        let store = InMemoryStore()
        let state = try await Self.state(store)
        try await Self.apply(Self.whole, to: state)
        let before = try await state.store.wholeCatalog().facts
        try await Self.apply(Self.whole, to: state)
        #expect(try await state.store.wholeCatalog().facts == before)
        let next = try await Self.state(store)
        try await Self.apply(Self.whole, to: next)
        #expect(try await next.store.wholeCatalog().facts == before)
    }

    @Test("What the control API did since is kept: an agreement stays cancelled")
    func cancelledSince() async throws {
        let state = try await Self.state()
        try await Self.apply(Self.whole, to: state)
        _ = try await state.edit { try $0.cancelAgreement("agmt-1", at: nil) }
        let cancelled = try #require(state.catalog.agreements["agmt-1"])
        #expect(cancelled.end == .cancelled)
        try await Self.apply(Self.whole, to: state)
        #expect(state.catalog.agreements["agmt-1"] == cancelled)
    }

    @Test(
        "The clock is never moved back",
        arguments: [
            "{mode: frozen, now: 2026-12-01T05:59:00Z}", "{mode: running, speed: 60}",
            "{mode: running, now: 2026-12-01T05:59:00Z}", "{mode: real}", "{mode: frozen}",
        ])
    func clock(change: String) async throws {
        let state = try await Self.state()
        try await Self.apply("clock: \(change)", to: state)
        try await state.edit { edit in
            _ = try edit.changeClock(.advance(milliseconds: 30 * 86_400_000))
        }
        let before = state.catalog.clock
        try await Self.apply("clock: \(change)", to: state)
        #expect(state.catalog.clock == before)
    }

    @Test(
        "An empty file, and one of comments and empty sections, is one that changes nothing",
        arguments: ["", "# nothing\n", "accounts:\nproducts: []\nclock:\n", "---\n", "{}"])
    func empty(text: String) async throws {
        let state = try await Self.state()
        try await Self.apply(text, to: state)
        #expect(state.catalog.accounts.isEmpty)
        #expect(state.catalog.clock.mode == .real)
    }

    /// Lines of a file with a mistake, and the mistake.
    private static let mistakes: [(text: String, sentence: String)] = [
        // The text's first line is the fifth of the file.
        ("agreements: [}", "seed.yaml:5: "),
        ("agreements:\n  - a: 'b\n", "seed.yaml:"),
        ("agreements:\n\t- a", "seed.yaml:6: found character that cannot start any token"),
        ("agreement: []", "seed.yaml:5: agreement: there is no such member"),
        ("agreement:\n  - a", "seed.yaml:5: agreement: there is no such member"),
        ("agreements: 7", "seed.yaml:5: agreements: a list is expected"),
        ("agreements:\n  - 7", "seed.yaml:6: agreements[0]: an object is expected"),
        (
            "agreements:\n  - productCode: a\n    buyerAccountId: b",
            "seed.yaml:6: agreements[0].agreementId: the member is missing"
        ),
        (
            "agreements:\n  - agreementId: x\n    productCode: a\n    buyerAccountId: b",
            "seed.yaml:7: agreements[0].productCode: there is no product 'a'"
        ),
        (
            "credentials:\n\n  - principal:\n      kind: account\n      accountId: 111122223333",
            "seed.yaml:7: credentials[0].accessKeyId: the member is missing"
        ),
        (
            """
            credentials:
              - accessKeyId: AKIASEEDSEEDSEED
                principal:
                  kind: account
                  accountId: 999900001111
            """,
            "seed.yaml:9: credentials[0].principal.accountId: there is no account '999900001111'"
        ),
        (
            """
            credentials:
              - accessKeyId: AKIASEEDSEEDSEED
                principal: {kind: account, accountId: 111122223333}
                allow:
                  - MeterUsage
                  - MeterUsages
            """, "seed.yaml:10: credentials[0].allow[1]: 'MeterUsages' is none of"
        ),
        (
            """
            products:
              - productCode: p
                type: saas
                title: P
                sellerAccountId: 111122223333
                dimensions:
                  - name: a
                    price: 1
                  - name: b
                    price: free
            """, "seed.yaml:14: products[0].dimensions[1].price: 'free' is no decimal"
        ),
        (
            """
            products:
              - productCode: p
                type: sass
                titel: P
                sellerAccountId: 111122223333
                dimensions: []
            """, "seed.yaml:6: products[0].title: the member is missing"
        ),
        ("accounts: []", "accounts: the member comes twice"),
        ("clock: {mode: fast}", "seed.yaml:5: clock.mode: 'fast' is none of"),
        ("clock: {advance: 60}", "seed.yaml:5: clock.advance: a seed file sets mode and now"),
        ("clock:\n  mode: running\n  speed: 0", "seed.yaml:7: clock.speed: the speed is from"),
        ("clock: frozen", "seed.yaml:5: clock: an object is expected"),
        ("clock: {mode: real}\n---\na: 1", "seed.yaml:6: "),
        ("clock: \u{1}", "seed.yaml:5: control characters are not allowed"),
        ("clock: *nothing", "seed.yaml:5: "),
    ]

    @Test(
        "A mistake is one sentence with file, line, member and reason, and nothing is applied",
        arguments: mistakes)
    func mistake(text: String, sentence: String) async throws {
        let seed = """
            accounts:
              - accountId: 111122223333
                role: seller
                name: Acme
            \(text)
            """
        let state = try await Self.state()
        let failure = await #expect(throws: StartFailure.self) {
            try await Self.apply(seed, to: state)
        }
        let said = failure?.description ?? ""
        #expect(said.contains(sentence), "\(said)")
        #expect(said.hasPrefix("seed.yaml:"))
        #expect(!said.contains("\n"))
        #expect(state.catalog.accounts.isEmpty)
    }

    @Test("The first of several mistakes is named, and how many more there are")
    func several() async throws {
        let state = try await Self.state()
        let failure = await #expect(throws: StartFailure.self) {
            try await Self.apply("accounts:\n  - {}\nproduct: 1\n", to: state)
        }
        #expect(
            failure?.description
                == "seed.yaml:2: accounts[0].accountId: the member is missing (and 3 more)")
    }

    @Test("Numbers and words that YAML would change stay texts where texts are expected")
    func plainScalars() async throws {
        let state = try await Self.state()
        try await Self.apply(
            """
            accounts:
              - {accountId: 012345670123, role: buyer, name: on, customerIdentifier: 0x1F}
              - {accountId: "012345670124", role: buyer, name: "null", customerIdentifier: 1.50}
            """, to: state)
        #expect(state.catalog.accounts["012345670123"]?.name == "on")
        #expect(state.catalog.accounts["012345670123"]?.customerIdentifier == "0x1F")
        #expect(state.catalog.accounts["012345670124"]?.name == "null")
        #expect(state.catalog.accounts["012345670124"]?.customerIdentifier == "1.50")
    }

    @Test("An agreement that the data file has with another buyer is a mistake")
    func otherAgreement() async throws {
        let state = try await Self.state()
        try await Self.apply(Self.whole, to: state)
        let failure = await #expect(throws: StartFailure.self) {
            try await Self.apply(
                """
                agreements:
                  - agreementId: agmt-1
                    productCode: mail
                    buyerAccountId: 333344445555
                """, to: state)
        }
        #expect(failure?.description.hasPrefix("seed.yaml:2: agreements[0].agreementId") == true)
    }

    @Test("Usage keeps a product's dimensions from a seed file, too")
    func usedProduct() async throws {
        let market = try await ControlMarket.metering()
        await market.meter(ControlMarket.record(1))
        let failure = await #expect(throws: StartFailure.self) {
            try await Self.apply(
                """
                products:
                  - productCode: saas
                    type: saas
                    title: A
                    sellerAccountId: \(ControlMarket.seller)
                    dimensions: []
                """, to: market.application.state)
        }
        #expect(failure?.description.hasPrefix("seed.yaml:6: products[0].dimensions") == true)
    }
}

extension Catalog {
    /// All that can be seen of it, but when its clock was last set.
    var facts: [String] {
        var facts = accounts.values.map { "\($0)" } + products.values.map { "\($0)" }
        facts += agreements.values.map { "\($0)" } + registrationTokens.values.map { "\($0)" }
        for credential in credentials.values {
            facts += [
                "\(credential.accessKeyID) \(credential.secretAccessKey)",
                "\(credential.sessionToken ?? "") \(credential.principal)",
                "\(credential.allowedOperations.map(\.rawValue).sorted())",
                "\(credential.expiresAt?.iso8601 ?? "")",
            ]
        }
        facts += products.keys.flatMap { signingKeys(of: $0).map { "\($0)" } }
        facts += registeredWorkloads.map { "\($0)" } + eventTargets.values.map { "\($0)" }
        return facts.sorted() + ["\(clock.mode) \(clock.now(real: ControlMarket.now).iso8601)"]
    }
}
