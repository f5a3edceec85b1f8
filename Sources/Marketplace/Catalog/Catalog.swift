import HashTreeCollections
package import MeteringAPI

/// All that the marketplace knows apart from usage, at one moment: what the rules look up.
///
/// A value: a change makes a new one, and a request decides on the one it began with. The two
/// share what they have in common, so that a change costs as much in a large marketplace.
///
/// Tokens, keys and workloads are in it only while a request or an edit has need of them: they are
/// looked up in the store and put into a copy.
package struct Catalog: Sendable {
    /// The revision that its store gave it.
    package var revision = CatalogRevision()
    package private(set) var accounts = FactTable<Account>()
    package private(set) var products = FactTable<Product>()
    package private(set) var agreements = FactTable<Agreement>()
    package private(set) var credentials = FactTable<Credential>()
    package private(set) var registrationTokens = FactTable<RegistrationToken>()
    private var workloads = FactTable<RegisteredWorkload>()
    package private(set) var clock = MarketplaceClock()
    package private(set) var settings = MarketplaceSettings()
    /// Where the marketplace's time stands while there is more to happen than was done at once;
    /// nil while it goes with the clock.
    package var heldAt: Timestamp?
    package private(set) var eventTargets = FactTable<EventTarget>()
    /// How many workloads there are that no known credential stands for, where that was asked.
    package var assumedWorkloads = 0
    /// The next moment of all workloads in the store; nil where nothing happens to any of them.
    package var workloadMoment: Timestamp?
    /// By product, in ascending version.
    private var signingKeys = FactTable<[RegistrationKey]>()
    /// The codes of the products, by their other ids.
    private var productsByID = FactTable<String>()
    private var buyersByCustomerIdentifier = FactTable<String>()
    private var agreementsByLicense = FactTable<String>()
    private var agreementsByParties = TreeDictionary<Parties, Siblings>()
    /// The agreements that something was bought with in advance, by product.
    private var entitledAgreements = FactTable<TreeSet<ExactText>>()
    /// The agreements that will be followed by another of themselves.
    private var renewingAgreements = TreeSet<ExactText>()
    /// The names of the workloads of a resource.
    private var workloadsByResource = FactTable<TreeSet<ExactText>>()
    /// The next moment of each agreement that has one.
    private var agenda = Agenda<DueMoment>()
    /// The next moment of each workload that is in this copy and has one.
    private var workloadAgenda = Agenda<DueMoment>()
    private var tokenEnds = Agenda<TokenEnd>()

    private struct Parties: Hashable {
        let buyer: ExactText
        let product: ExactText

        init(buyer: String, product: String) {
            self.buyer = ExactText(buyer)
            self.product = ExactText(product)
        }
    }

    /// The agreements of one buyer for one product, oldest first; nearly always there is one, and a
    /// list of its own would take as much memory as all else that is kept of it.
    private struct Siblings {
        var first: String
        var others: [String] = []

        var all: [String] { [first] + others }
    }

    package init() {}

    /// What time it is on the marketplace.
    package func now(real: Timestamp) -> Timestamp {
        let time = clock.now(real: real)
        return heldAt.map { min($0, time) } ?? time
    }

    /// The tasks and pods that registered and were looked up, in no order.
    package var registeredWorkloads: some Collection<RegisteredWorkload> { workloads.values }

    /// A task or pod that registered for a product.
    package func registeredWorkload(_ name: RegisteredWorkload.Name) -> RegisteredWorkload? {
        workloads[name.text]
    }

    /// The products for which a task or pod registered, in no order.
    func registeredWorkloads(ofResource resourceID: String) -> [RegisteredWorkload] {
        workloadsByResource[resourceID]?.compactMap { workloads[$0.text] } ?? []
    }

    /// The buyer of an older product, by the identifier that its seller knows.
    package func buyer(customerIdentifier: String) -> Account? {
        buyersByCustomerIdentifier[customerIdentifier].flatMap { accounts[$0] }
    }

    /// The product that an id of AWS's form is of: `prod-…`.
    package func product(id: String) -> Product? {
        productsByID[id].flatMap { products[$0] }
    }

    /// The agreement that a licence is of.
    package func agreement(licenseARN: String) -> Agreement? {
        agreementsByLicense[licenseARN].flatMap { agreements[$0] }
    }

    /// A buyer's agreements for a product, oldest first.
    package func agreements(buyer: String, product: String) -> [Agreement] {
        guard let ids = agreementsByParties[Parties(buyer: buyer, product: product)] else {
            return []
        }
        guard !ids.others.isEmpty else { return agreements[ids.first].map { [$0] } ?? [] }
        return ids.all.compactMap { agreements[$0] }
    }

    /// The agreements for a product with which something was bought in advance, in no order.
    package func entitledAgreements(product: String) -> [Agreement] {
        entitledAgreements[product]?.compactMap { agreements[$0.text] } ?? []
    }

    /// The agreements that will be followed by another of themselves, in no order.
    var agreementsToRenew: some Sequence<Agreement> {
        renewingAgreements.lazy.compactMap { agreements[$0.text] }
    }

    /// The versions of a product's key, ascending.
    package func signingKeys(of productCode: String) -> [RegistrationKey] {
        signingKeys[productCode] ?? []
    }

    /// A version of a product's key.
    package func signingKey(of productCode: String, version: Int) -> RegistrationKey? {
        signingKeys[productCode]?.first { $0.version == version }
    }
}

