import MeteringAPI

extension CatalogEdit {
    /// Creates or replaces a target, which gets what happens from now on.
    package mutating func putEventTarget(
        _ target: EventTarget
    ) throws(Contradiction) -> EventTarget {
        let known = catalog.eventTargets[target.id]
        var target = target
        var faults = ObjectionCollector()
        faults.check(
            (1...100).contains(target.id.utf8.count), "targetId", "an id has 1 to 100 bytes")
        if let code = target.productCode {
            faults.check(
                catalog.products[code] != nil, "productCode",
                "there is no product \(quoted(code)): make it first")
        }
        faults.check(
            target.kind == .sqs || target.accessKeyID == nil, "accessKeyId",
            "only requests to a queue are signed")
        faults.check(
            (target.accessKeyID == nil) == (target.secretAccessKey == nil), "secretAccessKey",
            "accessKeyId and secretAccessKey come together")
        if let disturbance = target.disturbance {
            faults.check(
                (0...MarketplaceLimits.deliveryDelaySeconds).contains(disturbance.delaySeconds),
                "disturbance.delaySeconds", "0 to \(MarketplaceLimits.deliveryDelaySeconds) seconds"
            )
            for (name, share) in [
                ("duplicate", disturbance.duplicate), ("reorder", disturbance.reorder),
                ("drop", disturbance.drop),
            ] {
                faults.check(
                    (0...Disturbance.wholeShare).contains(share), "disturbance.\(name)",
                    "a share is from 0 to 1")
            }
        }
        faults.conflict(
            unless: known != nil || catalog.eventTargets.count < MarketplaceLimits.eventTargets,
            "targetId",
            "there are \(MarketplaceLimits.eventTargets) targets already: delete one")
        try faults.finish()
        // The same target again, as from a seed file, goes on where it was.
        target.disturbedEvents = known?.disturbedEvents ?? 0
        if let known, target.isSame(as: known) { return target }
        target.disturbedEvents = 0
        put(.eventTarget(target))
        return target
    }

    /// Removes a target and what waits to be delivered to it.
    package mutating func deleteEventTarget(_ id: String) throws(Contradiction) {
        guard let target = catalog.eventTargets[id] else {
            throw Contradiction(.notFound, "targetId", "there is no target \(quoted(id))")
        }
        remove(CatalogFact.eventTarget(target).key)
    }

    /// Tells the seller of something that has not happened here.
    package mutating func publishByHand(
        _ kind: MarketplaceEvent.Kind, agreementID: String
    ) throws(Contradiction) -> MarketplaceEvent {
        guard let agreement = catalog.agreements[agreementID],
            let product = catalog.products[agreement.productCode],
            let buyer = catalog.accounts[agreement.buyerAccountID]
        else {
            throw Contradiction(
                .invalid, "agreementId", "there is no agreement \(quoted(agreementID))")
        }
        guard kind.channel == .eventBridge || product.hasTopics else {
            throw Contradiction(
                .conflict, "type",
                "product \(quoted(product.code)) has no topics of SNS, because its integration "
                    + "is \(product.integration.rawValue)")
        }
        let event = MarketplaceEvent(
            id: newID(), kind: kind, time: now, agreement: agreement, product: product,
            buyer: buyer, sellerName: catalog.accounts[product.sellerAccountID]?.name)
        publish(event)
        return event
    }

    /// What an event's targets get, and when.
    mutating func planDeliveries(of event: MarketplaceEvent) -> [PlannedDelivery] {
        var planned: [PlannedDelivery] = []
        let targets = catalog.eventTargets.values.filter { $0.wants(event) }
        for var target in targets.sorted(by: { ExactText($0.id) < ExactText($1.id) }) {
            guard let disturbance = target.disturbance else {
                planned.append(PlannedDelivery(target: target.id, time: realNow))
                continue
            }
            let decision = disturbance.decision(on: target.disturbedEvents)
            target.disturbedEvents += 1
            put(.eventTarget(target))
            let delivery = PlannedDelivery(
                target: target.id, time: realNow.adding(seconds: decision.delaySeconds),
                isDropped: decision.isDropped)
            planned += Array(repeating: delivery, count: decision.isDropped ? 1 : decision.copies)
        }
        return planned
    }
}
