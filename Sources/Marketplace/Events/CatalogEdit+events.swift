import MeteringAPI

extension CatalogEdit {
    /// Tells of an agreement as it is now, in the transaction of the change that it tells of.
    ///
    /// Products of the newer generation have no topics of SNS.
    mutating func tell(
        _ kind: MarketplaceEvent.Kind, of agreement: Agreement, at time: Timestamp
    ) {
        guard let product = catalog.products[agreement.productCode],
            let buyer = catalog.accounts[agreement.buyerAccountID],
            kind.channel == .eventBridge || product.hasTopics
        else { return }
        publish(
            MarketplaceEvent(
                id: newID(), kind: kind, time: time, agreement: agreement, product: product,
                buyer: buyer, sellerName: catalog.accounts[product.sellerAccountID]?.name))
    }

    /// Lets happen, in their order, what is due by now, at most so many moments; the catalog's
    /// clock says when now is.
    ///
    /// Where more is due, the marketplace's time stands at the last of these moments until the
    /// rest has happened too. Returns what workloads ran in the hours that ended, which the caller
    /// records.
    package mutating func settle(atMost limit: Int = .max) -> [UsageEntry] {
        let end = catalog.clock.now(real: realNow)
        var entries: [UsageEntry] = []
        var metered: Set<RegisteredWorkload.Name> = []
        var generator = SystemRandomNumberGenerator()
        var left = limit
        var last = now
        catalog.heldAt = nil
        while let due = catalog.dueMoment(through: end) {
            guard left > 0 else {
                catalog.heldAt = last
                break
            }
            left -= 1
            last = max(last, due.time)
            switch due.subject {
            case .agreement:
                guard let agreement = catalog.agreements[due.id.text], let next = agreement.next
                else { break }
                pass(next.milestone, of: agreement)
            case .workload:
                let name = RegisteredWorkload.Name(exact: due.id)
                if let entry = pass(due.time, of: name, id: .random(using: &generator)) {
                    entries.append(entry)
                }
                metered.insert(name)
            }
        }
        // Once for each, however many hours it ran.
        for workload in metered.compactMap({ catalog.registeredWorkload($0) }) {
            put(.registeredWorkload(workload))
        }
        noteReached()
        now = catalog.now(real: realNow)
        return entries
    }

    /// Lets the marketplace's time stand where it is, while what is due waits for a later edit.
    package mutating func hold() {
        catalog.heldAt = now
        noteReached()
    }

    /// Keeps where the marketplace's time stands, so that it does not go back with a restart.
    private mutating func noteReached() {
        guard catalog.clock.reached != catalog.heldAt else { return }
        var clock = catalog.clock
        clock.reached = catalog.heldAt
        put(.clock(clock))
    }

    private mutating func pass(
        _ moment: Timestamp, of name: RegisteredWorkload.Name, id: MeteringRecordID
    ) -> UsageEntry? {
        guard var workload = catalog.registeredWorkload(name) else { return nil }
        let entry = workload.pass(moment, id: id)
        let fact = CatalogFact.registeredWorkload(workload)
        if workload.isOver { remove(fact.key) } else { catalog.put(fact) }
        return entry
    }

    /// Takes up agreements that were made before there were events, without telling what passed.
    package mutating func adoptAgreements() {
        for agreement in catalog.agreements.values where agreement.passed.contains(.untold) {
            var agreement = agreement
            agreement.passMilestones(through: now)
            put(.agreement(agreement))
        }
    }

    /// After the clock was set back: what has not passed any more will pass, and be told of, again.
    package mutating func forgetFuture() {
        catalog.heldAt = nil
        now = catalog.now(real: realNow)
        let now = now
        for agreement in catalog.agreements.values {
            var earlier = agreement
            earlier.passed.formIntersection(agreement.milestones { $1 <= now })
            if earlier != agreement { put(.agreement(earlier)) }
        }
    }

