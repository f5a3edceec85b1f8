package import MeteringAPI

/// BatchMeterUsage: a seller reports what the buyers of one SaaS product used.
///
/// Whole-request checks come first and leave nothing behind; then each record is decided on its
/// own. No source says in which order AWS checks; this one is documented as ours.
package enum BatchMeterUsageRules {
    /// What became of the request before the ledger is asked.
    package struct Decision: Sendable {
        /// What the ledger is asked to record, in the order of the request.
        package var entries: [UsageEntry]
        /// Each record's place among the entries, or why it has none.
        package var places: [Place]
    }

    /// Where the answer to one record of the request comes from.
    package enum Place: Sendable, Hashable {
        case entry(Int)
        /// The buyer has no agreement that accepts the record; the reason is a sentence.
        case notSubscribed(String)
    }

    /// Decides on a request that meets the model's constraints.
    ///
    /// The ids are for the records that turn out to be the first of their key.
    package static func decide(
        _ request: BatchMeterUsageRequest, in context: RuleContext,
        ids: inout some RandomNumberGenerator
    ) throws(Refusal) -> Decision {
        try context.permit(.batchMeterUsage)
        try context.requireOffer(of: .batchMeterUsage)
        let records = request.usageRecords ?? []
        try checkIdentifiers(request.productCode, records)
        guard let product = try product(request.productCode, records, context) else {
            return Decision(entries: [], places: [])
        }
        let batch = Batch(records: records, product: product, context: context)
        let agreements = try batch.agreements()
        try batch.checkGeneration()
        try batch.checkDimensions()
        try batch.checkTimes()
        try batch.checkPeriods(of: agreements)
        try batch.checkTags()
        let allocations = try batch.allocations()
        try batch.checkCustomerIdentifiers()
        return batch.decision(agreements, allocations, ids: &ids)
    }

    /// Which members may come together.
    private static func checkIdentifiers(
        _ productCode: String?, _ records: [UsageRecord]
    ) throws(Refusal) {
        // By index and as truth values, here and below, because each copy of a text or a record
        // counts its references.
        for index in records.indices {
            switch (productCode != nil, records[index].licenseARN != nil) {
            case (true, true):
                throw Refusal(
                    .invalidProductCode, .identifiers,
                    "ProductCode and LicenseArn may not come in one request", at: index)
            case (false, false):
                throw Refusal(
                    .invalidProductCode, .identifiers,
                    "there is neither a ProductCode nor a LicenseArn", at: index)
            default: break
            }
        }
        for index in records.indices {
            switch (
                records[index].customerIdentifier != nil,
                records[index].customerAWSAccountID != nil
            ) {
            case (true, true):
                throw Refusal(
                    .invalidCustomerIdentifier, .identifiers,
                    "CustomerIdentifier and CustomerAWSAccountId exclude each other", at: index)
            case (false, false):
                throw Refusal(
                    .invalidCustomerIdentifier, .identifiers,
                    "neither CustomerAWSAccountId nor CustomerIdentifier says who the buyer is",
                    at: index)
            default: break
            }
        }
    }

    /// The product that the request is about: by its code, or by the first record's licence; nil
    /// when there is neither, and so nothing to record.
    private static func product(
        _ code: String?, _ records: [UsageRecord], _ context: RuleContext
    ) throws(Refusal) -> Product? {
        let account = context.caller.principal.accountID
        guard let code else {
            guard let license = records.first?.licenseARN else { return nil }
            return try Batch.licensed(license, context, at: 0).product
        }
        guard let product = context.catalog.products[code],
            product.sellerAccountID.hasSameBytes(as: account)
        else {
            throw Refusal(
                .invalidProductCode, .product,
                "account \(account) has published no product \(quoted(code))")
        }
        guard product.type == .saas else {
            throw Refusal(
                .invalidProductCode, .product,
                "\(quoted(code)) is of type \(product.type.rawValue); BatchMeterUsage is for saas")
        }
        return product
    }
}

/// The checks of one request, whose product is known.
private struct Batch {
    let records: [UsageRecord]
    let product: Product
    let context: RuleContext

    struct NotSubscribed: Error {
        let sentence: String
    }

    /// What a licence is for.
    static func licensed(
        _ license: String, _ context: RuleContext, at index: Int
    ) throws(Refusal) -> (agreement: Agreement, product: Product) {
        guard let agreement = context.catalog.agreement(licenseARN: license),
            let product = context.catalog.products[agreement.productCode], product.type == .saas,
            product.sellerAccountID.hasSameBytes(as: context.caller.principal.accountID)
        else {
            throw Refusal(
                .invalidLicense, .license,
                "\(quoted(license)) is no licence of a SaaS product of account "
                    + context.caller.principal.accountID,
                at: index)
        }
        return (agreement, product)
    }

