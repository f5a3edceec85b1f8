import Marketplace
import MeteringAPI

extension StorePromise {
    static let catalog: [StorePromise] = [
        StorePromise("A catalog that was never saved is empty, on the real clock") { store in
            try expectEqual(
                CatalogContents(try await store.wholeCatalog()), CatalogContents(Catalog()),
                "the catalog")
        },
        StorePromise("Every kind of fact is read back whole, with and without what is optional") {
            store in
            let facts = fullFacts + bareFacts
            try expectEqual(
                Set(facts.map(\.key.kind)), Set(CatalogFact.Kind.allCases), "the kinds tried")
            for facts in [facts, facts.reversed()] {
                try await store.forgetEverything()
                try await store.save(facts.map(CatalogChange.put))
                var expected = Catalog()
                for fact in facts { expected.put(fact) }
                try expectEqual(
                    CatalogContents(try await store.wholeCatalog()), CatalogContents(expected),
                    "the catalog")
            }
        },
        StorePromise("A fact of the same key replaces the one before, also in one save") { store in
            var product = Product(
                code: "prod", type: .saas, title: "Old", sellerAccountID: "1", dimensions: [])
            try await store.save([.put(.product(product))])
            product.title = "Middle"
            let middle = CatalogChange.put(.product(product))
            product.title = "New"
            try await store.save([middle, .put(.product(product))])
            try expectEqual(
                try await store.loadCatalog().products, ["prod": product], "the products")
        },
        StorePromise("What may be removed is removed, and the rest stays") { store in
            let facts = fullFacts + bareFacts
            try await store.save(facts.map(CatalogChange.put))
            try await store.save(facts.map { .remove($0.key) })
            var expected = Catalog()
            for fact in facts where !fact.key.kind.isRemovable { expected.put(fact) }
            try expectEqual(
                CatalogContents(try await store.wholeCatalog()), CatalogContents(expected),
                "the catalog")
        },
        StorePromise("Changes of one save are applied in their order") { store in
            let token = CatalogFact.registrationToken(
                RegistrationToken(digest: "aa", agreementID: "agmt-1", expiresAt: .noon))
            try await store.save([.put(token), .remove(token.key)])
            try expect(
                try await store.wholeCatalog().registrationTokens.isEmpty, "put, then removed")
            try await store.save([.remove(token.key), .put(token)])
            try expectEqual(
                try await store.wholeCatalog().registrationTokens.count, 1, "removed, then put")
        },
        StorePromise("Events are read in the order in which they were saved, in parts") { store in
            let events = (1...7).map { Self.event("event-\($0)") }
            try await store.save(events[..<3].map { .publish($0) })
            try await store.save(events[3...].map { .publish($0) })
            var read: [MarketplaceEvent] = []
            var last: Int64 = 0
            while true {
                let part = try await store.events(after: last, limit: 2)
                guard let end = part.last else { break }
                try expect(part.count <= 2 && part[0].number > last, "numbers ascend")
                read += part.map(\.event)
                last = end.number
            }
            try expectEqual(read, events, "the events")
        },
        StorePromise("Events are forgotten with usage, and their numbers not given again") {
            store in
            try await store.save([.publish(Self.event("old"))])
            let old = try await store.events(after: 0, limit: 9)
            try await store.forgetUsage(saving: [.publish(Self.event("new"))])
            let new = try await store.events(after: 0, limit: 9)
            try expectEqual(new.map(\.event.id), ["new"], "the events")
            try expect(new[0].number > old[0].number, "the number is greater")
        },
    ]

    static func event(_ id: String) -> MarketplaceEvent {
        var event = MarketplaceEvent.sample
        event.id = id
        return event
    }

