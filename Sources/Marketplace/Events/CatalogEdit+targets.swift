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
        check(headersOf: target, &faults)
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

    private func check(headersOf target: EventTarget, _ faults: inout ObjectionCollector) {
        let headers = target.headers ?? []
        let longest = MarketplaceLimits.targetHeaderBytes
        faults.check(
            target.kind == .webhook || (headers.isEmpty && target.username == nil), "headers",
            "only webhooks have headers and credentials of their own")
        faults.check(
            headers.count <= MarketplaceLimits.targetHeaders, "headers",
            "there are at most \(MarketplaceLimits.targetHeaders)")
        var names: Set<String> = []
        for (index, header) in headers.enumerated() {
            let name = header.name.lowercased()
            faults.check(
                header.isName && name.utf8.count <= longest, "headers[\(index)].name",
                "\(quoted(header.name)) is no name of a header")
            faults.check(
                !EventTarget.Header.ofRequests.contains(name)
                    && (name != "authorization" || target.username == nil),
                "headers[\(index)].name", "\(quoted(header.name)) is set by Turnpike itself")
            faults.check(
                names.insert(name).inserted, "headers[\(index)].name", "it comes twice")
            faults.check(
                header.isValue && header.value.utf8.count <= longest, "headers[\(index)].value",
                "a value has 1 to \(longest) printable characters of ASCII, and no line breaks")
        }
        faults.check(
            (target.username == nil) == (target.password == nil), "password",
            "username and password come together")
        let credentials = [target.username, target.password].compactMap(\.self)
        faults.check(
            credentials.allSatisfy { $0.utf8.count <= longest && !$0.utf8.contains { $0 < 32 } }
                && target.username?.contains(":") != true,
            "username",
            "the user name has no colon, and neither has control characters or over \(longest) "
                + "bytes")
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

extension EventTarget.Header {
    /// What a request says of itself.
    fileprivate static let ofRequests: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent", "x-amz-sns-message-id",
        "x-amz-sns-message-type", "x-amz-sns-subscription-arn", "x-amz-sns-topic-arn",
    ]

    /// Whether the name is a token of HTTP (RFC 9110).
    fileprivate var isName: Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether the value is visible characters of ASCII, with blanks between them.
    fileprivate var isValue: Bool {
        guard let first = value.utf8.first, let last = value.utf8.last else { return false }
        return first > 32 && last > 32 && value.utf8.allSatisfy { (32..<127).contains($0) }
    }
}
