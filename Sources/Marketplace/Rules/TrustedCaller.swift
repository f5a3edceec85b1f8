package import MeteringAPI

/// Whom an unknown access key stands for, where signatures are not checked.
///
/// For people who come from tools that never check: any key acts as the seller of the product
/// that the request names, or as a workload of the one buyer that the product has.
package enum TrustedCaller {
    /// Whom a request is from, where its signature is not checked.
    package static func caller(
        accessKeyID: String, region: String, operation: OperationName, product: Product?,
        catalog: Catalog, now: Timestamp
    ) throws(Refusal) -> Caller {
        guard let product else {
            // Whatever the rules say of an unknown product is the better answer; RegisterUsage
            // asks for the platform first.
            return Caller(
                accessKeyID: accessKeyID,
                principal: operation == .registerUsage
                    ? Principal(
                        kind: .ecsTask, accountID: "000000000000", region: region,
                        resourceID: accessKeyID)
                    : Principal(kind: .account, accountID: "000000000000"))
        }
        let kind: PrincipalKind
        switch (operation, product.type) {
        case (.batchMeterUsage, _), (.resolveCustomer, _), (_, .saas): kind = .account
        case (_, .ami): kind = .ec2Instance
        case (_, .container): kind = .ecsTask
        case (_, .agentCore): kind = .agentCoreRuntime
        }
        guard kind != .account else {
            return Caller(
                accessKeyID: accessKeyID,
                principal: Principal(kind: .account, accountID: product.sellerAccountID))
        }
        let buyers = Set(
            catalog.agreements.values
                .filter {
                    $0.productCode.hasSameBytes(as: product.code) && $0.acceptsUsage(at: now)
                }
                .map { ExactText($0.buyerAccountID) })
        guard buyers.count == 1, let buyer = buyers.first?.text else {
            throw Refusal(
                .customerNotEntitled, .subscription,
                "without checked signatures the caller is the product's one buyer with a current "
                    + "agreement; it has \(buyers.count)")
        }
        return Caller(
            accessKeyID: accessKeyID,
            principal: Principal(
                kind: kind, accountID: buyer, region: region, resourceID: accessKeyID),
            isAssumed: true)
    }
}
