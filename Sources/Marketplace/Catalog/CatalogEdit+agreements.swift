package import MeteringAPI

extension CatalogEdit {
    /// What is asked for when an agreement is made.
    package struct AgreementDraft: Sendable {
        package var productCode: String
        package var buyerAccountID: String
        /// Now when absent.
        package var startsAt: Timestamp?
        package var endsAt: Timestamp?
        package var id: String?
        package var licenseARN: String?
        package var isFreeTrial = false

        package init(productCode: String, buyerAccountID: String) {
            self.productCode = productCode
            self.buyerAccountID = buyerAccountID
        }
    }

    /// Makes an agreement; `random` is letters and digits for the names that were not given.
    package mutating func addAgreement(
        _ draft: AgreementDraft, random: String
    ) throws(Contradiction) -> Agreement {
        var faults = FaultCollector()
        let product = catalog.products[draft.productCode]
        let buyer = catalog.accounts[draft.buyerAccountID]
        faults.check(
            product != nil, "productCode",
            "there is no product \(quoted(draft.productCode)): make it first")
        faults.check(
            buyer?.role == .buyer, "buyerAccountId",
            "there is no buyer's account \(quoted(draft.buyerAccountID)): make it first")
        let startsAt = draft.startsAt ?? now
        if let endsAt = draft.endsAt {
            faults.check(endsAt > startsAt, "endsAt", "the end is not after the start")
        }
        let id = draft.id ?? "agmt-\(random)"
        faults.check(!id.isEmpty, "agreementId", "the agreement's id is empty")
        faults.conflict(
            unless: catalog.agreements[id] == nil, "agreementId", "\(quoted(id)) exists already")
        let license =
            draft.licenseARN
            ?? "arn:aws:license-manager::\(product?.sellerAccountID ?? ""):license:l-\(random)"
        faults.check(
            isLicense(license), "licenseArn",
            "\(quoted(license)) is no ARN such as "
                + "arn:aws:license-manager::111122223333:license:l-1a2b3c")
        faults.conflict(
            unless: catalog.agreement(licenseARN: license) == nil, "licenseArn",
            "\(quoted(license)) belongs to another agreement")
        let agreement = Agreement(
            id: id, licenseARN: license, productCode: draft.productCode,
            buyerAccountID: draft.buyerAccountID, startsAt: startsAt, endsAt: draft.endsAt,
            isFreeTrial: draft.isFreeTrial,
            sequence: catalog.agreements.count + 1)
        if product?.integration == .customerIdentifier {
            let other = catalog.agreements(
                buyer: draft.buyerAccountID, product: draft.productCode
            ).last { $0.overlaps(agreement) }
            faults.conflict(
                unless: other == nil, "buyerAccountId",
                "the buyer has the agreement \(quoted(other?.id ?? "")) at that time: a product of "
                    + "the integration customerIdentifier has one agreement a buyer at a time")
        }
        try faults.finish()
        put(.agreement(agreement))
        return agreement
    }

    /// Ends an agreement now, or at another time after its start.
    package mutating func cancelAgreement(
        _ id: String, at: Timestamp?
    ) throws(Contradiction) -> Agreement {
        guard var agreement = catalog.agreements[id] else {
            throw Contradiction(.notFound, "agreementId", "there is no agreement \(quoted(id))")
        }
        let state = agreement.state(at: now)
        guard state == .active || state == .pending else {
            throw Contradiction(
                .conflict, "agreementId",
                "the agreement ended at \(agreement.endsAt?.iso8601 ?? "")")
        }
        let end = at ?? now
        guard state == .pending || end >= agreement.startsAt else {
            throw Contradiction(
                .invalid, "at", "the end is before the start, \(agreement.startsAt.iso8601)")
        }
        if let endsAt = agreement.endsAt, end > endsAt {
            throw Contradiction(
                .invalid, "at", "the agreement ends before that, at \(endsAt.iso8601)")
        }
        agreement.endsAt = end
        put(.agreement(agreement))
        return agreement
    }

    /// The newest agreement of a buyer for a product that is pending, active or ending.
    func current(_ productCode: String, _ buyer: String) -> Agreement? {
        catalog.agreements(buyer: buyer, product: productCode)
            .last { $0.state(at: now) != .ended }
    }
}

/// Whether this is a licence's ARN by the API's pattern.
private func isLicense(_ text: String) -> Bool {
    let record = UsageRecord(
        timestamp: Timestamp(seconds: 0), dimension: "d", licenseARN: text)
    return BatchMeterUsageRequest(usageRecords: [record]).violations(of: APIModel()).isEmpty
}