    static let forgetting: [StorePromise] = [
        StorePromise("To forget usage leaves the catalog, with the changes that come with it") {
            store in
            try await fill(store)
            var clock = MarketplaceClock()
            clock = try clock.changed(by: .frozen(at: .noon), real: .noon)
            try await store.forgetUsage(saving: [.put(.clock(clock))])
            try expectEqual(try await store.allUsage(), [], "the usage")
            try expectEqual(try await store.allTotals(by: [.region]), [], "the totals")
            try expectEqual(try await store.usedDimensions(of: "prod"), [], "used dimensions")
            let catalog = try await store.wholeCatalog()
            try expectEqual(catalog.clock, clock, "the clock")
            try expect(!catalog.products.isEmpty, "products are left")
            try expect(!catalog.registrationTokens.isEmpty, "tokens are left")
            try expect(catalog.registeredWorkloads.isEmpty, "workloads are forgotten")
        },
        StorePromise("After usage is forgotten the same is recorded anew, tokens included") {
            store in
            try await fill(store)
            try await store.forgetUsage(saving: [])
            let product = UsageEntry.sample(11, quantity: Quantity(9))
            let agent = UsageEntry.sample(
                12, .agent, isOncePerHour: false, token: .sample(digest: 2))
            try expectEqual(
                try await store.record([product, agent]), [product.recorded, agent.recorded],
                "outcomes")
        },
        StorePromise("To forget everything leaves nothing, and the store works on") { store in
            try await fill(store)
            try await store.forgetEverything()
            try expectEqual(try await store.allUsage(), [], "the usage")
            try expectEqual(
                CatalogContents(try await store.wholeCatalog()), CatalogContents(Catalog()),
                "the catalog")
            try await fill(store)
        },
    ]

    private static func fill(_ store: any MarketplaceStore) async throws {
        try await store.save((fullFacts + bareFacts).map(CatalogChange.put))
        let product = UsageEntry.sample(1)
        let agent = UsageEntry.sample(2, .agent, isOncePerHour: false, token: .sample())
        try expectEqual(
            try await store.record([product, agent]), [product.recorded, agent.recorded],
            "outcomes")
    }
}

/// A catalog in a form that can be compared, what it is looked up by included.
struct CatalogContents: Equatable {
    let accounts: FactTable<Account>
    let products: FactTable<Product>
    let agreements: FactTable<Agreement>
    let credentials: FactTable<Credential>
    let registrationTokens: FactTable<RegistrationToken>
    let registeredWorkloads: Set<RegisteredWorkload>
    let clock: MarketplaceClock
    let eventTargets: FactTable<EventTarget>
    let signingKeys: [[RegistrationKey]]
    let buyers: [Account?]
    let agreementsOfParties: [[Agreement]]

    init(_ catalog: Catalog) {
        accounts = catalog.accounts
        products = catalog.products
        agreements = catalog.agreements
        credentials = catalog.credentials
        registrationTokens = catalog.registrationTokens
        registeredWorkloads = Set(catalog.registeredWorkloads)
        clock = catalog.clock
        eventTargets = catalog.eventTargets
        signingKeys = ["prod", "bare"].map { catalog.signingKeys(of: $0) }
        buyers = ["ci-1", "ci-2"].map { catalog.buyer(customerIdentifier: $0) }
        agreementsOfParties = ["prod", "bare"].map {
            catalog.agreements(buyer: "111122223333", product: $0)
        }
    }
}

private let workload = Principal(
    kind: .ecsTask, accountID: "111122223333", region: "eu-west-1", resourceID: "task/1")

/// A fact of every kind with every optional member, and with text that needs care.
private let fullAgreement: Agreement = {
    var agreement = Agreement(
        id: "agmt-2", licenseARN: "arn:l2", productCode: "prod",
        buyerAccountID: "111122223333", startsAt: .noon, endsAt: .noon.adding(hours: 1),
        isFreeTrial: true, sequence: 2)
    agreement.acceptedAt = Timestamp(milliseconds: 5)
    agreement.end = .terminated
    agreement.trialEndsAt = .noon
    agreement.renewsAutomatically = true
    agreement.entitlements = [Entitlement(dimension: "e\u{301}", value: .integer(7))]
    agreement.intent = .replace
    agreement.previousID = "agmt-1"
    agreement.passed = [.init(.started), .init(.closed)]
    agreement.chosenOfferID = "offer-chosen"
    agreement.tellsLate = true
    return agreement
}()

