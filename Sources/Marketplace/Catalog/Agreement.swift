package import MeteringAPI

/// What a buyer accepted: one product, from a moment on, until an end or open-ended.
package struct Agreement: Sendable, Hashable {
    package var id: String
    package var licenseARN: String
    /// The id of what the buyer accepted, where somebody chose it; else it is made up.
    package var chosenOfferID: String?
    package var productCode: String
    package var buyerAccountID: String
    /// When the buyer accepted it.
    package var acceptedAt: Timestamp
    package var startsAt: Timestamp
    package var endsAt: Timestamp?
    /// What it ended by, or will; nil while no end is known.
    package var end: End?
    package var isFreeTrial: Bool
    /// When the free trial runs out and the buyer pays; nil for a trial as long as the agreement.
    package var trialEndsAt: Timestamp?
    /// Whether the same terms begin again at its end.
    package var renewsAutomatically: Bool
    /// What was bought in advance, in the order of the product's dimensions.
    package var entitlements: [Entitlement]
    /// How it came about.
    package var intent: Intent
    /// The agreement that it renews or replaces.
    package var previousID: String?
    /// Whether what happens to it is told of as late as AWS does.
    package var tellsLate: Bool
    /// The moments of its life that have passed and been told of.
    package var passed: Milestones
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
        acceptedAt = startsAt
        self.startsAt = startsAt
        self.endsAt = endsAt
        end = endsAt == nil ? nil : .expired
        self.isFreeTrial = isFreeTrial
        renewsAutomatically = false
        entitlements = []
        intent = .new
        tellsLate = false
        passed = []
        self.sequence = sequence
    }

    /// How an agreement ends, as AWS's events name it.
    package enum End: String, Sendable, CaseIterable {
        case cancelled = "CANCELLED"
        case expired = "EXPIRED"
        case terminated = "TERMINATED"
        case renewed = "RENEWED"
        case replaced = "REPLACED"
    }

    /// How an agreement comes about, as AWS's events name it.
    package enum Intent: String, Sendable, CaseIterable {
        case new = "NEW"
        case renew = "RENEW"
        case replace = "REPLACE"
        case amend = "AMEND"
    }

    /// The id of what the buyer accepted: `offer-` and 13 letters and digits.
    package var offerID: String { chosenOfferID ?? MadeUpID.offer(ofAgreement: id) }

    /// Whether it was cancelled before it began.
    package var isCancelledBeforeStart: Bool { endsAt.map { $0 < startsAt } ?? false }

    /// How long it is, in milliseconds; nil while no end is known.
    package var length: Int64? { endsAt?.milliseconds(since: startsAt) }

    /// Whether the same terms will begin again at its end, which has not come.
    var willRenew: Bool {
        renewsAutomatically && end == .expired && !passed.contains(Milestones(.ended))
    }

    /// How many milestones pass through a moment because it renews itself, again and again.
    func renewals(through moment: Timestamp) -> Int {
        guard willRenew, let length, length > 0, let endsAt, endsAt <= moment else { return 0 }
        let terms = moment.milliseconds(since: endsAt) / length + 1
        let milestones = AgreementMilestone.allCases.count { time(of: $0) != nil }
        return Int(terms) * milestones
    }

    /// How long an agreement that renews itself lasts at least, in milliseconds: one of no length
    /// would follow itself for ever.
    package static let shortestRenewal: Int64 = 3_600_000

    /// The same, told of with another intent.
    func with(_ intent: Intent) -> Agreement {
        var agreement = self
        agreement.intent = intent
        return agreement
    }

    /// An agreement of the same parties and terms in its place, without an end.
    func successor(
        _ intent: Intent, id: String, licenseARN: String, at time: Timestamp
    ) -> Agreement {
        var agreement = Agreement(
            id: id, licenseARN: licenseARN, productCode: productCode,
            buyerAccountID: buyerAccountID, startsAt: time)
        agreement.renewsAutomatically = false
        agreement.entitlements = entitlements
        agreement.intent = intent
        agreement.previousID = self.id
        return agreement
    }

    /// Whether the buyer does not pay yet.
    package func isInFreeTrial(at now: Timestamp) -> Bool {
        isFreeTrial && trialEndsAt.map { now < $0 } ?? true
    }

    /// How long after the end final records are accepted, in seconds.
    package static let finalUsageSeconds: Int64 = 3600

    /// The end of the hour in which final records are accepted; nil while no end is known, and
    /// for an agreement that was cancelled before it began.
    package var finalUsageUntil: Timestamp? {
        guard let endsAt, !isCancelledBeforeStart else { return nil }
        return min(endsAt.adding(seconds: Self.finalUsageSeconds), .endOfCalendar)
    }

    /// Where in its life the agreement is.
    package func state(at now: Timestamp) -> AgreementState {
        if isCancelledBeforeStart { return .ended }
        if now < startsAt { return .pending }
        guard let endsAt, let finalUsageUntil, now >= endsAt else { return .active }
        return now < finalUsageUntil ? .ending : .ended
    }

    /// Whether both hold at some moment; the hour for final records does not count, so that a buyer
    /// may come back in it.
    ///
    /// One that renews itself goes on.
    package func overlaps(_ other: Agreement) -> Bool {
        let (end, otherEnd) = (lastEnd, other.lastEnd)
        return startsAt < end && other.startsAt < otherEnd && startsAt < otherEnd
            && other.startsAt < end
    }

    private var lastEnd: Timestamp {
        renewsAutomatically ? .distantFuture : endsAt ?? .distantFuture
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

/// Where an agreement stands at a moment.
package enum AgreementState: String, Sendable, CaseIterable {
    case pending, active
    /// Ended less than an hour ago: final records are accepted.
    case ending
    case ended
}

/// What was bought in advance of one dimension.
package struct Entitlement: Sendable, Hashable {
    package var dimension: String
    package var value: EntitlementValue

    package init(dimension: String, value: EntitlementValue) {
        self.dimension = dimension
        self.value = value
    }
}

extension Timestamp {
    /// Later than any agreement's end.
    fileprivate static let distantFuture = Timestamp(milliseconds: .max)
}
