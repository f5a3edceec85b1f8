import Marketplace
import MeteringAPI
import Testing

@Suite("BatchMeterUsage's rules")
struct BatchMeterUsageRuleTests {
    @Test("Each way to name product and buyer is accepted where the contract knows it")
    func accepted() throws {
        let byLicense = UsageRecord.sample {
            $0.licenseARN = SampleMarketplace.license(of: "saas")
        }
        let byIdentifier = UsageRecord.sample {
            $0.customerAWSAccountID = nil
            $0.customerIdentifier = SampleMarketplace.buyerIdentifier
        }
        let cases: [(String?, UsageRecord, Contract, UsageSeries.Space)] = [
            ("saas", .sample(), .newest, .product),
            ("legacy", .sample(), .newest, .product),
            ("legacy", byIdentifier, .newest, .product),
            ("saas", byIdentifier, .contract2026February, .product),
            ("saas", byIdentifier, .contract2025January, .product),
            (nil, byLicense, .newest, .license),
            (nil, byLicense, .contract2026February, .license),
        ]
        for (code, record, contract, space) in cases {
            let decision = try decide([record], code: code, contract: contract)
            let entry = try #require(decision.entries.first)
            #expect(entry.series.buyerAccountID == SampleMarketplace.buyer)
            #expect(entry.series.space == space)
            #expect(entry.series.licenseARN == record.licenseARN)
            #expect(entry.series.dimension == "users")
            #expect(entry.series.region == "us-east-1")
            #expect(entry.quantity == Quantity(3))
            #expect(entry.isOncePerHour && entry.clientToken == nil)
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let exception: MeteringException
        var code: String? = "saas"
        var contract = Contract.newest
        var records: @Sendable () -> [UsageRecord]
    }

    static let refused: [Refused] = [
        Refused(
            testDescription: "ProductCode beside a LicenseArn", exception: .invalidProductCode
        ) {
            [.sample { $0.licenseARN = SampleMarketplace.license(of: "saas") }]
        },
        Refused(
            testDescription: "neither ProductCode nor LicenseArn", exception: .invalidProductCode,
            code: nil
        ) { [.sample()] },
        Refused(
            testDescription: "no LicenseArn in the second record", exception: .invalidProductCode,
            code: nil
        ) {
            [.sample { $0.licenseARN = SampleMarketplace.license(of: "saas") }, .sample()]
        },
        Refused(testDescription: "both buyer keys", exception: .invalidCustomerIdentifier) {
            [.sample { $0.customerIdentifier = SampleMarketplace.buyerIdentifier }]
        },
        Refused(testDescription: "no buyer key", exception: .invalidCustomerIdentifier) {
            [.sample { $0.customerAWSAccountID = nil }]
        },
        Refused(
            testDescription: "CustomerIdentifier for a product with concurrent agreements",
            exception: .invalidCustomerIdentifier, contract: .contract2026July
        ) {
            [.byIdentifier(SampleMarketplace.buyerIdentifier)]
        },
        Refused(
            testDescription: "an unknown CustomerIdentifier",
            exception: .invalidCustomerIdentifier, code: "legacy"
        ) { [.byIdentifier("nobody")] },
        Refused(
            testDescription: "an unknown product code", exception: .invalidProductCode,
            code: "none"
        ) { [.sample()] },
        Refused(
            testDescription: "a product code in another case", exception: .invalidProductCode,
            code: "SAAS"
        ) { [.sample()] },
        Refused(
            testDescription: "another seller's product", exception: .invalidProductCode,
            code: "foreign"
        ) { [.sample()] },
        Refused(
            testDescription: "a product that is no SaaS", exception: .invalidProductCode,
            code: "ami"
        ) { [.sample()] },
        Refused(
            testDescription: "an unknown licence", exception: .invalidLicense, code: nil
        ) { [.sample { $0.licenseARN = SampleMarketplace.license("none") }] },
        Refused(
            testDescription: "a licence of another seller's product", exception: .invalidLicense,
            code: nil
        ) { [.sample { $0.licenseARN = SampleMarketplace.license(of: "foreign") }] },
        Refused(
            testDescription: "licences of two products", exception: .invalidLicense, code: nil
        ) {
            ["saas", "second"].map { code in
                .sample { $0.licenseARN = SampleMarketplace.license(of: code) }
            }
        },
        Refused(
            testDescription: "a licence of another buyer", exception: .invalidLicense, code: nil
        ) {
            [
                .sample {
                    $0.licenseARN = SampleMarketplace.license(of: "saas")
                    $0.customerAWSAccountID = SampleMarketplace.otherBuyer
                }
            ]
        },
        Refused(testDescription: "an unknown dimension", exception: .invalidUsageDimension) {
            [.sample { $0.dimension = "none" }]
        },
        Refused(
            testDescription: "a dimension in another case", exception: .invalidUsageDimension
        ) { [.sample { $0.dimension = "Users" }] },
        Refused(
            testDescription: "a dimension that is bought in advance",
            exception: .invalidUsageDimension
        ) { [.sample { $0.dimension = "seats" }] },
        Refused(
            testDescription: "a timestamp of a day ago", exception: .timestampOutOfBounds
        ) { [.sample { $0.timestamp = SampleMarketplace.now.adding(hours: -24) }] },
        Refused(
            testDescription: "a timestamp in milliseconds", exception: .timestampOutOfBounds
        ) {
            [.sample { $0.timestamp = Timestamp(seconds: SampleMarketplace.now.milliseconds) }]
        },
        Refused(testDescription: "a tag key twice", exception: .invalidTag) {
            [.allocated([(3, [("a", "1"), ("a", "2")])])]
        },
        Refused(testDescription: "six tag keys in one record", exception: .invalidTag) {
            [
                .allocated([
                    (1, [("a", "1"), ("b", "1"), ("c", "1")]),
                    (2, [("d", "1"), ("e", "1"), ("f", "1")]),
                ])
            ]
        },
        Refused(
            testDescription: "allocations that do not add up", exception: .invalidUsageAllocations
        ) { [.allocated([(1, [("a", "1")]), (1, nil)])] },
        Refused(
            testDescription: "two allocations with one set of tags",
            exception: .invalidUsageAllocations
        ) {
            [.allocated([(1, [("a", "1"), ("b", "2")]), (2, [("b", "2"), ("a", "1")])])]
        },
        Refused(
            testDescription: "two allocations without tags", exception: .invalidUsageAllocations
        ) { [.allocated([(1, nil), (2, nil)])] },
        Refused(
            testDescription: "a decimal allocation of a whole quantity",
            exception: .invalidUsageAllocations
        ) {
            [
                .sample {
                    $0.allocations = [UsageAllocation(quantity: SentQuantity(decimal: "3"))]
                }
            ]
        },
        Refused(
            testDescription: "mixed allocations of no quantity",
            exception: .invalidUsageAllocations
        ) {
            [
                .sample {
                    $0.quantity = SentQuantity()
                    $0.allocations = [
                        UsageAllocation(quantity: SentQuantity(decimal: "0")),
                        UsageAllocation(
                            quantity: SentQuantity(integer: 0), tags: [Tag(key: "a", value: "b")]),
                    ]
                }
            ]
        },
    ]

    @Test("The whole request is refused for", arguments: refused)
    func wholeRequest(row: Refused) throws {
        let good = row.code == nil ? [] : [UsageRecord.sample { $0.dimension = "hours" }]
        let refusal = try #require(
            self.refusal(row.records(), code: row.code, contract: row.contract))
        #expect(refusal.answer == .exception(row.exception))
        guard !good.isEmpty else { return }
        // A good record before it changes nothing, and the reason points at the bad one.
        let second = try #require(
            self.refusal(good + row.records(), code: row.code, contract: row.contract))
        #expect(second.answer == .exception(row.exception))
        if refusal.recordIndex == 0, second.recordIndex != 0 { #expect(second.recordIndex == 1) }
    }

