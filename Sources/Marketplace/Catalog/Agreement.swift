package import MeteringAPI

/// What a buyer accepted: one product, from a moment on, until an end or open-ended.
package struct Agreement: Sendable, Hashable, Codable {
    package var id: String
    package var licenseARN: String
    package var productCode: String
    package var buyerAccountID: String
    package var startsAt: Timestamp
    package var endsAt: Timestamp?
    package var isFreeTrial: Bool
    /// The order of creation; the newest has the greatest.
    package var sequence: Int

    package init(
        id: String, licenseARN: String, productCode: String, buyerAccountID: String,
        startsAt: Timestamp, endsAt: Timestamp? = nil, isFreeTrial: Bool = false,
        sequence: Int = 0
    ) {
        self.id = id
        self.licenseARN = licenseARN
        self.productCode = productCode
        self.buyerAccountID = buyerAccountID
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.isFreeTrial = isFreeTrial
        self.sequence = sequence
    }

    /// How long after the end final records are accepted, in seconds.
    package static let finalUsageSeconds: Int64 = 3600

    /// The end of the hour in which final records are accepted; nil while no end is known, and
    /// for an agreement that was cancelled before it began.
    package var finalUsageUntil: Timestamp? {
        guard let endsAt, endsAt >= startsAt else { return nil }
        return endsAt.adding(seconds: Self.finalUsageSeconds)
    }

    /// Where in its life the agreement is.
    package func state(at now: Timestamp) -> AgreementState {
        // Cancelled before it began.
        if let endsAt, endsAt < startsAt { return .ended }
        if now < startsAt { return .pending }
        guard let endsAt, let finalUsageUntil, now >= endsAt else { return .active }
        return now < finalUsageUntil ? .ending : .ended
    }

    /// Whether both hold at some moment; the hour for final records does not count, so that a buyer
    /// may come back in it.
    package func overlaps(_ other: Agreement) -> Bool {
        let (end, otherEnd) = (endsAt ?? .distantFuture, other.endsAt ?? .distantFuture)
        return startsAt < end && other.startsAt < otherEnd && startsAt < otherEnd
            && other.startsAt < end
    }

    /// Whether usage may be reported now.
    package func acceptsUsage(at now: Timestamp) -> Bool {
        let state = state(at: now)
        return state == .active || state == .ending
    }

    /// Whether usage of this moment came before the agreement; the whole first hour counts, so
    /// that a record stamped with the full hour of the subscription passes.
    package func startsAfter(_ timestamp: Timestamp) -> Bool {
        timestamp < startsAt.hour.start
    }
}

package enum AgreementState: String, Sendable, Codable, CaseIterable {
    case pending, active
    /// Ended less than an hour ago: final records are accepted.
    case ending
    case ended
}

extension Timestamp {
    /// Later than any agreement's end.
    fileprivate static let distantFuture = Timestamp(milliseconds: .max)
}
