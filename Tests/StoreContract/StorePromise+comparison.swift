import Marketplace
import MeteringAPI

extension StorePromise {
    static let comparison: [StorePromise] = (1...4).map { seed in
        StorePromise("A thousand calls at random end as in memory (seed \(seed))") { store in
            let oracle = InMemoryStore()
            var calls = RandomCalls(seed: UInt64(seed))
            for number in 0..<1000 {
                let entries = calls.next()
                try expectEqual(
                    try await store.record(entries), try await oracle.record(entries),
                    "the outcomes of call \(number), \(entries),")
                if number % 400 == 399 {
                    try await compare(store, oracle)
                    try await store.forgetUsage(saving: [])
                    try await oracle.forgetUsage(saving: [])
                }
            }
            try await compare(store, oracle)
        }
    }

    private static func compare(
        _ store: any MarketplaceStore, _ oracle: any MarketplaceStore
    ) async throws {
        let stored = try await store.allUsage(limit: 97)
        let expected = try await oracle.allUsage()
        try expectEqual(
            stored.map(\.timestamp.hour), expected.map(\.timestamp.hour), "the hours")
        try expectEqual(Set(stored), Set(expected), "what is recorded")
        for groupings in [[], [.dimension, .licenseArn], [.hour, .resourceId], [.month]]
            as [[UsageGrouping]]
        {
            try expectEqual(
                try await store.allTotals(by: groupings, limit: 7),
                try await oracle.allTotals(by: groupings), "the totals by \(groupings)")
        }
        for product in RandomCalls.products {
            try expectEqual(
                try await store.usedDimensions(of: product),
                try await oracle.usedDimensions(of: product), "used dimensions")
        }
    }
}

/// Calls from so few names and hours that most entries meet an earlier one.
private struct RandomCalls {
    static let products = ["prod", "other"]

    private var generator: SplitMix
    private var number = 0
    /// Goes on by minutes and now and then by hours, so that tokens expire.
    private var now = Timestamp.noon

    init(seed: UInt64) {
        generator = SplitMix(state: seed)
    }

    mutating func next() -> [UsageEntry] {
        let minutes: Int64 = chance(20) ? .random(in: 60...900, using: &generator) : 1
        now = now.adding(seconds: minutes * 60)
        return (0..<Int.random(in: 0...6, using: &generator)).map { _ in entry() }
    }

    private mutating func entry() -> UsageEntry {
        number += 1
        // Moments differ, because the earliest of two at one moment is nobody's promise.
        now = Timestamp(milliseconds: now.milliseconds + 1)
        let isAgent = chance(6)
        let hour = Int64.random(in: -6...0, using: &generator)
        return UsageEntry(
            id: .random(using: &generator), series: isAgent ? agentSeries() : series(),
            timestamp: Timestamp(milliseconds: now.adding(hours: hour).milliseconds),
            quantity: Quantity(millionths: .random(in: 0...2, using: &generator) * 999_999),
            allocations: allocations(), operation: isAgent ? .meterUsage : .batchMeterUsage,
            recordedAt: now, isOncePerHour: !isAgent,
            clientToken: isAgent || chance(10) ? token() : nil)
    }

    private mutating func series() -> UsageSeries {
        let product = pick(Self.products)
        let buyer = pick(["111122223333", "444455556666"])
        let dimension = pick(["users", "\u{E9}", "e\u{301}"])
        let region = chance(5) ? "eu-west-1" : "us-east-1"
        return switch pick(UsageSeries.Space.allCases) {
        case .product:
            .sample(product: product, buyer: buyer, dimension: dimension, region: region)
        case .license:
            .sample(
                product: product, license: pick(["arn:l1", "arn:l2", "arn:l3"]), buyer: buyer,
                dimension: dimension, region: region)
        case .resource, .runtime:
            .sample(
                product: product, buyer: buyer, resource: pick(["i-1", "i-2"]),
                dimension: dimension, region: region, isRuntime: chance(2))
        }
    }

    private mutating func agentSeries() -> UsageSeries {
        .sample(resource: pick(["runtime/a", "runtime/b"]))
    }

    private mutating func token() -> ClientToken {
        .sample(
            pick(["t1", "t2", "t3"]), digest: UInt128.random(in: 1...2, using: &generator),
            resource: pick(["runtime/a", "runtime/b"]))
    }

    private mutating func allocations() -> [RecordedAllocation] {
        guard chance(4) else { return [] }
        return [
            RecordedAllocation(quantity: Quantity(1), tags: ["team": pick(["a", "b"])]),
            RecordedAllocation(quantity: Quantity(2), tags: [:]),
        ]
    }

    /// True once in so many times.
    private mutating func chance(_ times: Int) -> Bool {
        Int.random(in: 0..<times, using: &generator) == 0
    }

    private mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[Int.random(in: choices.indices, using: &generator)]
    }
}

/// SplitMix64: the same numbers for the same seed, on every platform.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
