import Marketplace
import MeteringAPI
import Testing

@Suite("MeterUsage's rules")
struct MeterUsageRuleTests {
    @Test(
        "Each kind of workload meters its type of product, once an hour except on AgentCore",
        arguments: [
            (PrincipalKind.ec2Instance, "ami"), (.ecsTask, "container"), (.eksPod, "container"),
            (.agentCoreRuntime, "agentCore"),
        ])
    func accepted(kind: PrincipalKind, code: String) throws {
        var request = MeterUsageRequest.sample(code)
        request.clientToken = "token"
        let decision = try decide(request, SampleMarketplace().context(workload(kind)))
        guard case .record(let entry) = decision else {
            Issue.record("it was not recorded")
            return
        }
        #expect(entry.series.space == .resource)
        #expect(entry.series.resourceID == "i-0abc")
        #expect(entry.series.buyerAccountID == SampleMarketplace.buyer)
        #expect(entry.isOncePerHour == (kind != .agentCoreRuntime))
        #expect(entry.clientToken?.scope.resourceID == "i-0abc")
        #expect(entry.timestamp == request.timestamp)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let exception: MeteringException
        var kind = PrincipalKind.ec2Instance
        var account = SampleMarketplace.buyer
        var region = "us-east-1"
        var contract = Contract.newest
        var code = "ami"
        var change: @Sendable (inout MeterUsageRequest) -> Void = { _ in }
    }

    static let refused: [Refused] = [
        Refused(
            testDescription: "a resource in another region", exception: .invalidEndpointRegion,
            region: "eu-west-1"),
        Refused(
            testDescription: "an unknown product code", exception: .invalidProductCode,
            code: "none"),
        Refused(
            testDescription: "a SaaS product", exception: .invalidProductCode, code: "saas"),
        Refused(testDescription: "an unknown dimension", exception: .invalidUsageDimension) {
            $0.usageDimension = "none"
        },
        Refused(
            testDescription: "a dimension that is bought in advance",
            exception: .invalidUsageDimension
        ) { $0.usageDimension = "seats" },
        Refused(
            testDescription: "more than six hours ago", exception: .timestampOutOfBounds
        ) { $0.timestamp = SampleMarketplace.now.adding(hours: -6).adding(milliseconds: -1) },
        Refused(testDescription: "a tag key twice", exception: .invalidTag) {
            $0.allocations = [
                UsageAllocation(
                    quantity: SentQuantity(integer: 3),
                    tags: [Tag(key: "a", value: "1"), Tag(key: "a", value: "2")])
            ]
        },
        Refused(
            testDescription: "allocations that do not add up", exception: .invalidUsageAllocations
        ) { $0.allocations = [UsageAllocation(quantity: SentQuantity(integer: 2))] },
        Refused(
            testDescription: "allocations on AgentCore", exception: .invalidUsageAllocations,
            kind: .agentCoreRuntime, code: "agentCore"
        ) {
            $0.clientToken = "token"
            $0.allocations = [UsageAllocation(quantity: SentQuantity(integer: 3))]
        },
        Refused(
            testDescription: "a container's credentials for an AMI",
            exception: .customerNotEntitled, kind: .ecsTask),
        Refused(
            testDescription: "an instance's credentials for a container",
            exception: .customerNotEntitled, code: "container"),
        Refused(
            testDescription: "an account's own key", exception: .customerNotEntitled,
            kind: .account),
        Refused(
            testDescription: "AgentCore under a contract that does not know it",
            exception: .customerNotEntitled, kind: .agentCoreRuntime,
            contract: .contract2025October, code: "agentCore"),
        Refused(
            testDescription: "a buyer without an agreement", exception: .customerNotEntitled,
            account: SampleMarketplace.otherBuyer),
        Refused(
            testDescription: "an account that is no buyer", exception: .customerNotEntitled,
            account: "999999999999"),
    ]

    @Test("It is refused for", arguments: refused)
    func refusals(row: Refused) {
        var request = MeterUsageRequest.sample(row.code)
        row.change(&request)
        let caller = workload(row.kind, account: row.account, region: row.region)
        let context = SampleMarketplace().context(caller, contract: row.contract)
        #expect(refusal(request, context)?.answer == .exception(row.exception))
        // A dry run is refused for the same reasons.
        request.dryRun = true
        #expect(refusal(request, context)?.answer == .exception(row.exception))
    }

    @Test("A region that does not offer it to the kind of workload is disabled")
    func disabledRegions() {
        let cases: [(PrincipalKind, String, String)] = [
            (.ec2Instance, "cn-northwest-1", "ami"), (.ecsTask, "us-gov-west-1", "container"),
            (.eksPod, "me-south-1", "container"), (.agentCoreRuntime, "us-west-2", "agentCore"),
        ]
        for (kind, region, code) in cases {
            var request = MeterUsageRequest.sample(code)
            request.clientToken = "token"
            let context = SampleMarketplace().context(
                workload(kind, region: region), region: region)
            #expect(refusal(request, context)?.answer == .exception(.disabledAPI))
        }
    }

