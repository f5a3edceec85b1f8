
/// Products, accounts and agreements at one moment: what the rules look things up in.
///
/// A value: a change makes a new one, and a request decides on the one it began with.
package struct Catalog: Sendable {
    package private(set) var products: [String: Product] = [:]
    package private(set) var accounts: [String: Account] = [:]
    package private(set) var agreements: [String: Agreement] = [:]
    private var buyersByCustomerIdentifier: [String: String] = [:]
    private var agreementsByLicense: [String: String] = [:]
    private var agreementsByParties: [Parties: [String]] = [:]

    private struct Parties: Hashable {
        let buyer: String
        let product: String
    }

    package init() {}

    package func product(_ code: String) -> Product? { products[code] }

    package func account(_ id: String) -> Account? { accounts[id] }

    package func buyer(customerIdentifier: String) -> Account? {
        buyersByCustomerIdentifier[customerIdentifier].flatMap { accounts[$0] }
    }

    package func agreement(licenseARN: String) -> Agreement? {
        agreementsByLicense[licenseARN].flatMap { agreements[$0] }
    }

    /// A buyer's agreements for a product, oldest first.
    package func agreements(buyer: String, product: String) -> [Agreement] {
        (agreementsByParties[Parties(buyer: buyer, product: product)] ?? [])
            .compactMap { agreements[$0] }
    }

    package mutating func put(_ product: Product) {
        products[product.code] = product
    }

    package mutating func put(_ account: Account) {
        if let old = accounts[account.id]?.customerIdentifier {
            buyersByCustomerIdentifier[old] = nil
        }
        accounts[account.id] = account
        if let identifier = account.customerIdentifier {
            buyersByCustomerIdentifier[identifier] = account.id
        }
    }

    /// Adds an agreement, or replaces the one of its id, whose licence and parties never change.
    package mutating func put(_ agreement: Agreement) {
        let isNew = agreements.updateValue(agreement, forKey: agreement.id) == nil
        guard isNew else { return }
        agreementsByLicense[agreement.licenseARN] = agreement.id
        let parties = Parties(buyer: agreement.buyerAccountID, product: agreement.productCode)
        agreementsByParties[parties, default: []].append(agreement.id)
    }
}
