/// An AWS account as the marketplace knows it.
package struct Account: Sendable, Hashable {
    /// Twelve digits.
    package var id: String
    package var role: AccountRole
    package var name: String
    /// What older integrations call a buyer by; a buyer always has one.
    package var customerIdentifier: String?
    package var isSuspended: Bool

    package init(
        id: String, role: AccountRole, name: String, customerIdentifier: String? = nil,
        isSuspended: Bool = false
    ) {
        self.id = id
        self.role = role
        self.name = name
        self.customerIdentifier = customerIdentifier
        self.isSuspended = isSuspended
    }
}

/// What an account does on the marketplace.
package enum AccountRole: String, Sendable, CaseIterable {
    case seller, buyer
}
