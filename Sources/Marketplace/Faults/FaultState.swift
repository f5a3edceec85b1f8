package import MeteringAPI

/// A fault plan that is at work: what has fired, and what is left.
package struct FaultState: Sendable {
    package let plan: FaultPlan
    /// How often each rule has fired.
    package private(set) var fired: [Int]
    private var draws: [Draw]
    private var quotas: [Quota: Bucket] = [:]

    package init(_ plan: FaultPlan) {
        self.plan = plan
        fired = plan.rules.map { _ in 0 }
        // A draw of its own for each rule: adding one leaves the others as they were.
        draws = plan.rules.indices.map { Draw(state: plan.seed &+ UInt64($0) &* 0x9E37_79B9) }
    }

    /// How often a rule will fire yet; nil for one without a number.
    package func remaining(of index: Int) -> Int? {
        guard case .next(let count) = plan.rules[index].frequency else { return nil }
        return max(0, count - fired[index])
    }

    /// A rule that fires, and the records that it concerns.
    package struct Firing: Sendable, Hashable {
        /// Its place in the plan, from 0.
        package var index: Int
        package var effect: FaultRule.Effect
        package var records: [Int]
    }

    /// The rules that fire on a request, in the plan's order; those that skew clocks fire before
    /// anything is known of a request but its operation and key, and others after.
    package mutating func fire(on call: FaultCall, skewsClock: Bool) -> [Firing] {
        var firings: [Firing] = []
        for (index, rule) in plan.rules.enumerated() {
            if case .clockSkew = rule.effect {
                guard skewsClock else { continue }
            } else if skewsClock {
                continue
            }
            guard let records = rule.match.records(of: call), happens(index) else { continue }
            fired[index] += 1
            firings.append(Firing(index: index, effect: rule.effect, records: records))
        }
        return firings
    }

    private mutating func happens(_ index: Int) -> Bool {
        switch plan.rules[index].frequency {
        case .always: true
        case .next(let count): fired[index] < count
        case .share(let thousandths): draws[index].next() % 1000 < UInt64(max(0, thousandths))
        }
    }
}

/// A generator that gives the same numbers for the same seed, everywhere (SplitMix64).
private struct Draw: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

// AWS's request quotas, an account's in a region: ten a second for BatchMeterUsage and MeterUsage,
// five for RegisterUsage (the seller guide's page of quotas).

private struct Quota: Hashable {
    let account: ExactText
    let region: ExactText
    let operation: OperationName
}

private struct Bucket {
    /// Thousandths of a request that may come at once.
    var level: Int64
    var at: Timestamp
}

extension OperationName {
    /// Requests a second; nil where AWS names none.
    fileprivate var quota: Int64? {
        switch self {
        case .batchMeterUsage, .meterUsage: 10
        case .registerUsage: 5
        default: nil
        }
    }
}

extension FaultState {

    /// Whether a request is over its account's quota, by the real clock; a second's worth may come
    /// at once.
    package mutating func exceedsQuota(_ call: FaultCall, real: Timestamp) -> Bool {
        guard plan.enforcesQuotas, let rate = call.operation.quota, let account = call.accountID
        else { return false }
        let quota = Quota(
            account: ExactText(account), region: ExactText(call.region), operation: call.operation)
        var bucket = quotas[quota] ?? Bucket(level: rate * 1000, at: real)
        let passed = max(0, min(1000, real.milliseconds(since: bucket.at)))
        bucket.level = min(rate * 1000, bucket.level + passed * rate)
        bucket.at = max(bucket.at, real)
        let isOver = bucket.level < 1000
        if !isOver { bucket.level -= 1000 }
        if quotas[quota] == nil, quotas.count >= MarketplaceLimits.quotaAccounts { quotas = [:] }
        quotas[quota] = bucket
        return isOver
    }
}