    /// The agreement of each record; none where the request names its product, because then no
    /// record names a licence.
    func agreements() throws(Refusal) -> [Agreement] {
        var agreements: [Agreement] = []
        for index in records.indices {
            guard let license = records[index].licenseARN else { continue }
            let (agreement, owner) = try Self.licensed(license, context, at: index)
            guard owner.code.hasSameBytes(as: product.code) else {
                throw Refusal(
                    .invalidLicense, .license,
                    "the licence is for another product than the first record's; a request is "
                        + "for one product",
                    at: index)
            }
            if let buyer = claimedBuyer(records[index]),
                !buyer.hasSameBytes(as: agreement.buyerAccountID)
            {
                throw Refusal(
                    .invalidLicense, .license,
                    "the licence does not belong to the buyer \(quoted(buyer))", at: index)
            }
            agreements.append(agreement)
        }
        return agreements
    }

    /// The account that the record names, also by CustomerIdentifier; nil where that is unknown.
    private func claimedBuyer(_ record: UsageRecord) -> String? {
        record.customerAWSAccountID
            ?? record.customerIdentifier.flatMap {
                context.catalog.buyer(customerIdentifier: $0)?.id
            }
    }

    func checkGeneration() throws(Refusal) {
        guard product.integration == .concurrentAgreements,
            !context.contract.concurrentAgreementsKnowCustomerIdentifier,
            let index = records.firstIndex(where: { $0.customerIdentifier != nil })
        else { return }
        throw Refusal(
            .invalidCustomerIdentifier, .identifiers,
            "a product with concurrent agreements takes CustomerAWSAccountId, not "
                + "CustomerIdentifier (contract \(context.contract.name))",
            at: index)
    }

    func checkDimensions() throws(Refusal) {
        var position = 0
        for index in records.indices {
            try context.requireMetered(
                records[index].dimension ?? "", of: product, from: &position, at: index)
        }
    }

    func checkTimes() throws(Refusal) {
        var accepted: Timestamp?
        for index in records.indices {
            let timestamp = records[index].usageTime
            // Most requests report one moment.
            if timestamp == accepted { continue }
            try context.require(timestamp, in: context.contract.batchWindow, at: index)
            accepted = timestamp
        }
    }

    /// Usage by licence lies within the licence's activation period.
    func checkPeriods(of agreements: [Agreement]) throws(Refusal) {
        for index in agreements.indices {
            let agreement = agreements[index]
            let timestamp = records[index].usageTime
            if agreement.startsAfter(timestamp) {
                throw Refusal(
                    .invalidLicense, .agreementPeriod,
                    "\(timestamp.iso8601) is before the agreement's start, "
                        + agreement.startsAt.iso8601,
                    at: index)
            }
            if agreement.state(at: context.now) == .ended, let end = agreement.endsAt,
                timestamp >= end
            {
                throw Refusal(
                    .invalidLicense, .agreementPeriod,
                    "\(timestamp.iso8601) is after the agreement's end, \(end.iso8601)",
                    at: index)
            }
        }
    }

    func checkTags() throws(Refusal) {
        for index in records.indices {
            guard let allocations = records[index].allocations else { continue }
            try AllocationRules.checkTags(allocations, at: index)
        }
    }

    /// What each record's usage splits into.
    func allocations() throws(Refusal) -> [[RecordedAllocation]] {
        var recorded = [[RecordedAllocation]](repeating: [], count: records.count)
        for index in records.indices {
            guard let allocations = records[index].allocations else { continue }
            recorded[index] = try AllocationRules.recorded(
                allocations, of: records[index].quantity, records[index].quantity.amount, at: index)
        }
        return recorded
    }

    func checkCustomerIdentifiers() throws(Refusal) {
        for index in records.indices {
            guard let identifier = records[index].customerIdentifier,
                context.catalog.buyer(customerIdentifier: identifier) == nil
            else { continue }
            throw Refusal(
                .invalidCustomerIdentifier, .customerIdentifier,
                "no buyer has the CustomerIdentifier \(quoted(identifier))", at: index)
        }
    }

