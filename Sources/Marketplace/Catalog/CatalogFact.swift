import MeteringAPI

/// One thing that the marketplace knows and a store keeps.
package enum CatalogFact: Sendable, Hashable {
    case account(Account)
    case product(Product)
    case agreement(Agreement)
    case credential(Credential)
    case registrationToken(RegistrationToken)
    case signingKey(RegistrationKey)
    case registeredWorkload(RegisteredWorkload)
    case clock(MarketplaceClock)
    case settings(MarketplaceSettings)
    case eventTarget(EventTarget)

    /// What a fact is about.
    package enum Kind: String, Sendable, CaseIterable {
        case account, product, agreement, credential, registrationToken, signingKey
        case registeredWorkload, clock, eventTarget, settings

        /// Whether such facts may be removed while the rest stays.
        ///
        /// Accounts, products and agreements, and the keys that signed for them, stay for ever,
        /// because usage and what was handed out refer to them; settings are replaced.
        package var isRemovable: Bool {
            switch self {
            case .credential, .registrationToken, .registeredWorkload, .clock, .eventTarget: true
            case .account, .product, .agreement, .signingKey, .settings: false
            }
        }
    }

    /// What a fact is found by; the same key again replaces it.
    package struct Key: Sendable, Hashable {
        package let kind: Kind
        package let id: String

        package init(_ kind: Kind, _ id: String) {
            self.kind = kind
            self.id = id
        }

        package static func == (left: Key, right: Key) -> Bool {
            left.kind == right.kind && left.id.hasSameBytes(as: right.id)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(kind)
            hasher.combine(ExactText(id))
        }
    }

    package var key: Key {
        switch self {
        case .account(let account): Key(.account, account.id)
        case .product(let product): Key(.product, product.code)
        case .agreement(let agreement): Key(.agreement, agreement.id)
        case .credential(let credential): Key(.credential, credential.accessKeyID)
        case .registrationToken(let token): Key(.registrationToken, token.digest)
        case .signingKey(let key): Key(.signingKey, "\(key.version) \(key.productCode)")
        case .registeredWorkload(let workload):
            Key(.registeredWorkload, workload.name.text)
        case .clock: Key(.clock, "")
        case .settings: Key(.settings, "")
        case .eventTarget(let target): Key(.eventTarget, target.id)
        }
    }
}

/// A change of what the marketplace knows.
///
/// It is kept as a reference: an event holds all that it tells of, and lists of changes grow and
/// are copied.
package indirect enum CatalogChange: Sendable, Hashable {
    /// Adds a fact, or replaces the one of its key.
    case put(CatalogFact)
    /// Removes a fact of a kind that is removable; others stay.
    case remove(CatalogFact.Key)
    /// Adds an event to the list that the seller reads, and its deliveries to the outbox.
    case publish(MarketplaceEvent, deliveries: [PlannedDelivery] = [])
}

extension CatalogChange {
    /// The key of the fact that is put or removed; nil for what changes no fact.
    package var key: CatalogFact.Key? {
        switch self {
        case .put(let fact): fact.key
        case .remove(let key): key.kind.isRemovable ? key : nil
        case .publish: nil
        }
    }
}

extension Catalog {
    /// How the fact of a key is now, of a kind that a catalog holds: a change that puts it, or one
    /// that removes it.
    package func current(_ key: CatalogFact.Key) -> CatalogChange {
        fact(of: key).map { .put($0) } ?? .remove(key)
    }

    private func fact(of key: CatalogFact.Key) -> CatalogFact? {
        switch key.kind {
        case .account: accounts[key.id].map { .account($0) }
        case .product: products[key.id].map { .product($0) }
        case .agreement: agreements[key.id].map { .agreement($0) }
        case .credential: credentials[key.id].map { .credential($0) }
        case .clock: .clock(clock)
        case .settings: .settings(settings)
        case .eventTarget: eventTargets[key.id].map { .eventTarget($0) }
        case .registrationToken, .signingKey, .registeredWorkload: nil
        }
    }
}