    @Test("The first check in the documented order decides")
    func order() throws {
        // Each record adds a fault that is checked earlier than those before it.
        let faults: [(MeteringException, @Sendable (inout UsageRecord) -> Void)] = [
            (.invalidUsageAllocations, { $0.quantity = SentQuantity(integer: 4) }),
            (
                .invalidTag,
                {
                    $0.allocations = [
                        UsageAllocation(
                            quantity: SentQuantity(integer: 1),
                            tags: [Tag(key: "a", value: "1"), Tag(key: "a", value: "2")])
                    ]
                }
            ),
            (.timestampOutOfBounds, { $0.timestamp = Timestamp(seconds: 0) }),
            (.invalidUsageDimension, { $0.dimension = "none" }),
            (.invalidCustomerIdentifier, { $0.customerAWSAccountID = nil }),
        ]
        var records: [UsageRecord] = []
        for (exception, spoil) in faults {
            var record = UsageRecord.allocated([(3, [("a", "1")])])
            spoil(&record)
            records.append(record)
            #expect(refusal(records)?.answer == .exception(exception))
        }
        #expect(refusal(records, code: nil)?.answer == .exception(.invalidProductCode))
    }

    @Test("An account that no buyer has, or a suspended one, fails its record alone")
    func notSubscribed() throws {
        var market = SampleMarketplace()
        let other = UsageRecord.sample {
            $0.customerAWSAccountID = SampleMarketplace.otherBuyer
        }
        let nobody = UsageRecord.sample { $0.customerAWSAccountID = "1" }
        let decision = try decide([nobody, .sample(), other], in: market)
        #expect(decision.entries.count == 1)
        #expect(
            decision.places == [
                .notSubscribed("no buyer has this account"), .entry(0),
                .notSubscribed("the buyer has no agreement for this product"),
            ])
        market.suspend(SampleMarketplace.otherBuyer)
        let stranger = try decide([other], in: market)
        #expect(
            stranger.places == [.notSubscribed("the buyer has no agreement for this product")])
        market.suspend(SampleMarketplace.buyer)
        let suspended = try decide([.sample()], in: market)
        #expect(suspended.places == [.notSubscribed("the buyer's account is suspended")])
    }

    struct Period: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Minutes from now.
        let start: Int64
        var end: Int64?
        let timestamp: Int64
        let byProduct: Answer
        let byLicense: Answer

        enum Answer: Sendable, Hashable { case accepted, notSubscribed, invalidLicense }
    }

    static let periods: [Period] = [
        Period(
            testDescription: "in the agreement", start: -600, timestamp: -60,
            byProduct: .accepted, byLicense: .accepted),
        Period(
            testDescription: "in the first hour, before the start", start: -120,
            timestamp: -154, byProduct: .accepted, byLicense: .accepted),
        Period(
            testDescription: "before the first hour", start: -120, timestamp: -155,
            byProduct: .notSubscribed, byLicense: .invalidLicense),
        Period(
            testDescription: "of an agreement that has not begun", start: 2, timestamp: 0,
            byProduct: .notSubscribed, byLicense: .notSubscribed),
        Period(
            testDescription: "after the end, in the hour for final records", start: -600,
            end: -59, timestamp: -1, byProduct: .accepted, byLicense: .accepted),
        Period(
            testDescription: "of before the end, when the hour is over", start: -600, end: -60,
            timestamp: -61, byProduct: .notSubscribed, byLicense: .notSubscribed),
        Period(
            testDescription: "of after the end, when the hour is over", start: -600, end: -60,
            timestamp: -60, byProduct: .notSubscribed, byLicense: .invalidLicense),
    ]

    @Test("An agreement's period decides on a record", arguments: periods)
    func period(row: Period) throws {
        var market = SampleMarketplace()
        func minutes(_ count: Int64) -> Timestamp { market.now.adding(seconds: count * 60) }
        let agreement = market.agree(
            on: "saas", SampleMarketplace.otherBuyer, startsAt: minutes(row.start),
            endsAt: row.end.map(minutes))
        let record = UsageRecord.sample {
            $0.customerAWSAccountID = SampleMarketplace.otherBuyer
            $0.timestamp = minutes(row.timestamp)
        }
        var licensed = record
        licensed.licenseARN = agreement.licenseARN
        #expect(answer(record, code: "saas", in: market) == row.byProduct)
        #expect(answer(licensed, code: nil, in: market) == row.byLicense)
    }

    private func answer(
        _ record: UsageRecord, code: String?, in market: SampleMarketplace
    ) -> Period.Answer? {
        do throws(Refusal) {
            let decision = try decide([record], code: code, in: market)
            return decision.entries.isEmpty ? .notSubscribed : .accepted
        } catch {
            return error.answer == .exception(.invalidLicense) ? .invalidLicense : nil
        }
    }

    @Test("Any current agreement of the buyer will do for ProductCode")
    func severalAgreements() throws {
        var market = SampleMarketplace()
        market.agree(
            on: "saas", SampleMarketplace.otherBuyer, endsAt: market.now.adding(hours: -2),
            id: "agmt-old")
        market.agree(on: "saas", SampleMarketplace.otherBuyer, id: "agmt-new")
        let record = UsageRecord.sample {
            $0.customerAWSAccountID = SampleMarketplace.otherBuyer
        }
        #expect(try decide([record], in: market).entries.count == 1)
    }

    @Test("A request without records is answered with nothing")
    func empty() throws {
        #expect(try decide([]).entries.isEmpty)
        #expect(try decide([], code: nil).entries.isEmpty)
        #expect(refusal([], code: "none")?.answer == .exception(.invalidProductCode))
    }

    @Test("No quantity is zero, and may be allocated as zeros of either form")
    func zero() throws {
        for part in [SentQuantity(integer: 0), SentQuantity(decimal: "0.00")] {
            let record = UsageRecord.sample {
                $0.quantity = SentQuantity()
                $0.allocations = [UsageAllocation(quantity: part)]
            }
            #expect(try decide([record]).entries.first?.quantity == .zero)
        }
    }

    @Test("A caller whose policy does not allow it is denied before anything is looked at")
    func permission() throws {
        let context = SampleMarketplace().context(allow: [.meterUsage])
        let principal = context.caller.principal
        let refusal = MarketplaceTests.refusal { () throws(Refusal) in
            try decide([.sample()], code: "none", context)
        }
        #expect(refusal?.answer == .accessDenied(principal, .batchMeterUsage))
    }

    @Test("A region in which AWS does not offer it disables the operation")
    func region() throws {
        let context = SampleMarketplace().context(region: "us-gov-west-1")
        let refusal = MarketplaceTests.refusal { () throws(Refusal) in
            try decide([.sample()], context)
        }
        #expect(refusal?.answer == .exception(.disabledAPI))
    }

    private func decide(
        _ records: [UsageRecord], code: String? = "saas", contract: Contract = .newest,
        in market: SampleMarketplace = SampleMarketplace()
    ) throws(Refusal) -> BatchMeterUsageRules.Decision {
        try decide(records, code: code, market.context(contract: contract))
    }

    private func decide(
        _ records: [UsageRecord], code: String? = "saas", _ context: RuleContext
    ) throws(Refusal) -> BatchMeterUsageRules.Decision {
        var ids = SeededGenerator()
        return try BatchMeterUsageRules.decide(
            BatchMeterUsageRequest(productCode: code, usageRecords: records), in: context,
            ids: &ids)
    }

    private func refusal(
        _ records: [UsageRecord], code: String? = "saas", contract: Contract = .newest
    ) -> Refusal? {
        MarketplaceTests.refusal { () throws(Refusal) in
            try decide(records, code: code, contract: contract)
        }
    }
}

extension UsageRecord {
    /// Three users of the first buyer, half an hour ago.
    static func sample(_ change: (inout UsageRecord) -> Void = { _ in }) -> UsageRecord {
        var record = UsageRecord(
            timestamp: SampleMarketplace.now.adding(seconds: -1800),
            customerAWSAccountID: SampleMarketplace.buyer, dimension: "users",
            quantity: SentQuantity(integer: 3))
        change(&record)
        return record
    }

    static func byIdentifier(_ identifier: String) -> UsageRecord {
        sample {
            $0.customerAWSAccountID = nil
            $0.customerIdentifier = identifier
        }
    }

    static func allocated(_ parts: [(Int64, [(String, String)]?)]) -> UsageRecord {
        sample {
            $0.allocations = parts.map { quantity, tags in
                UsageAllocation(
                    quantity: SentQuantity(integer: quantity),
                    tags: tags?.map { Tag(key: $0.0, value: $0.1) })
            }
        }
    }
}