    @Test("A suspended buyer, and one whose agreement is over, is not entitled")
    func entitlement() {
        var market = SampleMarketplace()
        market.suspend(SampleMarketplace.buyer)
        let request = MeterUsageRequest.sample("ami")
        #expect(
            refusal(request, market.context(workload(.ec2Instance)))?.answer
                == .exception(.customerNotEntitled))
        let periods: [(start: Int64, end: Int64?, isEntitled: Bool)] = [
            (-600, nil, true), (-600, -59, true), (-600, -60, false), (1, nil, false),
            (-20, nil, true), (-95, nil, true),
        ]
        for (start, end, isEntitled) in periods {
            var market = SampleMarketplace()
            market.agree(
                on: "ami", SampleMarketplace.otherBuyer,
                startsAt: market.now.adding(seconds: start * 60),
                endsAt: end.map { market.now.adding(seconds: $0 * 60) })
            let caller = workload(.ec2Instance, account: SampleMarketplace.otherBuyer)
            let refusal = refusal(request, market.context(caller))
            #expect((refusal == nil) == isEntitled, "from \(start) to \(end ?? 0)")
        }
    }

    @Test("Usage of before the agreement's first hour is not entitled")
    func beforeTheStart() {
        var market = SampleMarketplace()
        market.agree(
            on: "ami", SampleMarketplace.otherBuyer, startsAt: market.now.adding(seconds: -600))
        let caller = workload(.ec2Instance, account: SampleMarketplace.otherBuyer)
        var request = MeterUsageRequest.sample("ami")
        request.timestamp = market.now.adding(hours: -1)
        #expect(
            refusal(request, market.context(caller))?.answer == .exception(.customerNotEntitled))
    }

    @Test("AgentCore must send a ClientToken, other workloads need not")
    func clientToken() {
        let agent = refusal(
            .sample("agentCore"), SampleMarketplace().context(workload(.agentCoreRuntime)))
        guard case .validation(let violations) = agent?.answer else {
            Issue.record("it was not a ValidationException")
            return
        }
        #expect(
            violations == [
                Violation(
                    path: "clientToken", value: .absent, constraint: "Member must not be null")
            ])
        #expect(
            refusal(.sample("ami"), SampleMarketplace().context(workload(.ec2Instance))) == nil)
    }

    @Test("A window that begins with a full hour is explained as such")
    func alignedWindow() throws {
        var request = MeterUsageRequest.sample("ami")
        request.timestamp = SampleMarketplace.now.adding(hours: -8)
        var context = SampleMarketplace().context(workload(.ec2Instance))
        context.alignment = .hour
        let reason = try #require(refusal(request, context)?.reason)
        #expect(reason.contains("up to 6 h old, and the hour in which that begins"))
    }

    @Test("A dry run that would succeed is answered so, and records nothing")
    func dryRun() throws {
        var request = MeterUsageRequest.sample("ami")
        request.dryRun = true
        let decision = try decide(request, SampleMarketplace().context(workload(.ec2Instance)))
        guard case .dryRun = decision else {
            Issue.record("it was recorded")
            return
        }
    }

    @Test("A client token's digest tells requests apart by every parameter, quantities by value")
    func digest() throws {
        let base = MeterUsageRequest.sample("ami")
        let changes: [(isSame: Bool, change: (inout MeterUsageRequest) -> Void)] = [
            (true, { _ in }),
            (true, { $0.quantity = SentQuantity(decimal: "3.00") }),
            (false, { $0.timestamp = $0.timestamp?.adding(milliseconds: 1) }),
            (false, { $0.usageDimension = "hours" }),
            (false, { $0.quantity = SentQuantity(integer: 4) }),
            (false, { $0.allocations = [UsageAllocation(quantity: SentQuantity(integer: 3))] }),
            (
                false,
                {
                    $0.allocations = [
                        UsageAllocation(
                            quantity: SentQuantity(integer: 3), tags: [Tag(key: "a", value: "b")])
                    ]
                }
            ),
        ]
        let first = try digest(of: base)
        for (isSame, change) in changes {
            var request = base
            change(&request)
            #expect(try (digest(of: request) == first) == isSame)
        }
    }

    private func digest(of request: MeterUsageRequest) throws -> UInt128? {
        var request = request
        request.clientToken = "token"
        let context = SampleMarketplace().context(workload(.ec2Instance))
        guard case .record(let entry) = try decide(request, context) else { return nil }
        return entry.clientToken?.requestDigest
    }

    private func workload(
        _ kind: PrincipalKind, account: String = SampleMarketplace.buyer,
        region: String = "us-east-1"
    ) -> Principal {
        kind == .account
            ? Principal(kind: .account, accountID: account)
            : SampleMarketplace.workload(kind, account: account, region: region)
    }

    private func decide(
        _ request: MeterUsageRequest, _ context: RuleContext
    ) throws(Refusal) -> MeterUsageRules.Decision {
        var ids = SeededGenerator()
        return try MeterUsageRules.decide(request, in: context, ids: &ids)
    }

    private func refusal(_ request: MeterUsageRequest, _ context: RuleContext) -> Refusal? {
        MarketplaceTests.refusal { () throws(Refusal) in try decide(request, context) }
    }
}

extension MeterUsageRequest {
    /// Three users, half an hour ago.
    static func sample(_ code: String) -> MeterUsageRequest {
        var request = MeterUsageRequest()
        request.productCode = code
        request.timestamp = SampleMarketplace.now.adding(seconds: -1800)
        request.usageDimension = "users"
        request.quantity = SentQuantity(integer: 3)
        return request
    }
}
