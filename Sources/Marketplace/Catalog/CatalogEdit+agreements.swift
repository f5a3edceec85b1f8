package import MeteringAPI

extension CatalogEdit {
    /// What is asked for when an agreement is made.
    package struct AgreementDraft: Sendable {
        package var productCode: String
        package var buyerAccountID: String
        /// Now when absent.
        package var startsAt: Timestamp?
        package var terms = AgreementTerms()
        package var id: String?
        package var licenseARN: String?
        package var offerID: String?
        package var isFreeTrial = false
        package var trialEndsAt: Timestamp?

        package init(productCode: String, buyerAccountID: String) {
            self.productCode = productCode
            self.buyerAccountID = buyerAccountID
        }
    }

    /// What may change while an agreement runs; an absent member stays as it is.
    package struct AgreementTerms: Sendable {
        package var endsAt: Timestamp?
        package var renewsAutomatically: Bool?
        package var entitlements: [Entitlement]?

        package init() {}

        fileprivate func apply(to agreement: inout Agreement) {
            if let endsAt {
                agreement.endsAt = endsAt
                agreement.end = .expired
            }
            agreement.renewsAutomatically = renewsAutomatically ?? agreement.renewsAutomatically
            agreement.entitlements = entitlements ?? agreement.entitlements
        }
    }

    /// Makes an agreement; `random` is 25 letters and digits for an id that was not given.
    package mutating func addAgreement(
        _ draft: AgreementDraft, random: @autoclosure () -> String
    ) throws(Contradiction) -> Agreement {
        var faults = ObjectionCollector()
        let product = catalog.products[draft.productCode]
        let buyer = catalog.accounts[draft.buyerAccountID]
        faults.check(
            product != nil, "productCode",
            "there is no product \(quoted(draft.productCode)): make it first")
        faults.check(
            buyer?.role == .buyer, "buyerAccountId",
            "there is no buyer's account \(quoted(draft.buyerAccountID)): make it first")
        let id = draft.id ?? "agmt-\(random())"
        var agreement = Agreement(
            id: id, licenseARN: draft.licenseARN ?? licenseARN(ofAgreement: id, product),
            productCode: draft.productCode, buyerAccountID: draft.buyerAccountID,
            startsAt: draft.startsAt ?? now, isFreeTrial: draft.isFreeTrial,
            sequence: catalog.agreements.count + 1)
        agreement.acceptedAt = now
        agreement.chosenOfferID = draft.offerID
        agreement.tellsLate = tellsLate
        agreement.trialEndsAt = draft.trialEndsAt
        draft.terms.apply(to: &agreement)
        check(agreement, of: product, isNew: true, &faults)
        checkTrial(of: agreement, &faults)
        try faults.finish()
        return accept(agreement)
    }

    /// Whether an agreement that is made now is told of late.
    var tellsLate: Bool { catalog.settings.eventDelays == .realistic }

    /// What the licence of an agreement is called where nobody chose it.
    func licenseARN(ofAgreement id: String, _ product: Product?) -> String {
        MadeUpID.licenseARN(ofAgreement: id, in: (product?.partition ?? .aws).name)
    }

    /// Changes the terms of an agreement; its id and its licence stay.
    package mutating func amendAgreement(
        _ id: String, _ terms: AgreementTerms
    ) throws(Contradiction) -> Agreement {
        var agreement = try running(id, for: "amended")
        if let endsAt = terms.endsAt, endsAt < now {
            throw Contradiction(.invalid, "endsAt", "the end is in the past: it is \(now.iso8601)")
        }
        terms.apply(to: &agreement)
        if agreement.renewsAutomatically, let end = agreement.end, end != .expired {
            throw Contradiction(
                .conflict, "autoRenew",
                "the agreement is to end as \(end.rawValue): amend its endsAt as well")
        }
        // Reminders of another end are due again, but for those that would be late.
        let past = now
        agreement.passed.formUnion(
            agreement.milestones { $0.daysBeforeEnd != nil && $1 <= past })
        agreement.passed.subtract(
            agreement.milestones { $0.daysBeforeEnd != nil && $1 > past })
        var faults = ObjectionCollector()
        check(agreement, of: catalog.products[agreement.productCode], &faults)
        try faults.finish()
        put(.agreement(agreement))
        tell(.agreementAmended, of: agreement.with(.amend), at: now)
        if agreement.state(at: now) == .active {
            tell(.licenseUpdated, of: agreement, at: now)
            tell(.entitlementUpdated, of: agreement, at: now)
        }
        return agreement
    }

