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
        let batch = Batch(product: product, context: context)
        let agreements = try batch.agreements(of: records)
        try batch.checkGeneration(of: records)
        // By index, because a copy of a record counts a dozen references.
        var position = 0
        for index in records.indices {
            try context.requireMetered(
                records[index].dimension ?? "", of: product, from: &position, at: index)
        }
        for index in records.indices {
            try context.require(
                records[index].usageTime, in: context.contract.batchWindow, at: index)
        }
        for index in records.indices {
            try batch.checkPeriod(of: agreements[index], records[index].usageTime, at: index)
        }
        for index in records.indices {
            try AllocationRules.checkTags(records[index].allocations, at: index)
        }
        var allocations: [[RecordedAllocation]] = []
        allocations.reserveCapacity(records.count)
        for index in records.indices {
            allocations.append(
                try AllocationRules.recorded(
                    records[index].allocations, of: records[index].quantity,
                    records[index].amount, at: index))
        }
        try batch.checkCustomerIdentifiers(of: records)
        return batch.decision(on: records, agreements, allocations, ids: &ids)
    }

    /// Which members may come together.
    private static func checkIdentifiers(
        _ productCode: String?, _ records: [UsageRecord]
    ) throws(Refusal) {
        for index in records.indices {
            switch (productCode, records[index].licenseARN) {
            case (_?, _?):
                throw Refusal(
                    .invalidProductCode, .identifiers,
                    "ProductCode and LicenseArn may not come in one request", at: index)
            case (nil, nil):
                throw Refusal(
                    .invalidProductCode, .identifiers,
                    "there is neither a ProductCode nor a LicenseArn", at: index)
            default: break
            }
        }
        for index in records.indices {
            switch (records[index].customerIdentifier, records[index].customerAWSAccountID) {
            case (_?, _?):
                throw Refusal(
                    .invalidCustomerIdentifier, .identifiers,
                    "CustomerIdentifier and CustomerAWSAccountId exclude each other", at: index)
            case (nil, nil):
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
            return try Batch.product(ofLicense: license, context, at: 0)
        }
        guard let product = context.catalog.products[code], product.sellerAccountID == account
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
    let product: Product
    let context: RuleContext

    struct NotSubscribed: Error {
        let sentence: String
    }

    static func product(
        ofLicense license: String, _ context: RuleContext, at index: Int
    ) throws(Refusal) -> Product {
        guard let agreement = context.catalog.agreement(licenseARN: license),
            let product = context.catalog.products[agreement.productCode], product.type == .saas,
            product.sellerAccountID == context.caller.principal.accountID
        else {
            throw Refusal(
                .invalidLicense, .license,
                "\(quoted(license)) is no licence of a SaaS product of account "
                    + context.caller.principal.accountID,
                at: index)
        }
        return product
    }

    /// The agreement of each record that names a licence.
    func agreements(of records: [UsageRecord]) throws(Refusal) -> [Agreement?] {
        var agreements: [Agreement?] = []
        agreements.reserveCapacity(records.count)
        for index in records.indices {
            guard let license = records[index].licenseARN else {
                agreements.append(nil)
                continue
            }
            let record = records[index]
            let owner = try Self.product(ofLicense: license, context, at: index)
            guard owner.code == product.code else {
                throw Refusal(
                    .invalidLicense, .license,
                    "the licence is for another product than the first record's; a request is "
                        + "for one product",
                    at: index)
            }
            let agreement = context.catalog.agreement(licenseARN: license)
            if let buyer = claimedBuyer(record), buyer != agreement?.buyerAccountID {
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

    func checkGeneration(of records: [UsageRecord]) throws(Refusal) {
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

    /// Usage by licence lies within the licence's activation period.
    func checkPeriod(
        of agreement: Agreement?, _ timestamp: Timestamp, at index: Int
    ) throws(Refusal) {
        guard let agreement else { return }
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
                "\(timestamp.iso8601) is after the agreement's end, \(end.iso8601)", at: index)
        }
    }

    func checkCustomerIdentifiers(of records: [UsageRecord]) throws(Refusal) {
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
        on records: [UsageRecord], _ agreements: [Agreement?],
        _ allocations: [[RecordedAllocation]], ids: inout some RandomNumberGenerator
    ) -> BatchMeterUsageRules.Decision {
        var decision = BatchMeterUsageRules.Decision(entries: [], places: [])
        decision.entries.reserveCapacity(records.count)
        decision.places.reserveCapacity(records.count)
        var previous: (index: Int, use: Result<UsageSeries, NotSubscribed>)?
        for index in records.indices {
            let use: Result<UsageSeries, NotSubscribed>
            if let previous, records[index].isOfSameUse(as: records[previous.index]) {
                // Most requests report many dimensions of one buyer at one moment.
                use = previous.use
            } else {
                use = series(of: records[index], agreement: agreements[index])
                previous = (index, use)
            }
            switch use {
            case .failure(let reason): decision.places.append(.notSubscribed(reason.sentence))
            case .success(var series):
                series.dimension = records[index].dimension ?? ""
                decision.places.append(.entry(decision.entries.count))
                decision.entries.append(
                    UsageEntry(
                        id: .random(using: &ids), series: series,
                        timestamp: records[index].usageTime,
                        quantity: records[index].amount, allocations: allocations[index],
                        operation: .batchMeterUsage, recordedAt: context.now))
            }
        }
        return decision
    }

    /// What the record is counted by, or why nobody pays for it.
    func series(
        of record: UsageRecord, agreement: Agreement?
    ) -> Result<UsageSeries, NotSubscribed> {
        buyer(of: record, agreement: agreement).map { buyer in
            UsageSeries(
                space: record.licenseARN == nil ? .product : .license, productCode: product.code,
                licenseARN: record.licenseARN, buyerAccountID: buyer.id,
                dimension: record.dimension ?? "", region: context.region)
        }
    }

    /// Who pays for the record, or why nobody does.
    func buyer(
        of record: UsageRecord, agreement: Agreement?
    ) -> Result<Account, NotSubscribed> {
        guard let id = claimedBuyer(record), let buyer = context.catalog.accounts[id],
            buyer.role == .buyer
        else { return .failure(NotSubscribed(sentence: "no buyer has this account")) }
        // A seller hears of a suspension only where the buyer is its own.
        guard
            agreement != nil
                || !context.catalog.agreements(buyer: buyer.id, product: product.code).isEmpty
        else {
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
        return subscribed(buyer, record.usageTime)
    }

    private func subscribed(
        _ buyer: Account, _ timestamp: Timestamp
    ) -> Result<Account, NotSubscribed> {
        let agreements = context.catalog.agreements(buyer: buyer.id, product: product.code)
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
    /// The constraints have made sure of both.
    fileprivate var usageTime: Timestamp { timestamp ?? Timestamp(milliseconds: 0) }
    fileprivate var amount: Quantity { quantity.quantity ?? .zero }

    /// Whether the two have buyer, licence and moment in common.
    fileprivate func isOfSameUse(as other: UsageRecord) -> Bool {
        timestamp == other.timestamp
            && exact(customerAWSAccountID) == exact(other.customerAWSAccountID)
            && exact(customerIdentifier) == exact(other.customerIdentifier)
            && exact(licenseARN) == exact(other.licenseARN)
    }

    private func exact(_ text: String?) -> ExactText? { text.map(ExactText.init) }
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