private let fullFacts: [CatalogFact] = [
    .account(
        Account(
            id: "111122223333", role: .buyer, name: "Bücher \"& Co\" 😀\n\\/",
            customerIdentifier: "ci-1", isSuspended: true)),
    .product(
        Product(
            code: "prod", id: "prod-chosen", type: .container, title: "Full",
            sellerAccountID: "999988887777", integration: .customerIdentifier, contract: "2025-01",
            fulfillmentURL: "https://example.com/a?b=c&d=%20", region: "cn-northwest-1",
            dimensions: [
                Dimension(name: "e\u{301}", type: .entitled, unit: "Users", price: "0.000001"),
                Dimension(name: "\u{E9}"),
            ])),
    .agreement(fullAgreement),
    .credential(
        Credential(
            accessKeyID: "AKIAFULL", secretAccessKey: "secret/+=", sessionToken: "session",
            expiresAt: Timestamp(milliseconds: 1), principal: workload,
            allowedOperations: [.meterUsage, .registerUsage])),
    .registrationToken(RegistrationToken(digest: "d1", agreementID: "agmt-2", expiresAt: .noon)),
    .signingKey(
        RegistrationKey(
            productCode: "prod", version: 2, privateKeyPEM: "-----BEGIN\nprivate\n",
            publicKeyPEM: "-----BEGIN\npublic\n", supersededAt: .noon)),
    .registeredWorkload(
        RegisteredWorkload(
            productCode: "prod", accountID: "111122223333", resourceID: "task/1",
            region: "eu-west-1"
        ).started(at: .noon, isFree: false).stopped(at: .noon.adding(hours: 1))),
    .clock(runningClock), .settings(MarketplaceSettings(eventDelays: .realistic)),
    .eventTarget(fullTarget),
]

private let fullTarget: EventTarget = {
    var target = EventTarget(
        id: "queue", kind: .sqs, url: "http://127.0.0.1:9324/queue", channels: .sns,
        productCode: "prod",
        disturbance: Disturbance(delaySeconds: 1, duplicate: 2, reorder: 3, drop: 4, seed: -5))
    target.accessKeyID = "key"
    target.secretAccessKey = "secret/+="
    target.disturbedEvents = 6
    return target
}()

/// A fact of every kind without what is optional.
private let bareFacts: [CatalogFact] = [
    .account(Account(id: "999988887777", role: .seller, name: "")),
    .product(
        Product(
            code: "bare", type: .saas, title: "", sellerAccountID: "999988887777", dimensions: [])),
    .agreement(
        Agreement(
            id: "agmt-1", licenseARN: "arn:l1", productCode: "prod",
            buyerAccountID: "111122223333", startsAt: Timestamp(milliseconds: -1), sequence: 1)),
    .credential(
        Credential(
            accessKeyID: "AKIABARE", secretAccessKey: "",
            principal: Principal(kind: .account, accountID: "999988887777"),
            allowedOperations: [])),
    .registrationToken(
        RegistrationToken(digest: "d2", agreementID: "agmt-1", expiresAt: .noon)),
    .signingKey(RegistrationKey(productCode: "prod", version: 1)),
    .registeredWorkload(
        RegisteredWorkload(productCode: "bare", accountID: "1", resourceID: "", region: "")),
    .eventTarget(EventTarget(id: "hook", kind: .webhook, url: "http://127.0.0.1:1")),
]

private let runningClock: MarketplaceClock = {
    let change = MarketplaceClock.Change.running(from: .noon, speedThousandths: 2500)
    let clock = try? MarketplaceClock().changed(by: change, real: Timestamp(milliseconds: 7))
    return clock ?? MarketplaceClock()
}()