    /// How an agreement is followed by another of the same parties.
    package struct Succession: Sendable {
        package var terms = AgreementTerms()
        package var id: String?
        package var licenseARN: String?
        package var offerID: String?

        package init() {}
    }

    /// Makes the agreement that begins where this one ends, for as long unless told otherwise.
    package mutating func renewAgreement(
        _ id: String, _ succession: Succession, random: @autoclosure () -> String
    ) throws(Contradiction) -> Agreement {
        let old = try running(id, for: "renewed")
        guard let end = old.endsAt else {
            throw Contradiction(
                .conflict, "agreementId",
                "the agreement is open-ended, so there is nothing to renew: amend or replace it")
        }
        var ended = old
        ended.end = .renewed
        ended.renewsAutomatically = false
        return try succeed(ended, by: .renew, succession, random: random(), at: end)
    }

    /// Ends an agreement now and makes another in its place.
    package mutating func replaceAgreement(
        _ id: String, _ succession: Succession, random: @autoclosure () -> String
    ) throws(Contradiction) -> Agreement {
        var ended = try running(id, for: "replaced")
        if ended.state(at: now) == .pending {
            throw Contradiction(
                .conflict, "agreementId",
                "the agreement has not begun: cancel it, or amend it")
        }
        ended.endsAt = now
        ended.end = .replaced
        ended.renewsAutomatically = false
        return try succeed(ended, by: .replace, succession, random: random(), at: now)
    }

    private mutating func succeed(
        _ ended: Agreement, by intent: Agreement.Intent, _ succession: Succession,
        random: @autoclosure () -> String, at time: Timestamp
    ) throws(Contradiction) -> Agreement {
        let id = succession.id ?? "agmt-\(random())"
        let product = catalog.products[ended.productCode]
        var agreement = ended.successor(
            intent, id: id,
            licenseARN: succession.licenseARN ?? licenseARN(ofAgreement: id, product), at: time)
        agreement.acceptedAt = now
        agreement.chosenOfferID = succession.offerID
        agreement.tellsLate = tellsLate
        agreement.sequence = catalog.agreements.count + 1
        if let length = ended.length, intent == .renew {
            agreement.endsAt = time.adding(milliseconds: length)
            agreement.end = .expired
        }
        succession.terms.apply(to: &agreement)
        var faults = ObjectionCollector()
        check(
            agreement, of: catalog.products[ended.productCode], isNew: true, following: ended,
            &faults)
        try faults.finish()
        put(.agreement(ended))
        return accept(agreement)
    }

    private mutating func accept(_ agreement: Agreement) -> Agreement {
        put(.agreement(agreement))
        if !agreement.tellsLate { tell(.agreementCreated, of: agreement, at: now) }
        return agreement
    }

    /// Ends an agreement now, or at another time after its start.
    package mutating func cancelAgreement(
        _ id: String, at: Timestamp?, as end: Agreement.End = .cancelled
    ) throws(Contradiction) -> Agreement {
        var agreement = try running(id, for: "cancelled")
        let time = at ?? now
        guard agreement.state(at: now) == .pending || time >= agreement.startsAt else {
            throw Contradiction(
                .invalid, "at", "the end is before the start, \(agreement.startsAt.iso8601)")
        }
        if let endsAt = agreement.endsAt, time > endsAt {
            throw Contradiction(
                .invalid, "at", "the agreement ends before that, at \(endsAt.iso8601)")
        }
        agreement.endsAt = time
        agreement.end = end
        agreement.renewsAutomatically = false
        put(.agreement(agreement))
        if agreement.isCancelledBeforeStart { undoRenewal(by: agreement) }
        return agreement
    }

    /// Lets an agreement whose renewal is cancelled before it began run out as if there were none.
    private mutating func undoRenewal(by successor: Agreement) {
        guard successor.intent == .renew,
            var agreement = successor.previousID.flatMap({ catalog.agreements[$0] }),
            agreement.end == .renewed
        else { return }
        agreement.end = .expired
        put(.agreement(agreement))
    }

    /// An agreement that has not ended, so that something may become of it.
    private func running(
        _ id: String, for participle: String
    ) throws(Contradiction) -> Agreement {
        guard let agreement = catalog.agreements[id] else {
            throw Contradiction(.notFound, "agreementId", "there is no agreement \(quoted(id))")
        }
        let state = agreement.state(at: now)
        guard state == .active || state == .pending else {
            throw Contradiction(
                .conflict, "agreementId",
                "the agreement ended at \(agreement.endsAt?.iso8601 ?? "") and cannot be "
                    + "\(participle): make a new one")
        }
        guard agreement.end != .renewed else {
            throw Contradiction(
                .conflict, "agreementId",
                "the agreement has been renewed and cannot be \(participle): its successor can")
        }
        return agreement
    }

