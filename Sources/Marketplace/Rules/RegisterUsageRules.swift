package import MeteringAPI

/// RegisterUsage: a container that is paid by the hour announces itself once, at its start.
package enum RegisterUsageRules {
    /// What a request that is not refused is answered with, and what it changes.
    package struct Decision: Sendable {
        /// The key that signs the answer; it may not have been made yet.
        package var key: RegistrationKey
        /// The workload to remember, when this is its first successful call, or one that puts off
        /// the end of a workload that no credential stands for.
        package var firstCall: (workload: RegisteredWorkload, isFree: Bool)?
        /// Why the workload may run, as a sentence.
        package var reason: String
    }

    /// What has to be looked up before a request is decided: the workload and the product's keys.
    package static func lookUps(
        for request: RegisterUsageRequest, in context: RuleContext
    ) -> [FactQuery] {
        guard let code = request.productCode, context.catalog.products[code] != nil else {
            return []
        }
        let workload = workload(code, context)
        return [
            .key(CatalogFact.registeredWorkload(workload).key), .owned(.signingKey, by: code),
        ]
    }

    private static func workload(
        _ productCode: String, _ context: RuleContext
    ) -> RegisteredWorkload {
        let principal = context.caller.principal
        return RegisteredWorkload(
            productCode: productCode, accountID: principal.accountID,
            resourceID: principal.resourceID ?? "", region: context.region)
    }

    /// Decides on a request that meets the model's constraints.
    package static func decide(
        _ request: RegisterUsageRequest, in context: RuleContext
    ) throws(Refusal) -> Decision {
        let principal = context.caller.principal
        try context.permit(.registerUsage)
        try context.requireOffer(of: .registerUsage)
        if let region = principal.region, !region.hasSameBytes(as: context.region) {
            throw Refusal(
                .invalidRegion, .resourceRegion,
                "the task runs in \(region), the request was signed for \(context.region)")
        }
        guard principal.kind == .ecsTask || principal.kind == .eksPod else {
            throw Refusal(
                .platformNotSupported, .platform,
                "RegisterUsage needs credentials of an ecsTask or eksPod; these are of kind "
                    + principal.kind.rawValue)
        }
        let product = try product(request, context)
        let key = try key(request, product, context)
        var workload = workload(product.code, context)
        workload.isAssumed = context.caller.isAssumed ? true : nil
        let known = context.catalog.registeredWorkload(workload.name)
        if let known, known.stoppedAt == nil {
            return Decision(
                key: key,
                firstCall: known.isLongSilent(at: context.now)
                    ? (workload: known, isFree: known.isFree == true) : nil,
                reason: "the workload registered before: its entitlement is not asked again")
        }
        try context.catalog.requireRoom(for: workload)
        guard !principal.accountID.hasSameBytes(as: product.sellerAccountID) else {
            return Decision(
                key: key, firstCall: (workload, isFree: true),
                reason: "the seller tries its own product, which needs no agreement")
        }
        try WorkloadEntitlement.require(product, context, usageAt: nil)
        return Decision(
            key: key, firstCall: (workload, isFree: false),
            reason: "the workload's first call: its account is entitled")
    }

    private static func product(
        _ request: RegisterUsageRequest, _ context: RuleContext
    ) throws(Refusal) -> Product {
        let code = request.productCode ?? ""
        guard let product = context.catalog.products[code] else {
            throw Refusal(.invalidProductCode, .product, "there is no product \(quoted(code))")
        }
        guard product.type == .container else {
            throw Refusal(
                .invalidProductCode, .product,
                "\(quoted(code)) is of type \(product.type.rawValue); RegisterUsage is for "
                    + "container products")
        }
        return product
    }

    private static func key(
        _ request: RegisterUsageRequest, _ product: Product, _ context: RuleContext
    ) throws(Refusal) -> RegistrationKey {
        let version = Int(request.publicKeyVersion ?? 0)
        guard let key = context.catalog.signingKey(of: product.code, version: version) else {
            let versions = context.catalog.signingKeys(of: product.code).map { "\($0.version)" }
            throw Refusal(
                .invalidPublicKeyVersion, .keyVersion,
                "the product has no public key version \(version); it has "
                    + versions.joined(separator: ", "))
        }
        return key
    }
}
