package import MeteringAPI

/// MeterUsage: software in the buyer's account reports its own usage.
///
/// The resource is known from the credentials only. One report counts per resource, dimension and
/// hour, except on AgentCore, where each client token counts.
package enum MeterUsageRules {
    /// What is to be done with a request that is not refused.
    package enum Decision: Sendable {
        case record(UsageEntry)
        /// The request would be recorded, were it not a dry run.
        case dryRun
    }

    /// Decides on a request that meets the model's constraints.
    package static func decide(
        _ request: MeterUsageRequest, in context: RuleContext,
        ids: inout some RandomNumberGenerator
    ) throws(Refusal) -> Decision {
        let principal = context.caller.principal
        try context.permit(.meterUsage)
        try requireToken(request, context)
        try checkRegion(context)
        try context.requireOffer(of: .meterUsage)
        let product = try product(request, context)
        let dimension = request.usageDimension ?? ""
        let timestamp = request.timestamp ?? Timestamp(milliseconds: 0)
        try context.requireMetered(dimension, of: product, at: nil)
        try context.require(timestamp, in: context.contract.meterWindow, at: nil)
        try AllocationRules.checkTags(request.allocations, at: nil)
        let quantity = request.quantity.quantity ?? .zero
        if product.type == .agentCore, request.allocations != nil {
            throw Refusal(
                .invalidUsageAllocations, .allocations, "AgentCore usage takes no allocations")
        }
        let allocations = try AllocationRules.recorded(
            request.allocations, of: request.quantity, quantity, at: nil)
        try requireEntitlement(to: product, timestamp, context)
        if request.dryRun == true { return .dryRun }
        let resource = principal.resourceID ?? ""
        let series = UsageSeries(
            space: .resource, productCode: product.code, buyerAccountID: principal.accountID,
            resourceID: resource, dimension: dimension, region: context.region)
        let token = request.clientToken.map { token in
            ClientToken(
                scope: ClientToken.Scope(
                    accountID: principal.accountID, resourceID: resource, region: context.region),
                token: token, requestDigest: request.digest)
        }
        return .record(
            UsageEntry(
                id: .random(using: &ids), series: series, timestamp: timestamp,
                quantity: quantity, allocations: allocations, operation: .meterUsage,
                recordedAt: context.now, isOncePerHour: product.type != .agentCore,
                clientToken: token))
    }

    private static func requireToken(
        _ request: MeterUsageRequest, _ context: RuleContext
    ) throws(Refusal) {
        guard context.caller.principal.kind == .agentCoreRuntime,
            context.contract.servesAgentCore, request.clientToken == nil
        else { return }
        let violation = Violation(
            path: "clientToken", value: .absent, constraint: "Member must not be null")
        throw Refusal(
            .validation([violation]), rule: .clientToken,
            reason: "AgentCore callers must send a ClientToken; newer SDKs add one by themselves")
    }

    private static func checkRegion(_ context: RuleContext) throws(Refusal) {
        guard let region = context.caller.principal.region,
            !region.hasSameBytes(as: context.region)
        else { return }
        throw Refusal(
            .invalidEndpointRegion, .resourceRegion,
            "the resource runs in \(region), the request was signed for \(context.region)")
    }

    private static func product(
        _ request: MeterUsageRequest, _ context: RuleContext
    ) throws(Refusal) -> Product {
        let code = request.productCode ?? ""
        guard let product = context.catalog.products[code] else {
            throw Refusal(
                .invalidProductCode, .product, "there is no product \(quoted(code))")
        }
        guard product.type != .saas else {
            throw Refusal(
                .invalidProductCode, .product,
                "\(quoted(code)) is of type saas, which BatchMeterUsage meters")
        }
        return product
    }

    private static func requireEntitlement(
        to product: Product, _ timestamp: Timestamp, _ context: RuleContext
    ) throws(Refusal) {
        let kind = context.caller.principal.kind
        guard kind.meters(product.type) else {
            throw Refusal(
                .customerNotEntitled, .platform,
                "MeterUsage for \(product.type.rawValue) products needs credentials of "
                    + "\(product.type.platforms); these are of kind \(kind.rawValue)")
        }
        guard kind != .agentCoreRuntime || context.contract.servesAgentCore else {
            throw Refusal(
                .customerNotEntitled, .platform,
                "contract \(context.contract.name) does not serve AgentCore")
        }
        try WorkloadEntitlement.require(product, context, usageAt: timestamp)
    }
}

