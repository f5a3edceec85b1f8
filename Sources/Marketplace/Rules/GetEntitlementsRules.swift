package import MeteringAPI

/// GetEntitlements: a seller asks what buyers of a product have bought in advance.
package enum GetEntitlementsRules {
    /// Decides on a request that meets the model's constraints.
    package static func decide(
        _ request: GetEntitlementsRequest, in context: RuleContext
    ) throws(Refusal) -> GetEntitlementsResult {
        try context.permit(.getEntitlements)
        guard Regions.offer(.getEntitlements, in: context.region, to: .account) else {
            // The operation has no exception of its own for this.
            throw Refusal(
                .invalidParameter, .regionAvailability,
                "AWS does not offer GetEntitlements in \(context.region)")
        }
        let account = context.caller.principal.accountID
        let code = request.productCode ?? ""
        guard let product = context.catalog.products[code],
            product.sellerAccountID.hasSameBytes(as: account)
        else {
            throw Refusal(
                .invalidParameter, .product,
                "account \(account) has published no product \(quoted(code))")
        }
        guard
            request.filter[.customerIdentifier] == nil
                || request.filter[.customerAWSAccountID] == nil
        else {
            throw Refusal(
                .invalidParameter, .identifiers,
                "CUSTOMER_IDENTIFIER and CUSTOMER_AWS_ACCOUNT_ID exclude each other")
        }
        guard request.filter[.dimension] == nil || request.namesCustomers else {
            throw Refusal(
                .invalidParameter, .identifiers,
                "a filter of DIMENSION needs one of CUSTOMER_IDENTIFIER, "
                    + "CUSTOMER_AWS_ACCOUNT_ID or LICENSE_ARN beside it")
        }
        let start = try Position(request.nextToken, product.code)
        let found = entitlements(of: product, request, context)
            .filter { entitlement in start.map { $0 < entitlement.position } ?? true }
        let limit = Int(request.maxResults ?? ModelLimits.entitlementsInPage)
        let page = found.prefix(limit)
        return GetEntitlementsResult(
            entitlements: page.map(\.record),
            nextToken: found.count > limit ? page.last?.position.token(product.code) : nil)
    }

    /// An entitlement with its place in the order of all, which never changes: what begins or ends
    /// between two pages neither repeats nor hides another.
    private struct Placed {
        let position: Position
        let record: EntitlementRecord
    }

    private static func entitlements(
        of product: Product, _ request: GetEntitlementsRequest, _ context: RuleContext
    ) -> [Placed] {
        let filter = request.filter
        var found: [Placed] = []
        for agreement in context.catalog.entitledAgreements(product: product.code) {
            // What was bought holds until the end; the hour for final records gives no more of it.
            guard agreement.state(at: context.now) == .active,
                let buyer = context.catalog.accounts[agreement.buyerAccountID],
                matches(filter[.licenseARN], agreement.licenseARN),
                matches(filter[.customerAWSAccountID], buyer.id),
                matches(filter[.customerIdentifier], buyer.customerIdentifier)
            else { continue }
            for entitlement in agreement.entitlements
            where matches(filter[.dimension], entitlement.dimension) {
                found.append(
                    Placed(
                        position: Position(
                            sequence: agreement.sequence, dimension: entitlement.dimension),
                        record: record(entitlement, agreement, product, buyer)))
            }
        }
        return found.sorted { $0.position < $1.position }
    }

    private static func matches(_ values: [String]?, _ value: String?) -> Bool {
        guard let values else { return true }
        guard let value else { return false }
        return values.contains { $0.hasSameBytes(as: value) }
    }

    private static func record(
        _ entitlement: Entitlement, _ agreement: Agreement, _ product: Product, _ buyer: Account
    ) -> EntitlementRecord {
        EntitlementRecord(
            productCode: product.code, dimension: entitlement.dimension,
            customerIdentifier: product.integration == .customerIdentifier
                ? buyer.customerIdentifier : nil,
            customerAWSAccountID: buyer.id, value: entitlement.value,
            expirationDate: agreement.endsAt ?? .withoutEnd, licenseARN: agreement.licenseARN)
    }
}

extension GetEntitlementsRequest {
    /// Whether it asks for certain buyers or licences only.
    fileprivate var namesCustomers: Bool {
        [.customerIdentifier, .customerAWSAccountID, .licenseARN].contains { filter[$0] != nil }
    }
}

/// Where an entitlement stands: by its agreement's age, then by dimension.
private struct Position: Comparable {
    let sequence: Int
    let dimension: String

    init(sequence: Int, dimension: String) {
        self.sequence = sequence
        self.dimension = dimension
    }

    static func == (left: Position, right: Position) -> Bool {
        left.sequence == right.sequence
            && left.dimension.hasSameBytes(as: right.dimension)
    }

    static func < (left: Position, right: Position) -> Bool {
        left.sequence == right.sequence
            ? ExactText(left.dimension) < ExactText(right.dimension)
            : left.sequence < right.sequence
    }

    /// What a page's end is called on the wire: no spaces, and nothing to guess a meaning from.
    func token(_ productCode: String) -> String {
        "\(sequence)/\(dimension)/\(productCode)".utf8.map(hexadecimal).joined()
    }

    /// Reads a token; nil where there is none.
    init?(_ token: String?, _ productCode: String) throws(Refusal) {
        guard let token else { return nil }
        let parts = Self.decoded(token)?.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        let ending = "/\(productCode)".utf8
        // By bytes: a name may begin with a mark that would join the slash before it.
        guard let parts, parts.count == 2,
            let sequence = WholeNumber.read(Substring(parts[0])).map(Int.init),
            parts[1].suffix(ending.count).elementsEqual(ending)
        else {
            throw Refusal(
                .invalidParameter, .types,
                "the NextToken is none that a page of this product ended with")
        }
        self.sequence = sequence
        dimension = String(Substring(parts[1].dropLast(ending.count)))
    }

    private static func decoded(_ token: String) -> String? {
        let digits = token.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { index in
            UInt8((digits[index] ?? 0) << 4 | (digits[index + 1] ?? 0))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

private func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return byte < 16 ? "0" + text : text
}
