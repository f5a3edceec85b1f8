import Marketplace
import MeteringAPI
import Testing

@Suite("RegisterUsage's rules")
struct RegisterUsageRuleTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let exception: MeteringException
        var kind = PrincipalKind.ecsTask
        var account = SampleMarketplace.buyer
        var resourceRegion = "us-east-1"
        var region = "us-east-1"
        var code = "container"
        var version: Int64 = 1
    }

    static let refused: [Refused] = [
        Refused(
            testDescription: "a region that does not offer it", exception: .disabledAPI,
            resourceRegion: "me-south-1", region: "me-south-1"),
        Refused(
            testDescription: "a task of another region", exception: .invalidRegion,
            resourceRegion: "eu-west-1"),
        Refused(
            testDescription: "an instance", exception: .platformNotSupported, kind: .ec2Instance),
        Refused(
            testDescription: "an AgentCore runtime", exception: .platformNotSupported,
            kind: .agentCoreRuntime),
        Refused(
            testDescription: "an account's own key", exception: .platformNotSupported,
            kind: .account),
        Refused(
            testDescription: "an unknown product", exception: .invalidProductCode, code: "none"),
        Refused(
            testDescription: "a product that is no container", exception: .invalidProductCode,
            code: "ami"),
        Refused(
            testDescription: "an unknown key version", exception: .invalidPublicKeyVersion,
            version: 2),
        Refused(
            testDescription: "a buyer without an agreement", exception: .customerNotEntitled,
            account: SampleMarketplace.otherBuyer),
    ]

    @Test("RegisterUsage is refused for", arguments: refused)
    func refusals(row: Refused) {
        let caller =
            row.kind == .account
            ? Principal(kind: .account, accountID: row.account)
            : SampleMarketplace.workload(
                row.kind, account: row.account, region: row.resourceRegion)
        let context = SampleMarketplace().context(caller, region: row.region)
        let refusal = refusal { () throws(Refusal) in
            try RegisterUsageRules.decide(request(row.code, row.version), in: context)
        }
        #expect(refusal?.answer == .exception(row.exception))
    }

    @Test("Entitlement is asked at a workload's first call only")
    func firstCall() throws {
        var market = SampleMarketplace()
        let context = market.context(SampleMarketplace.workload(.ecsTask))
        let call = try #require(
            try RegisterUsageRules.decide(request(), in: context).firstCall)
        market.put(
            .registeredWorkload(
                call.workload.started(at: SampleMarketplace.now, isFree: call.isFree)))
        market.suspend(SampleMarketplace.buyer)
        let later = try RegisterUsageRules.decide(
            request(), in: market.context(SampleMarketplace.workload(.ecsTask)))
        #expect(later.firstCall == nil)
        let other = Principal(
            kind: .eksPod, accountID: SampleMarketplace.buyer, region: "us-east-1",
            resourceID: "another")
        let refusal = refusal { () throws(Refusal) in
            try RegisterUsageRules.decide(request(), in: market.context(other))
        }
        #expect(refusal?.answer == .exception(.customerNotEntitled))
    }

    @Test("The seller's own account tries its product without buying it")
    func preview() throws {
        let own = SampleMarketplace.workload(.ecsTask, account: SampleMarketplace.seller)
        let decision = try RegisterUsageRules.decide(
            request(), in: SampleMarketplace().context(own))
        #expect(decision.firstCall?.workload.accountID == SampleMarketplace.seller)
    }

    @Test("A superseded key version still signs")
    func superseded() throws {
        var market = SampleMarketplace()
        market.put(
            .signingKey(
                RegistrationKey(productCode: "container", version: 1, supersededAt: market.now)))
        market.put(.signingKey(RegistrationKey(productCode: "container", version: 2)))
        let context = market.context(SampleMarketplace.workload(.eksPod))
        for version in [1, 2] {
            let decision = try RegisterUsageRules.decide(
                request("container", Int64(version)), in: context)
            #expect(decision.key.version == version)
            #expect((decision.key.supersededAt != nil) == (version == 1))
        }
    }

    private func request(
        _ code: String = "container", _ version: Int64 = 1
    ) -> RegisterUsageRequest {
        var request = RegisterUsageRequest()
        request.productCode = code
        request.publicKeyVersion = version
        return request
    }
}