/// Whether a workload's account may use a product now.
enum WorkloadEntitlement {
    static func require(
        _ product: Product, _ context: RuleContext, usageAt timestamp: Timestamp?
    ) throws(Refusal) {
        let id = context.caller.principal.accountID
        if context.catalog.accounts[id]?.isSuspended == true {
            throw Refusal(.customerNotEntitled, .subscription, "the buyer's account is suspended")
        }
        let agreements = context.catalog.agreements(buyer: id, product: product.code)
        let current = agreements.filter { $0.acceptsUsage(at: context.now) }
        guard let first = current.first else {
            throw Refusal(
                .customerNotEntitled, .subscription,
                agreements.last?.refusal(at: context.now)
                    ?? "account \(id) has no agreement for this product")
        }
        guard let timestamp, current.allSatisfy({ $0.startsAfter(timestamp) }) else { return }
        throw Refusal(
            .customerNotEntitled, .agreementPeriod,
            "\(timestamp.iso8601) is before the agreement's start, \(first.startsAt.iso8601)")
    }
}

extension ProductType {
    /// The workloads that MeterUsage serves, for a message.
    fileprivate var platforms: String {
        PrincipalKind.allCases.filter { $0.meters(self) }.map(\.rawValue)
            .joined(separator: " or ")
    }
}

extension MeterUsageRequest {
    /// A digest of every parameter but the token, by value; FNV-1a of 128 bits, because it only
    /// guards a caller against mixing up its own requests.
    var digest: UInt128 {
        var hash = FNV1a()
        hash.add(productCode ?? "")
        hash.add(String(timestamp?.milliseconds ?? 0))
        hash.add(usageDimension ?? "")
        hash.add(String((quantity.quantity ?? .zero).millionths))
        hash.add(dryRun == true ? "1" : "0")
        for allocation in allocations ?? [] {
            hash.add(String((allocation.quantity.quantity ?? .zero).millionths))
            for tag in allocation.tags ?? [] {
                hash.add(tag.key ?? "")
                hash.add(tag.value ?? "")
            }
            hash.add("")
        }
        return hash.value
    }
}

private struct FNV1a {
    private(set) var value: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013b

    /// Adds a text and its length, so that two texts never run into each other.
    mutating func add(_ text: String) {
        for byte in String(text.utf8.count).utf8 { add(byte) }
        add(0)
        for byte in text.utf8 { add(byte) }
    }

    private mutating func add(_ byte: UInt8) {
        value = (value ^ UInt128(byte)) &* Self.prime
    }
}

extension MeterUsageRules {
    /// The answer once the ledger has said what became of the entry.
    package static func answer(
        _ entry: UsageEntry, _ outcome: RecordOutcome
    ) throws(Refusal) -> MeterUsageResult {
        switch outcome {
        case .recorded(let id, _), .tokenReplayed(let id):
            return MeterUsageResult(meteringRecordID: id.description)
        case .alreadyRecorded(let earlier):
            return MeterUsageResult(meteringRecordID: earlier.id.description)
        case .conflict(let earlier):
            throw Refusal(
                .duplicateRequest, .firstWriteWins,
                "\(earlier.quantity) was recorded first, as \(earlier.id), and is billed; "
                    + "\(entry.quantity) was not recorded")
        case .tokenConflict:
            throw Refusal(
                .idempotencyConflict, .clientToken,
                "the ClientToken came before with another request")
        }
    }
}
