import Marketplace
import MeteringAPI
import Testing

@Suite("A fault plan")
struct FaultStateTests {
    private static func call(
        _ operation: OperationName = .batchMeterUsage, dimensions: [String] = ["users"],
        account: String = "111122223333"
    ) -> FaultCall {
        var call = FaultCall(
            operation: operation, accessKeyID: "AKIAONE", region: "us-east-1")
        call.accountID = account
        call.productCode = "saas"
        call.records = dimensions.map { dimension in
            var record = FaultRecord()
            record.dimension = dimension
            record.buyerAccountID = "222233334444"
            record.licenseARN = "arn:l"
            record.quantity = Quantity(5)
            record.hour = SampleMarketplace.now.hour
            return record
        }
        return call
    }

    private static func rule(
        _ frequency: FaultRule.Frequency = .always,
        _ effect: FaultRule.Effect = .error(.throttling),
        _ change: (inout FaultRule.Match) -> Void = { _ in }
    ) -> FaultRule {
        var match = FaultRule.Match()
        change(&match)
        return FaultRule(match: match, frequency: frequency, effect: effect)
    }

    private static func record(_ change: (inout FaultRecord) -> Void) -> FaultRecord {
        var record = FaultRecord()
        change(&record)
        return record
    }

    struct Matching: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rule: FaultRule
        let records: [Int]?
    }

    private static let matchings = [
        Matching(testDescription: "anything", rule: rule(), records: [0, 1]),
        Matching(
            testDescription: "the operation", rule: rule { $0.operation = .batchMeterUsage },
            records: [0, 1]),
        Matching(
            testDescription: "another operation", rule: rule { $0.operation = .meterUsage },
            records: nil),
        Matching(
            testDescription: "the key", rule: rule { $0.accessKeyID = "AKIAONE" },
            records: [0, 1]),
        Matching(
            testDescription: "another key", rule: rule { $0.accessKeyID = "AKIATWO" },
            records: nil),
        Matching(
            testDescription: "another account", rule: rule { $0.accountID = "1" }, records: nil),
        Matching(
            testDescription: "another product", rule: rule { $0.productCode = "ami" },
            records: nil),
        Matching(
            testDescription: "a dimension",
            rule: rule { $0.record = record { $0.dimension = "hours" } }, records: [1]),
        Matching(
            testDescription: "a buyer",
            rule: rule { $0.record = record { $0.buyerAccountID = "222233334444" } },
            records: [0, 1]),
        Matching(
            testDescription: "another licence",
            rule: rule { $0.record = record { $0.licenseARN = "arn:m" } }, records: nil),
        Matching(
            testDescription: "a quantity",
            rule: rule { $0.record = record { $0.quantity = Quantity(5) } }, records: [0, 1]),
        Matching(
            testDescription: "another hour",
            rule: rule { match in
                match.record = record { $0.hour = Hour(ordinal: 1) }
            }, records: nil),
    ]

    @Test("A rule fires on requests and records by what they say", arguments: matchings)
    func matching(row: Matching) {
        var state = FaultState(FaultPlan(rules: [row.rule]))
        let firings = state.fire(
            on: Self.call(dimensions: ["users", "hours"]), skewsClock: false)
        #expect(firings.first?.records == row.records)
        #expect(state.fired == [row.records == nil ? 0 : 1])
    }

    @Test("A rule with a number fires so often, and requests that do not match do not count")
    func next() {
        var state = FaultState(
            FaultPlan(rules: [Self.rule(.next(2)) { $0.operation = .batchMeterUsage }]))
        let fired = [
            OperationName.batchMeterUsage, .meterUsage, .batchMeterUsage, .batchMeterUsage,
        ]
        .map { !state.fire(on: Self.call($0), skewsClock: false).isEmpty }
        #expect(fired == [true, false, true, false])
        #expect(state.remaining(of: 0) == 0)
    }

    @Test("The same requests meet the same faults again", arguments: [1, 2, 99] as [UInt64])
    func replay(seed: UInt64) {
        let plan = FaultPlan(
            seed: seed,
            rules: [Self.rule(.share(thousandths: 300)), Self.rule(.share(thousandths: 700))])
        let runs = (0..<2).map { _ in
            var state = FaultState(plan)
            return (0..<500).map { _ in
                state.fire(on: Self.call(), skewsClock: false).map(\.index)
            }
        }
        #expect(runs[0] == runs[1])
        let counts = [0, 1].map { index in runs[0].count { $0.contains(index) } }
        #expect((100...200).contains(counts[0]))
        #expect((300...400).contains(counts[1]))
        var other = FaultState(FaultPlan(seed: seed + 1, rules: plan.rules))
        let different = (0..<500).map { _ in
            other.fire(on: Self.call(), skewsClock: false).map(\.index)
        }
        #expect(different != runs[0])
    }

    @Test("A rule that is added leaves the draws of those before it as they were")
    func added() {
        let rule = Self.rule(.share(thousandths: 500))
        var one = FaultState(FaultPlan(rules: [rule]))
        var two = FaultState(FaultPlan(rules: [rule, rule]))
        for _ in 0..<100 {
            let first = one.fire(on: Self.call(), skewsClock: false).map(\.index)
            let both = two.fire(on: Self.call(), skewsClock: false).map(\.index)
            #expect(first == both.filter { $0 == 0 })
        }
    }

    @Test(
        "A quota lets a second's worth through at once, for each account and operation",
        arguments: [
            (OperationName.batchMeterUsage, 10), (.meterUsage, 10), (.registerUsage, 5),
            (.resolveCustomer, 20),
        ])
    func quota(operation: OperationName, limit: Int) {
        var state = FaultState(FaultPlan(enforcesQuotas: true))
        let start = SampleMarketplace.now
        func passed(at now: Timestamp, _ account: String = "1") -> Int {
            (0..<20).count { _ in
                !state.exceedsQuota(Self.call(operation, account: account), real: now)
            }
        }
        #expect(passed(at: start) == limit)
        #expect(passed(at: start, "2") == limit)
        guard limit < 20 else { return }
        #expect(passed(at: start.adding(milliseconds: 500)) == limit / 2)
        #expect(passed(at: start.adding(hours: 1)) == limit)
    }

    @Test("Without the switch there are no quotas")
    func noQuota() {
        var state = FaultState(FaultPlan())
        let over = (0..<100).contains { _ in
            state.exceedsQuota(Self.call(), real: SampleMarketplace.now)
        }
        #expect(!over)
    }
}
