import Marketplace
import MeteringAPI

/// A marketplace with one of everything, at a fixed moment, for the tests of the rules.
struct SampleMarketplace {
    static let seller = "111122223333"
    static let otherSeller = "444455556666"
    static let buyer = "222233334444"
    static let otherBuyer = "555566667777"
    static let buyerIdentifier = "ifAPi5AcF3"
    static let otherIdentifier = "gmEGnEoSxoP"

    /// 2026-11-23T12:34:56.789Z, far from every edge.
    static let now = Timestamp(milliseconds: 1_795_437_296_789)

    var catalog = Catalog()
    var now = Self.now

    init() {
        put(.account(Account(id: Self.seller, role: .seller, name: "Acme")))
        put(.account(Account(id: Self.otherSeller, role: .seller, name: "Other")))
        put(
            .account(
                Account(
                    id: Self.buyer, role: .buyer, name: "Buyer",
                    customerIdentifier: Self.buyerIdentifier)))
        put(
            .account(
                Account(
                    id: Self.otherBuyer, role: .buyer, name: "Second",
                    customerIdentifier: Self.otherIdentifier)))
        for type in ProductType.allCases { add(type.rawValue, type) }
        add("legacy", .saas, integration: .customerIdentifier)
        add("second", .saas)
        add("foreign", .saas, seller: Self.otherSeller)
        put(.signingKey(RegistrationKey(productCode: "container", version: 1)))
        for code in catalog.products.keys.sorted() { agree(on: code, Self.buyer) }
    }

    mutating func put(_ fact: CatalogFact) {
        catalog.put(fact)
    }

    mutating func add(
        _ code: String, _ type: ProductType, seller: String = Self.seller,
        integration: Integration = .concurrentAgreements
    ) {
        put(
            .product(
                Product(
                    code: code, type: type, title: code, sellerAccountID: seller,
                    integration: integration,
                    dimensions: [
                        Dimension(name: "users"), Dimension(name: "hours"),
                        Dimension(name: "seats", type: .entitled),
                    ])))
    }

    /// An agreement that began thirty days ago unless said otherwise.
    @discardableResult
    mutating func agree(
        on code: String, _ buyer: String, startsAt: Timestamp = Self.now.adding(hours: -720),
        endsAt: Timestamp? = nil, id: String? = nil
    ) -> Agreement {
        let id = id ?? "agmt-\(code)-\(buyer)"
        let agreement = Agreement(
            id: id, licenseARN: Self.license(id), productCode: code, buyerAccountID: buyer,
            startsAt: startsAt, endsAt: endsAt, sequence: catalog.agreements.count)
        put(.agreement(agreement))
        return agreement
    }

    mutating func suspend(_ buyer: String) {
        guard var account = catalog.accounts[buyer] else { return }
        account.isSuspended = true
        put(.account(account))
    }

    static func license(_ agreementID: String) -> String {
        "arn:aws:license-manager::\(seller):license:l-\(agreementID)"
    }

    /// The licence of the first buyer's agreement for a product.
    static func license(of code: String) -> String { license("agmt-\(code)-\(buyer)") }

    func context(
        _ caller: Principal = Principal(kind: .account, accountID: Self.seller),
        contract: Contract = .newest, region: String = "us-east-1",
        allow: Set<OperationName> = Set(OperationName.allCases)
    ) -> RuleContext {
        RuleContext(
            catalog: catalog,
            caller: Caller(
                accessKeyID: "AKIAEXAMPLE", principal: caller, allowedOperations: allow),
            region: region, now: now, contract: contract)
    }

    static func workload(
        _ kind: PrincipalKind, account: String = Self.buyer, region: String = "us-east-1"
    ) -> Principal {
        Principal(kind: kind, accountID: account, region: region, resourceID: "i-0abc")
    }
}

extension Timestamp {
    func adding(hours: Int64) -> Timestamp { adding(seconds: hours * 3600) }
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64 = 1) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What a rule ended in: nil when it let the request through.
func refusal<Value>(_ body: () throws(Refusal) -> Value) -> Refusal? {
    do throws(Refusal) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