    /// What the ledger is asked, once every record of the request has met every rule.
    func decision(
        _ agreements: [Agreement], _ allocations: [[RecordedAllocation]],
        ids: inout some RandomNumberGenerator
    ) -> BatchMeterUsageRules.Decision {
        var decision = BatchMeterUsageRules.Decision(entries: [], places: [])
        decision.entries.reserveCapacity(records.count)
        decision.places.reserveCapacity(records.count)
        var index = 0
        while index < records.count {
            let use = use(of: index, agreements)
            // Most requests report many dimensions of one buyer at one moment.
            repeat {
                switch use {
                case .nobodys(let reason): decision.places.append(.notSubscribed(reason))
                case .subject(let subject):
                    decision.places.append(.entry(decision.entries.count))
                    decision.entries.append(
                        UsageEntry(
                            id: .random(using: &ids),
                            series: UsageSeries(subject, dimension: records[index].dimension ?? ""),
                            timestamp: records[index].usageTime,
                            quantity: records[index].quantity.amount,
                            allocations: allocations[index], operation: .batchMeterUsage,
                            recordedAt: context.now))
                }
                index += 1
            } while index < records.count && isOfSameUse(index, index - 1)
        }
        return decision
    }

    /// Whether two records have buyer, licence and moment in common.
    private func isOfSameUse(_ index: Int, _ other: Int) -> Bool {
        records[index].timestamp == records[other].timestamp
            && areSame(records[index].customerAWSAccountID, records[other].customerAWSAccountID)
            && areSame(records[index].customerIdentifier, records[other].customerIdentifier)
            && areSame(records[index].licenseARN, records[other].licenseARN)
    }

    private func areSame(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return ExactText(left) == ExactText(right)
    }

    /// What a record is counted by besides its dimension, or why nobody pays for it.
    private enum Use {
        case subject(UsageSeries.Subject)
        case nobodys(String)
    }

    private func use(of index: Int, _ agreements: [Agreement]) -> Use {
        let record = records[index]
        let agreement = agreements.isEmpty ? nil : agreements[index]
        switch buyer(of: record, agreement: agreement) {
        case .failure(let reason): return .nobodys(reason.sentence)
        case .success(let buyer):
            return .subject(
                UsageSeries.Subject(
                    record.licenseARN == nil ? .product : .license, product.code,
                    record.licenseARN, buyer.id, nil, context.region))
        }
    }

    /// Who pays for the record, or why nobody does.
    private func buyer(
        of record: UsageRecord, agreement: Agreement?
    ) -> Result<Account, NotSubscribed> {
        guard let id = claimedBuyer(record), let buyer = context.catalog.accounts[id],
            buyer.role == .buyer
        else { return .failure(NotSubscribed(sentence: "no buyer has this account")) }
        let all =
            agreement == nil
            ? context.catalog.agreements(buyer: buyer.id, product: product.code) : []
        // A seller hears of a suspension only where the buyer is its own.
        guard agreement != nil || !all.isEmpty else {
            return .failure(
                NotSubscribed(sentence: "the buyer has no agreement for this product"))
        }
        guard !buyer.isSuspended else {
            return .failure(NotSubscribed(sentence: "the buyer's account is suspended"))
        }
        if let agreement {
            guard agreement.acceptsUsage(at: context.now) else {
                return .failure(NotSubscribed(sentence: agreement.refusal(at: context.now)))
            }
            return .success(buyer)
        }
        return subscribed(buyer, all, record.usageTime)
    }

    private func subscribed(
        _ buyer: Account, _ agreements: [Agreement], _ timestamp: Timestamp
    ) -> Result<Account, NotSubscribed> {
        let current = agreements.filter { $0.acceptsUsage(at: context.now) }
        if current.contains(where: { !$0.startsAfter(timestamp) }) { return .success(buyer) }
        if let first = current.first {
            return .failure(
                NotSubscribed(
                    sentence: "\(timestamp.iso8601) is before the agreement's start, "
                        + first.startsAt.iso8601))
        }
        let sentence = agreements.last?.refusal(at: context.now) ?? ""
        return .failure(NotSubscribed(sentence: sentence))
    }
}

extension UsageRecord {
    /// The constraints have made sure of it.
    fileprivate var usageTime: Timestamp { timestamp ?? Timestamp(milliseconds: 0) }
}

extension SentQuantity {
    /// The constraints have made sure of it.
    fileprivate var amount: Quantity { quantity ?? .zero }
}

extension Agreement {
    /// Why the agreement accepts no usage now.
    func refusal(at now: Timestamp) -> String {
        switch state(at: now) {
        case .pending: "the agreement starts at \(startsAt.iso8601)"
        case .ended:
            "the agreement ended at \(endsAt?.iso8601 ?? ""); final records were accepted until "
                + (finalUsageUntil?.iso8601 ?? "")
        case .active, .ending: "the agreement is current"
        }
    }
}