extension Catalog {
    /// When something happens next: a milestone of an agreement, the end of an hour in which a
    /// workload ran, or the end of a workload.
    package var nextMoment: Timestamp? {
        [agenda.first?.time, workloadAgenda.first?.time, workloadMoment].compactMap { $0 }.min()
    }

    /// The first moment that is due by then, of agreements and of the workloads that were looked
    /// up; it is due until what is to happen at it is put.
    func dueMoment(through end: Timestamp) -> DueMoment? {
        [agenda.first, workloadAgenda.first].compactMap { $0 }.min()
            .flatMap { $0.time <= end ? $0 : nil }
    }

    /// A registration token that ended before a time; the first of them to end.
    func registrationToken(endedBefore time: Timestamp) -> RegistrationToken? {
        tokenEnds.first.flatMap { $0.time < time ? registrationTokens[$0.digest] : nil }
    }

    package mutating func apply(_ change: CatalogChange) {
        switch change {
        case .put(let fact): put(fact)
        case .remove(let key): remove(key)
        // Events and their deliveries are read from the store.
        case .publish: break
        }
    }

    /// Lets go of the facts that were looked up.
    package mutating func forgetLookedUp() {
        registrationTokens = FactTable()
        tokenEnds = Agenda()
        signingKeys = FactTable()
        workloads = FactTable()
        workloadsByResource = FactTable()
        workloadAgenda = Agenda()
        assumedWorkloads = 0
    }

    package mutating func put(_ fact: CatalogFact) {
        switch fact {
        case .account(let account): put(account)
        case .product(let product): put(product)
        case .agreement(let agreement): put(agreement)
        case .credential(let credential): credentials[credential.accessKeyID] = credential
        case .registrationToken(let token): replace(token.digest, by: token)
        case .signingKey(let key): put(key)
        case .registeredWorkload(let workload):
            replace(workloads[workload.name.text], by: workload)
        case .clock(let clock): self.clock = clock
        case .settings(let settings): self.settings = settings
        case .eventTarget(let target): eventTargets[target.id] = target
        }
    }

    /// Removes what may be removed while the rest stays; accounts, products and agreements stay
    /// for ever, because usage refers to them.
    private mutating func remove(_ key: CatalogFact.Key) {
        switch key.kind {
        case .credential: credentials[key.id] = nil
        case .registrationToken: replace(key.id, by: nil)
        case .registeredWorkload: replace(workloads[key.id], by: nil)
        case .clock: clock = MarketplaceClock()
        case .eventTarget: eventTargets[key.id] = nil
        case .account, .product, .agreement, .signingKey, .settings: break
        }
    }