    private mutating func pass(_ milestone: AgreementMilestone, of agreement: Agreement) {
        var agreement = agreement
        // What was accepted after its own start is told of when it was accepted.
        let time = max(agreement.time(of: milestone) ?? now, agreement.acceptedAt)
        agreement.passed.insert(Agreement.Milestones(milestone))
        switch milestone {
        case .created:
            put(.agreement(agreement))
            tell(.agreementCreated, of: agreement, at: time)
        case .started, .licensed:
            put(.agreement(agreement))
            guard agreement.tellsLate == (milestone == .licensed) else { break }
            tell(.licenseUpdated, of: agreement, at: time)
            tellOfStart(of: agreement, at: time)
        case .endingIn180Days, .endingIn120Days, .endingIn90Days, .endingIn60Days,
            .endingIn30Days:
            put(.agreement(agreement))
            let isRenewed = agreement.renewsAutomatically && milestone == .endingIn30Days
            tell(.agreementEnding, of: agreement, at: time)
            if isRenewed { tell(.renewalUpcoming, of: agreement, at: time) }
        case .trialEnded:
            put(.agreement(agreement))
            tell(.licenseUpdated, of: agreement, at: time)
            tell(.entitlementUpdated, of: agreement, at: time)
        case .ended: end(agreement, at: time)
        case .deprovisioned:
            put(.agreement(agreement))
            tell(.licenseDeprovisioned, of: agreement, at: time)
        case .closed:
            put(.agreement(agreement))
            let hasTopics = catalog.products[agreement.productCode]?.hasTopics ?? false
            if hasTopics, !hasSuccessor(agreement, at: time) {
                tell(.unsubscribeSuccess, of: agreement, at: time)
            }
        }
    }

    private mutating func tellOfStart(of agreement: Agreement, at time: Timestamp) {
        switch agreement.intent {
        case .new, .amend: tell(.subscribeSuccess, of: agreement, at: time)
        case .renew, .replace: tell(.entitlementUpdated, of: agreement, at: time)
        }
        if agreement.intent == .new, !agreement.entitlements.isEmpty {
            tell(.entitlementUpdated, of: agreement, at: time)
        }
    }

    private mutating func end(_ ended: Agreement, at time: Timestamp) {
        var agreement = ended
        let renews = agreement.renewsAutomatically && agreement.end == .expired
        if renews { agreement.end = .renewed }
        put(.agreement(agreement))
        if renews { renewAutomatically(agreement, at: time) }
        tell(.agreementEnded, of: agreement, at: time)
        guard !agreement.isCancelledBeforeStart else { return }
        if !agreement.tellsLate { tell(.licenseDeprovisioned, of: agreement, at: time) }
        switch agreement.end {
        // The agreement that follows it says the rest.
        case .renewed, .replaced: break
        case .cancelled, .expired, .terminated, nil:
            tell(.unsubscribePending, of: agreement, at: time)
            if !agreement.entitlements.isEmpty {
                tell(.entitlementUpdated, of: agreement, at: time)
            }
        }
    }

    /// Whether the buyer came back for the product before the hour for final records was over, so
    /// that the last message is not sent: that of the agreement which closes last is.
    private func hasSuccessor(_ agreement: Agreement, at time: Timestamp) -> Bool {
        catalog.agreements(buyer: agreement.buyerAccountID, product: agreement.productCode)
            .contains { other in
                guard other.startsAt <= time, !other.isCancelledBeforeStart else { return false }
                guard let own = agreement.finalUsageUntil, let others = other.finalUsageUntil
                else { return !other.id.hasSameBytes(as: agreement.id) }
                return (others, other.sequence) > (own, agreement.sequence)
            }
    }

    /// The same terms once more, for as long.
    private mutating func renewAutomatically(_ old: Agreement, at time: Timestamp) {
        let name = String(newID().filter { $0 != "-" }.prefix(25))
        let id = "agmt-\(name)"
        var agreement = old.successor(
            .renew, id: id,
            licenseARN: licenseARN(ofAgreement: id, catalog.products[old.productCode]), at: time)
        agreement.endsAt = old.length.map { time.adding(milliseconds: $0) }
        agreement.end = .expired
        agreement.renewsAutomatically = true
        agreement.tellsLate = tellsLate
        agreement.sequence = catalog.agreements.count + 1
        put(.agreement(agreement))
        if !agreement.tellsLate { tell(.agreementCreated, of: agreement, at: time) }
    }
}
