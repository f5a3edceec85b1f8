import HeapModule
package import MeteringAPI

/// All that the marketplace knows apart from usage, at one moment: what the rules look up.
///
/// A value: a change makes a new one, and a request decides on the one it began with.
package struct Catalog: Sendable {
    /// The revision that its store gave it.
    package var revision = CatalogRevision()
    package private(set) var accounts: [String: Account] = [:]
    package private(set) var products: [String: Product] = [:]
    package private(set) var agreements: [String: Agreement] = [:]
    package private(set) var credentials: [String: Credential] = [:]
    package private(set) var registrationTokens: [String: RegistrationToken] = [:]
    private var workloads: [RegisteredWorkload.Name: RegisteredWorkload] = [:]
    package private(set) var clock = MarketplaceClock()
    package private(set) var eventTargets: [String: EventTarget] = [:]
    /// By product, in ascending version.
    private var signingKeys: [String: [SigningKey]] = [:]
    private var buyersByCustomerIdentifier: [ExactText: String] = [:]
    private var agreementsByLicense: [String: String] = [:]
    private var agreementsByParties: [Parties: [String]] = [:]
    /// The agreements that something was bought with in advance, by product.
    private var entitledAgreements: [String: Set<String>] = [:]
    /// The next milestone of each agreement that has one, and some that are out of date.
    private var milestones = Heap<DueMilestone>()

    private struct Parties: Hashable {
        let buyer: String
        let product: String
    }

    package init() {}

    /// The tasks and pods that registered, in no order.
    package var registeredWorkloads: some Collection<RegisteredWorkload> { workloads.values }

    package func registeredWorkload(_ name: RegisteredWorkload.Name) -> RegisteredWorkload? {
        workloads[name]
    }

    package func buyer(customerIdentifier: String) -> Account? {
        buyersByCustomerIdentifier[ExactText(customerIdentifier)].flatMap { accounts[$0] }
    }

    package func agreement(licenseARN: String) -> Agreement? {
        agreementsByLicense[licenseARN].flatMap { agreements[$0] }
    }

    /// A buyer's agreements for a product, oldest first.
    package func agreements(buyer: String, product: String) -> [Agreement] {
        (agreementsByParties[Parties(buyer: buyer, product: product)] ?? [])
            .compactMap { agreements[$0] }
    }

    /// The agreements for a product with which something was bought in advance, in no order.
    package func entitledAgreements(product: String) -> [Agreement] {
        (entitledAgreements[product] ?? []).compactMap { agreements[$0] }
    }

    /// The versions of a product's key, ascending.
    package func signingKeys(of productCode: String) -> [SigningKey] {
        signingKeys[productCode] ?? []
    }

    package func signingKey(of productCode: String, version: Int) -> SigningKey? {
        signingKeys[productCode]?.first { $0.version == version }
    }
}

extension Catalog {
    /// When something happens next: a milestone of an agreement, or the end of an hour in which a
    /// workload ran.
    package var nextMoment: Timestamp? {
        // A milestone that is out of date wakes somebody up in vain, once.
        let moments = [milestones.min?.time] + workloads.values.lazy.map(\.nextRecordAt)
        return moments.compactMap(\.self).min()
    }

    /// The first milestone that is due by now; it is due until its agreement has passed it.
    mutating func takeDueMilestone(
        through now: Timestamp
    ) -> (milestone: AgreementMilestone, agreement: Agreement)? {
        while let first = milestones.min, first.time <= now {
            if let agreement = agreements[first.agreementID], let next = agreement.next,
                next.time == first.time
            {
                return (next.milestone, agreement)
            }
            milestones.removeMin()
        }
        return nil
    }

    private struct DueMilestone: Sendable, Comparable {
        let time: Timestamp
        let sequence: Int
        let agreementID: String

        static func < (left: DueMilestone, right: DueMilestone) -> Bool {
            (left.time, left.sequence) < (right.time, right.sequence)
        }
    }

    package mutating func apply(_ change: CatalogChange) {
        switch change {
        case .put(let fact): put(fact)
        case .remove(let key): remove(key)
        // Events and their deliveries are read from the store.
        case .publish, .update: break
        }
    }

    package mutating func put(_ fact: CatalogFact) {
        switch fact {
        case .account(let account): put(account)
        case .product(let product): products[product.code] = product
        case .agreement(let agreement): put(agreement)
        case .credential(let credential): credentials[credential.accessKeyID] = credential
        case .registrationToken(let token): registrationTokens[token.digest] = token
        case .signingKey(let key): put(key)
        case .registeredWorkload(let workload): workloads[workload.name] = workload
        case .clock(let clock): self.clock = clock
        case .eventTarget(let target): eventTargets[target.id] = target
        }
    }

    /// Removes what may be removed while the rest stays; accounts, products and agreements stay
    /// for ever, because usage refers to them.
    private mutating func remove(_ key: CatalogFact.Key) {
        switch key.kind {
        case .credential: credentials[key.id] = nil
        case .registrationToken: registrationTokens[key.id] = nil
        case .registeredWorkload:
            workloads = workloads.filter {
                CatalogFact.registeredWorkload($0.value).key != key
            }
        case .clock: clock = MarketplaceClock()
        case .eventTarget: eventTargets[key.id] = nil
        case .account, .product, .agreement, .signingKey: break
        }
    }

    private mutating func put(_ account: Account) {
        if let old = accounts[account.id]?.customerIdentifier {
            buyersByCustomerIdentifier[ExactText(old)] = nil
        }
        accounts[account.id] = account
        if let identifier = account.customerIdentifier {
            buyersByCustomerIdentifier[ExactText(identifier)] = account.id
        }
    }

    /// Adds an agreement, or replaces the one of its id, whose licence and parties never change.
    private mutating func put(_ agreement: Agreement) {
        let old = agreements.updateValue(agreement, forKey: agreement.id)
        if let time = agreement.next?.time, time != old?.next?.time {
            milestones.insert(
                DueMilestone(time: time, sequence: agreement.sequence, agreementID: agreement.id))
        }
        if !agreement.entitlements.isEmpty {
            entitledAgreements[agreement.productCode, default: []].insert(agreement.id)
        }
        guard old == nil else { return }
        agreementsByLicense[agreement.licenseARN] = agreement.id
        let parties = Parties(buyer: agreement.buyerAccountID, product: agreement.productCode)
        // A store loads them in any order; otherwise the new one is the last.
        let earlier = agreementsByParties[parties]?
            .lastIndex { agreements[$0]?.sequence ?? 0 <= agreement.sequence }
        agreementsByParties[parties, default: []]
            .insert(agreement.id, at: earlier.map { $0 + 1 } ?? 0)
    }

    private mutating func put(_ key: SigningKey) {
        var keys = signingKeys(of: key.productCode).filter { $0.version != key.version }
        keys.append(key)
        signingKeys[key.productCode] = keys.sorted { $0.version < $1.version }
    }
}
