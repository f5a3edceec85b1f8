package import MeteringAPI

/// Which of the facts that a catalog does not hold are asked for.
///
/// Registration tokens, keys and workloads come with each visit, product and task. A server looks
/// them up in its store when a request or an edit needs them, and holds none of them.
package enum FactQuery: Sendable, Hashable {
    /// The fact of a key, if there is one.
    case key(CatalogFact.Key)
    /// The facts of one owner: the keys of a product, the workloads of a task or pod.
    case owned(CatalogFact.Kind, by: String)
    /// The facts whose moment comes no later than a time, the earliest first, at most `limit`.
    case due(CatalogFact.Kind, through: Timestamp, limit: Int)
    /// All facts of a kind in the order of their ids, by bytes, after one id, at most `limit`.
    case all(CatalogFact.Kind, after: String? = nil, limit: Int = .max)
}

extension CatalogFact.Kind {
    /// Whether facts of this kind are looked up in the store, and are in no catalog but that of the
    /// request or edit that needs them.
    package var isLookedUp: Bool {
        switch self {
        case .registrationToken, .signingKey, .registeredWorkload: true
        case .account, .product, .agreement, .credential, .clock, .eventTarget, .settings: false
        }
    }
}

extension CatalogFact {
    /// What a fact that is looked up belongs to: the product of a key, the task or pod of a
    /// workload.
    package var owner: String? {
        switch self {
        case .signingKey(let key): key.productCode
        case .registeredWorkload(let workload): workload.resourceID
        case .account, .product, .agreement, .credential, .registrationToken, .clock, .eventTarget,
            .settings:
            nil
        }
    }

    /// When something happens to a fact that is looked up: a token ends, an hour of a workload is
    /// recorded.
    package var moment: Timestamp? {
        switch self {
        case .registrationToken(let token): token.expiresAt
        case .registeredWorkload(let workload): workload.nextMoment
        case .account, .product, .agreement, .credential, .signingKey, .clock, .eventTarget,
            .settings:
            nil
        }
    }

    /// Whether it is a workload that no known credential stands for.
    package var isAssumedWorkload: Bool {
        if case .registeredWorkload(let workload) = self {
            workload.isAssumed == true
        } else {
            false
        }
    }
}
