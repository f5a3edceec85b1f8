import Marketplace
import MeteringAPI

/// Something that is asked of two stores.
enum RandomCall {
    case record([UsageEntry])
    /// Entries that were decided before something was forgotten or taken away.
    case recordLate([UsageEntry])
    case save([CatalogChange], ifUnused: Set<ExactText>)
    /// Changes that were made on a catalog that has been changed since.
    case saveLate([CatalogChange])
    /// An attempt to make one of the deliveries.
    case tryDelivery(Int, at: Timestamp, error: String?)
    // The moments are those before.
    case forgetUsage([CatalogChange], at: Timestamp)
    case forgetEverything(at: Timestamp)
    case restart(at: Timestamp)
}

/// Calls from so few names and hours that most entries meet an earlier one.
struct RandomCalls {
    static let products = ["prod", "other"]
    static let targets = ["t1", "t2"]
    private static let tokens = ["t1", "t2", "t3"]
    private static let resources = ["runtime/a", "runtime/b"]
    private static let buyers = ["111122223333", "444455556666"]

    private var generator: SplitMix
    private var number = 0
    /// Goes on by minutes and now and then by hours, so that tokens expire; back with a reset.
    private(set) var now = Timestamp.noon

    init(seed: UInt64) {
        generator = SplitMix(state: seed)
    }

    mutating func next() -> RandomCall {
        let minutes: Int64 = chance(20) ? .random(in: 60...900, using: &generator) : 1
        now = now.adding(seconds: minutes * 60)
        let before = now
        switch Int.random(in: 0..<1000, using: &generator) {
        case 0..<8:
            turnBack()
            return .forgetUsage(changes(), at: before)
        case 8..<14:
            turnBack()
            return .forgetEverything(at: before)
        case 14..<26: return .restart(at: now)
        case 26..<60: return .save(changes(), ifUnused: [ExactText(pick(Self.products))])
        case 60..<180: return .save(changes(), ifUnused: [])
        case 180..<220:
            return .tryDelivery(
                .random(in: 0..<100, using: &generator), at: now, error: chance(2) ? "no" : nil)
        case 220..<250: return .recordLate([entry()])
        case 250..<270: return .saveLate(changes())
        default:
            return .record((0..<Int.random(in: 0...6, using: &generator)).map { _ in entry() })
        }
    }

    private mutating func turnBack() {
        now = .noon.adding(hours: .random(in: -72...0, using: &generator))
    }

    /// An entry for each token, of a request that no other has.
    static func probes(at moment: Timestamp) -> [UsageEntry] {
        resources.flatMap { resource in
            tokens.enumerated().map { number, token in
                .sample(
                    900_000 + number, .sample(resource: resource), at: moment,
                    operation: .meterUsage, recordedAt: moment, isOncePerHour: false,
                    token: .sample(token, digest: 3, resource: resource))
            }
        }
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
        let buyer = pick(Self.buyers)
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
        .sample(resource: pick(Self.resources))
    }

    private mutating func token() -> ClientToken {
        .sample(
            pick(Self.tokens), digest: UInt128.random(in: 1...2, using: &generator),
            resource: pick(Self.resources))
    }

    private mutating func allocations() -> [RecordedAllocation] {
        guard chance(4) else { return [] }
        return [
            RecordedAllocation(quantity: Quantity(1), tags: ["team": pick(["a", "b"])]),
            RecordedAllocation(quantity: Quantity(2), tags: [:]),
        ]
    }

    private mutating func changes() -> [CatalogChange] {
        (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            if chance(3) { return .publish(event(), deliveries: deliveries()) }
            let fact = fact()
            return chance(3) ? .remove(fact.key) : .put(fact)
        }
    }

    private mutating func event() -> MarketplaceEvent {
        number += 1
        return StorePromise.event("event-\(number)")
    }

    private mutating func deliveries() -> [PlannedDelivery] {
        (0..<Int.random(in: 0...2, using: &generator)).map { _ in
            PlannedDelivery(target: pick(Self.targets), time: now, isDropped: chance(5))
        }
    }

    /// A fact of any kind, with one of few keys.
    private mutating func fact() -> CatalogFact {
        number += 1
        let buyer = pick(Self.buyers)
        let product = pick(Self.products)
        switch pick(CatalogFact.Kind.allCases) {
        case .account:
            return .account(
                Account(
                    id: buyer, role: .buyer, name: "Name \(number)",
                    customerIdentifier: "\(buyer)-\(number % 3)", isSuspended: chance(4)))
        case .product:
            return .product(
                Product(
                    code: product, type: pick(ProductType.allCases), title: "Title \(number)",
                    sellerAccountID: "999988887777", dimensions: [Dimension(name: "\u{E9}")]))
        case .agreement:
            let key = Int.random(in: 1...4, using: &generator)
            return .agreement(
                Agreement(
                    id: "agmt-\(key)", licenseARN: "arn:l\(key)",
                    productCode: Self.products[key % 2], buyerAccountID: Self.buyers[key / 3],
                    startsAt: now, endsAt: chance(2) ? now.adding(hours: 1) : nil, sequence: key))
        case .credential:
            return .credential(
                Credential(
                    accessKeyID: "AKIA\(number % 3)", secretAccessKey: "secret \(number)",
                    principal: Principal(kind: .account, accountID: buyer)))
        case .registrationToken:
            return .registrationToken(
                RegistrationToken(
                    digest: "d\(number % 3)", agreementID: "agmt-1", expiresAt: now))
        case .signingKey:
            return .signingKey(
                RegistrationKey(
                    productCode: product, version: 1 + number % 2, privateKeyPEM: "\(number)"))
        case .registeredWorkload:
            let workload = RegisteredWorkload(
                productCode: product, accountID: buyer, resourceID: "task \(number % 2)",
                region: "us-east-1")
            return .registeredWorkload(workload.started(at: now, isFree: chance(3)))
        case .clock: return .clock(clock())
        case .settings:
            return .settings(MarketplaceSettings(eventDelays: pick(EventDelays.allCases)))
        case .eventTarget:
            return .eventTarget(
                EventTarget(
                    id: pick(Self.targets), kind: .webhook, url: "http://127.0.0.1:\(number)"))
        }
    }

    private func clock() -> MarketplaceClock {
        (try? MarketplaceClock().changed(by: .frozen(at: now), real: .noon)) ?? MarketplaceClock()
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
