import MeteringAPI

extension CatalogEdit {
    /// Creates or replaces an account.
    ///
    /// A buyer always has a CustomerIdentifier: the given one, the one it had, or the made-up one.
    package mutating func putAccount(
        _ account: Account, madeUpIdentifier: String
    ) throws(Contradiction) -> Account {
        let known = catalog.accounts[account.id]
        var account = account
        var faults = ObjectionCollector()
        faults.check(isAccountID(account.id), "accountId", "an account id has twelve digits")
        faults.check(!account.name.isEmpty, "name", "the name is empty")
        switch account.role {
        case .seller:
            faults.check(
                account.customerIdentifier == nil, "customerIdentifier",
                "only a buyer has a customerIdentifier")
            faults.check(!account.isSuspended, "suspended", "only a buyer can be suspended")
        case .buyer:
            let identifier =
                account.customerIdentifier ?? known?.customerIdentifier ?? madeUpIdentifier
            account.customerIdentifier = identifier
            faults.check(
                (1...ModelLimits.text).contains(identifier.utf16.count), "customerIdentifier",
                "a customerIdentifier has 1 to \(ModelLimits.text) characters")
            let holder = catalog.buyer(customerIdentifier: identifier)
            faults.conflict(
                unless: holder.map { $0.id.hasSameBytes(as: account.id) } ?? true,
                "customerIdentifier",
                "account \(holder?.id ?? "") already has \(quoted(identifier))")
        }
        if let known, known.role != account.role {
            let id = account.id
            faults.conflict(
                unless: !catalog.products.values
                    .contains { $0.sellerAccountID.hasSameBytes(as: id) }
                    && !catalog.agreements.values
                        .contains { $0.buyerAccountID.hasSameBytes(as: id) },
                "role", "the account is a \(known.role.rawValue) with products or agreements")
        }
        try faults.finish()
        put(.account(account))
        if let known, known.isSuspended != account.isSuspended { tellOfSuspension(of: account) }
        return account
    }

    /// Tells the seller of each agreement that the buyer's account was suspended or taken back.
    private mutating func tellOfSuspension(of account: Account) {
        let concerned = catalog.agreements.values
            .filter {
                $0.buyerAccountID.hasSameBytes(as: account.id) && $0.state(at: now) != .ended
            }
        for agreement in concerned.sorted(by: { $0.sequence < $1.sequence }) {
            tell(
                account.isSuspended ? .advisoryIssued : .advisoryResolved, of: agreement, at: now)
        }
    }
}

/// Whether this is an AWS account's id.
func isAccountID(_ text: String) -> Bool {
    text.utf8.count == 12 && text.utf8.allSatisfy { $0 &- 48 < 10 }
}