@Suite("ResolveCustomer's rules")
struct ResolveCustomerRuleTests {
    @Test("What the answer holds depends on the contract and the product's generation")
    func members() throws {
        let cases: [(code: String, Contract, identifier: Bool, license: Bool, agreement: Bool)] = [
            ("saas", .contract2025January, true, false, false),
            ("saas", .contract2025October, true, false, false),
            ("saas", .contract2026February, true, true, false),
            ("saas", .contract2026July, false, true, false),
            ("saas", .contract2026October, false, true, true),
            ("legacy", .contract2026July, true, true, false),
            ("legacy", .contract2026October, true, true, true),
        ]
        for (code, contract, identifier, license, agreement) in cases {
            let market = SampleMarketplace()
            let result = try ResolveCustomerRules.decide(
                .known(token(code)), in: market.context(contract: contract))
            #expect(result.productCode == code)
            #expect(result.customerAWSAccountID == SampleMarketplace.buyer)
            #expect(
                result.customerIdentifier
                    == (identifier ? SampleMarketplace.buyerIdentifier : nil))
            #expect(
                result.licenseARN == (license ? SampleMarketplace.license(of: code) : nil))
            #expect(result.agreementID == (agreement ? token(code).agreementID : nil))
        }
    }

    @Test("A token is good until its last millisecond, however often it is asked for")
    func expiry() throws {
        var market = SampleMarketplace()
        let token = token("saas", expiresAt: market.now.adding(milliseconds: 1))
        for _ in 0..<3 {
            _ = try ResolveCustomerRules.decide(.known(token), in: market.context())
        }
        market.now = token.expiresAt
        #expect(refusal(.known(token), market.context()) == .exception(.expiredToken))
    }

    @Test("What is no token of the caller's products is invalid")
    func invalid() {
        let market = SampleMarketplace()
        let findings: [ResolveCustomerRules.Finding] = [
            .unknown, .knownAfterDecoding(token("saas")), .knownWithPlusSigns(token("saas")),
            .known(token("foreign")),
        ]
        for finding in findings {
            #expect(refusal(finding, market.context()) == .exception(.invalidToken))
        }
        // What is another seller's sounds like what does not exist.
        let foreign: [ResolveCustomerRules.Finding] = [
            .unknown, .known(token("foreign")), .knownAfterDecoding(token("foreign")),
            .knownWithPlusSigns(token("foreign")),
        ]
        let reasons = foreign.map { finding in
            MarketplaceTests.refusal { () throws(Refusal) in
                try ResolveCustomerRules.decide(finding, in: market.context())
            }?.reason
        }
        #expect(Set(reasons).count == 1)
        let buyer = Principal(kind: .account, accountID: SampleMarketplace.buyer)
        #expect(
            refusal(.known(token("saas")), market.context(buyer)) == .exception(.invalidToken))
    }

    @Test("A suspended buyer is resolved all the same")
    func suspended() {
        var market = SampleMarketplace()
        market.suspend(SampleMarketplace.buyer)
        #expect(refusal(.known(token("saas")), market.context()) == nil)
    }

    private func refusal(
        _ finding: ResolveCustomerRules.Finding, _ context: RuleContext
    ) -> Refusal.Answer? {
        MarketplaceTests.refusal { () throws(Refusal) in
            try ResolveCustomerRules.decide(finding, in: context)
        }?.answer
    }

    private func token(
        _ code: String, expiresAt: Timestamp = SampleMarketplace.now.adding(hours: 4)
    ) -> RegistrationToken {
        RegistrationToken(
            digest: "", agreementID: "agmt-\(code)-\(SampleMarketplace.buyer)",
            expiresAt: expiresAt)
    }
}