    /// What must hold for an agreement that is about to be put.
    private func check(
        _ agreement: Agreement, of product: Product?, isNew: Bool = false,
        following previous: Agreement? = nil, _ faults: inout ObjectionCollector
    ) {
        if let endsAt = agreement.endsAt {
            faults.check(endsAt > agreement.startsAt, "endsAt", "the end is not after the start")
        }
        faults.check(
            !agreement.renewsAutomatically || agreement.endsAt != nil, "autoRenew",
            "an open-ended agreement is never renewed")
        faults.check(
            !agreement.renewsAutomatically
                || agreement.length.map { $0 >= Agreement.shortestRenewal } ?? true,
            "autoRenew", "an agreement that renews itself lasts an hour at least")
        faults.check(
            agreement.renewals(through: now) <= MarketplaceLimits.momentsInMove, "autoRenew",
            "the agreement would have renewed itself too often by now: at most "
                + "\(MarketplaceLimits.momentsInMove) milestones may have passed, so let it start "
                + "later"
        )
        faults.check(!agreement.id.isEmpty, "agreementId", "the agreement's id is empty")
        faults.check(!agreement.offerID.isEmpty, "offerId", "the offer's id is empty")
        faults.check(
            ModelText.isLicenseARN(agreement.licenseARN), "licenseArn",
            "\(quoted(agreement.licenseARN)) is no ARN such as "
                + "arn:aws:license-manager::294406891311:license:l-1a2b3c")
        checkEntitlements(of: agreement, product, &faults)
        faults.conflict(
            unless: !isNew || catalog.agreements[agreement.id] == nil, "agreementId",
            "\(quoted(agreement.id)) exists already")
        let holder = catalog.agreement(licenseARN: agreement.licenseARN)?.id
        faults.conflict(
            unless: holder.map { !isNew && $0.hasSameBytes(as: agreement.id) } ?? true,
            "licenseArn",
            "\(quoted(agreement.licenseARN)) belongs to another agreement")
        guard product?.integration == .customerIdentifier else { return }
        let other = catalog.agreements(
            buyer: agreement.buyerAccountID, product: agreement.productCode
        ).last { other in
            ![agreement.id, previous?.id].contains { $0?.hasSameBytes(as: other.id) == true }
                && other.overlaps(agreement)
        }
        faults.conflict(
            unless: other == nil, "buyerAccountId",
            "the buyer has the agreement \(quoted(other?.id ?? "")) at that time: a product of "
                + "the integration customerIdentifier has one agreement a buyer at a time")
    }

    private func checkEntitlements(
        of agreement: Agreement, _ product: Product?, _ faults: inout ObjectionCollector
    ) {
        var seen: Set<ExactText> = []
        for (index, entitlement) in agreement.entitlements.enumerated() {
            let dimension = product?.position(ofDimension: entitlement.dimension)
                .map { product?.dimensions[$0] }
            faults.check(
                dimension??.type == .entitled, "entitlements[\(index)].dimension",
                "the product has no entitled dimension \(quoted(entitlement.dimension))")
            faults.check(
                seen.insert(ExactText(entitlement.dimension)).inserted,
                "entitlements[\(index)].dimension", "it comes twice")
        }
    }

    /// A buyer has one free trial of a product, of at most ninety days.
    private func checkTrial(of agreement: Agreement, _ faults: inout ObjectionCollector) {
        guard agreement.isFreeTrial || agreement.trialEndsAt != nil else { return }
        if let trialEndsAt = agreement.trialEndsAt {
            faults.check(
                agreement.isFreeTrial, "trialEndsAt", "only a free trial has a trial's end")
            faults.check(
                trialEndsAt > agreement.startsAt, "trialEndsAt", "the end is not after the start")
        }
        let earlier = catalog.agreements(
            buyer: agreement.buyerAccountID, product: agreement.productCode
        ).first(where: \.isFreeTrial)
        faults.conflict(
            unless: earlier == nil, "freeTrial",
            "the buyer had its free trial of this product with \(quoted(earlier?.id ?? ""))")
    }

    /// The newest agreement of a buyer for a product that is pending, active or ending.
    func current(_ productCode: String, _ buyer: String) -> Agreement? {
        catalog.agreements(buyer: buyer, product: productCode)
            .last { $0.state(at: now) != .ended }
    }
}