    private mutating func put(_ product: Product) {
        if let old = products[product.code]?.id, productsByID[old] == product.code {
            productsByID[old] = nil
        }
        products[product.code] = product
        productsByID[product.id] = product.code
    }

    private mutating func put(_ account: Account) {
        if let old = accounts[account.id]?.customerIdentifier {
            buyersByCustomerIdentifier[old] = nil
        }
        accounts[account.id] = account
        if let identifier = account.customerIdentifier {
            buyersByCustomerIdentifier[identifier] = account.id
        }
    }

    /// Adds an agreement, or replaces the one of its id, whose licence and parties never change.
    private mutating func put(_ agreement: Agreement) {
        var agreement = agreement
        // Each was read with texts of its own; those that all have are kept once.
        agreement.productCode = products[agreement.productCode]?.code ?? agreement.productCode
        agreement.buyerAccountID =
            accounts[agreement.buyerAccountID]?.id ?? agreement.buyerAccountID
        let old = agreements.update(agreement, id: agreement.id)
        Self.reschedule(from: old?.dueMoment, to: agreement.dueMoment, in: &agenda)
        let name = ExactText(agreement.id)
        if !agreement.entitlements.isEmpty {
            entitledAgreements[agreement.productCode, default: []].insert(name)
        }
        if agreement.willRenew {
            renewingAgreements.insert(name)
        } else if old?.willRenew == true {
            renewingAgreements.remove(name)
        }
        guard old == nil else { return }
        agreementsByLicense[agreement.licenseARN] = agreement.id
        let parties = Parties(buyer: agreement.buyerAccountID, product: agreement.productCode)
        // A store loads them in any order; otherwise the new one is the last.
        guard let siblings = agreementsByParties[parties] else {
            agreementsByParties[parties] = Siblings(first: agreement.id)
            return
        }
        var ids = siblings.all
        let earlier = ids.lastIndex { agreements[$0]?.sequence ?? 0 <= agreement.sequence }
        ids.insert(agreement.id, at: earlier.map { $0 + 1 } ?? 0)
        agreementsByParties[parties] = Siblings(first: ids[0], others: Array(ids.dropFirst()))
    }

    private mutating func replace(_ digest: String, by token: RegistrationToken?) {
        if let old = registrationTokens[digest] { tokenEnds.remove(TokenEnd(old)) }
        registrationTokens[digest] = token
        if let token { tokenEnds.insert(TokenEnd(token)) }
    }

    private mutating func replace(_ old: RegisteredWorkload?, by new: RegisteredWorkload?) {
        guard let workload = new ?? old else { return }
        let name = workload.name
        workloads[name.text] = new
        Self.reschedule(from: old?.dueMoment, to: new?.dueMoment, in: &workloadAgenda)
        assumedWorkloads += (new?.isAssumed == true ? 1 : 0) - (old?.isAssumed == true ? 1 : 0)
        var others = workloadsByResource[workload.resourceID] ?? []
        if new == nil {
            others.remove(ExactText(name.text))
        } else if old == nil {
            others.insert(ExactText(name.text))
        } else {
            return
        }
        workloadsByResource[workload.resourceID] = others.isEmpty ? nil : others
    }

    private static func reschedule(
        from old: DueMoment?, to new: DueMoment?, in agenda: inout Agenda<DueMoment>
    ) {
        guard old != new else { return }
        if let old { agenda.remove(old) }
        if let new { agenda.insert(new) }
    }

    private mutating func put(_ key: RegistrationKey) {
        var keys = signingKeys(of: key.productCode).filter { $0.version != key.version }
        keys.append(key)
        signingKeys[key.productCode] = keys.sorted { $0.version < $1.version }
    }
}

extension Agreement {
    fileprivate var dueMoment: DueMoment? {
        next.map {
            DueMoment(time: $0.time, subject: .agreement(sequence: sequence), id: ExactText(id))
        }
    }
}

extension RegisteredWorkload {
    fileprivate var dueMoment: DueMoment? {
        nextMoment.map {
            DueMoment(time: $0, subject: .workload, id: ExactText(name.text))
        }
    }
}
