import AWSWire
import Foundation
import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import Synchronization
import Testing
import TurnpikeServer
import WebServer

@Suite("Faults")
struct FaultTests {
    /// What a market wanted to wait, which no test waits for.
    private final class Waits: Sendable {
        private let all = Mutex<[Duration]>([])
        var list: [Duration] { all.withLock { $0 } }
        func add(_ duration: Duration) { all.withLock { $0.append(duration) } }
    }

    private static func market(
        _ rules: [FaultRule], quotas: Bool = false
    ) async throws -> (TestMarket, Waits) {
        let waits = Waits()
        let market = try await TestMarket(faults: FaultInjector(sleep: { waits.add($0) }))
        market.state.faults.set(FaultPlan(enforcesQuotas: quotas, rules: rules))
        return (market, waits)
    }

    private static func rule(
        _ effect: FaultRule.Effect, _ frequency: FaultRule.Frequency = .next(1),
        dimension: String? = nil
    ) -> FaultRule {
        var match = FaultRule.Match()
        match.operation = .batchMeterUsage
        if let dimension {
            var record = FaultRecord()
            record.dimension = dimension
            match.record = record
        }
        return FaultRule(match: match, frequency: frequency, effect: effect)
    }

    private static func body(_ quantity: Int = 5) -> String {
        let records = ["users", "hours"].map { dimension in
            """
            {"Timestamp":\(TestMarket.now.seconds),"CustomerAWSAccountId":"\(TestMarket.buyer)",\
            "Dimension":"\(dimension)","Quantity":\(quantity)}
            """
        }.joined(separator: ",")
        return #"{"ProductCode":"saas","UsageRecords":[\#(records)]}"#
    }

    private static func count(_ market: TestMarket) async throws -> Int {
        try await market.state.store.usage(UsageFilter(), after: nil, limit: 100).items.count
    }

    @Test(
        "Any error of the model can be asked for, and nothing is recorded",
        arguments: MeteringException.allCases)
    func error(exception: MeteringException) async throws {
        let (market, _) = try await Self.market([Self.rule(.error(exception))])
        let answer = await market.send(.batchMeterUsage, Self.body())
        #expect(answer.status == exception.status)
        #expect(answer.text.contains(#""__type":"\#(exception.name)""#), "\(answer.text)")
        #expect(try await Self.count(market) == 0)
        #expect(market.explanation?.rule == .fault)
        #expect(market.explanation?.summary.contains("fault 1 of the plan") == true)
        #expect(await market.send(.batchMeterUsage, Self.body()).status == 200)
    }

    @Test("A latency delays the answer, and no more")
    func latency() async throws {
        let (market, waits) = try await Self.market([
            Self.rule(.latency(milliseconds: 250), .always)
        ])
        #expect(await market.send(.batchMeterUsage, Self.body()).status == 200)
        #expect(waits.list == [.milliseconds(250)])
        #expect(try await Self.count(market) == 2)
        #expect(market.explanation?.notes.first?.contains("waited for 250 ms") == true)
    }

    @Test("A stalled request is kept for long, cut in the end, and records nothing")
    func stall() async throws {
        let (market, waits) = try await Self.market([Self.rule(.stall)])
        let response = await market.endpoint.respond(
            to: TestMarket.request(.batchMeterUsage, Self.body()))
        #expect(response.isCut)
        #expect(waits.list == [.seconds(900)])
        #expect(try await Self.count(market) == 0)
    }

    @Test("A cut before the work records nothing, one after the commit records all")
    func cut() async throws {
        for (effect, count) in [(FaultRule.Effect.cutBeforeWork, 0), (.cutAfterCommit, 2)] {
            let (market, _) = try await Self.market([Self.rule(effect)])
            let request = TestMarket.request(.batchMeterUsage, Self.body())
            #expect(await market.endpoint.respond(to: request).isCut)
            #expect(try await Self.count(market) == count)
            #expect(market.explanation?.summary.contains("was cut") == true)
            #expect(await market.endpoint.respond(to: request).isCut == false)
            #expect(try await Self.count(market) == 2)
        }
    }

    @Test("Records that are left unprocessed are not recorded, and can be sent again")
    func unprocessed() async throws {
        let (market, _) = try await Self.market([
            Self.rule(.unprocessed, dimension: "hours")
        ])
        let answer = await market.send(.batchMeterUsage, Self.body())
        #expect(answer.status == 200)
        #expect(answer["Results.0.UsageRecord.Dimension"] == "users")
        #expect(answer["UnprocessedRecords.0.Dimension"] == "hours")
        #expect(answer["UnprocessedRecords.1.Dimension"] == nil)
        #expect(try await Self.count(market) == 1)
        let again = await market.send(.batchMeterUsage, Self.body())
        #expect(again["Results.0.MeteringRecordId"] == answer["Results.0.MeteringRecordId"])
        #expect(again["UnprocessedRecords.0.Dimension"] == nil)
        #expect(try await Self.count(market) == 2)
    }

    @Test("An answer without JSON, and one of a proxy, are none of AWS's")
    func foreign() async throws {
        for (effect, status, type) in [
            (FaultRule.Effect.noJSON, 500, "text/plain"), (.proxyError, 503, "text/html"),
        ] {
            let (market, _) = try await Self.market([Self.rule(effect)])
            let response = await market.endpoint.respond(
                to: TestMarket.request(.batchMeterUsage, Self.body()))
            #expect(response.status.code == status)
            #expect(response.headers[.contentType] == type)
            #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: response.body) }
            #expect(try await Self.count(market) == 0)
        }
    }

    @Test("A skewed clock refuses signatures, tells its time, and takes those of its time")
    func skew() async throws {
        let (market, _) = try await Self.market([Self.rule(.clockSkew(seconds: 3600), .always)])
        let refused = await market.endpoint.respond(
            to: TestMarket.request(.batchMeterUsage, Self.body()))
        #expect(refused.status == 400)
        #expect(String(decoding: refused.body, as: UTF8.self).contains("InvalidSignature"))
        #expect(refused.headers[.date] == "Mon, 23 Nov 2026 13:34:56 GMT")
        let corrected = await market.endpoint.respond(
            to: TestMarket.request(
                .batchMeterUsage, Self.body(),
                signedAt: TestMarket.now.adding(seconds: 3600)))
        #expect(corrected.status == 200)
    }

    @Test("AWS's quotas throttle the eleventh request of a second")
    func quotas() async throws {
        let (market, _) = try await Self.market([], quotas: true)
        for _ in 0..<10 {
            #expect(await market.send(.batchMeterUsage, Self.body()).status == 200)
        }
        let answer = await market.send(.batchMeterUsage, Self.body())
        #expect(answer.text.contains("ThrottlingException"))
        #expect(market.explanation?.rule == .fault)
    }

    @Test("Several rules fire in their order: a latency, and then an error")
    func several() async throws {
        let (market, waits) = try await Self.market([
            Self.rule(.latency(milliseconds: 1)), Self.rule(.error(.throttling)),
            Self.rule(.error(.invalidTag)),
        ])
        let answer = await market.send(.batchMeterUsage, Self.body())
        #expect(answer.text.contains("ThrottlingException"))
        #expect(waits.list.count == 1)
        let summary = try #require(market.explanation?.summary)
        let parts = (1...3).map { summary.components(separatedBy: "fault \($0) of the plan").count }
        #expect(parts == [2, 2, 2], "\(summary)")
    }

    @Test(
        "A reply is lost only where there is one: an error before or after it in the plan is told",
        arguments: [true, false])
    func cutAndError(cutsFirst: Bool) async throws {
        let rules = [Self.rule(.cutAfterCommit), Self.rule(.error(.throttling))]
        let (market, _) = try await Self.market(cutsFirst ? rules : rules.reversed())
        let answer = await market.endpoint.respond(
            to: TestMarket.request(.batchMeterUsage, Self.body()))
        #expect(!answer.isCut)
        #expect(answer.status.code == 400)
        let summary = try #require(market.explanation?.summary)
        #expect(summary.components(separatedBy: "of the plan").count == 2, "\(summary)")
        #expect(!summary.contains("cut"))
        #expect(try await Self.count(market) == 0)
    }

    @Test("The first of two rules counts also where it cuts the connection")
    func cutBeforeError() async throws {
        for rules in [[FaultRule.Effect.cutBeforeWork, .noJSON], [.noJSON, .cutBeforeWork]] {
            let (market, _) = try await Self.market(rules.map { Self.rule($0) })
            let answer = await market.endpoint.respond(
                to: TestMarket.request(.batchMeterUsage, Self.body()))
            #expect(answer.isCut == (rules[0] == .cutBeforeWork))
        }
    }

    @Test("A request over its quota meets no rule, so that the next one does")
    func quotaFirst() async throws {
        let (market, _) = try await Self.market(
            [Self.rule(.cutAfterCommit, dimension: "hours")], quotas: true)
        for _ in 0..<10 { _ = await market.send(.batchMeterUsage, "{}") }
        let over = await market.send(.batchMeterUsage, Self.body())
        #expect(over.text.contains("ThrottlingException"))
        #expect(market.state.faults.current.remaining(of: 0) == 1)
    }

    @Test("Records of nobody's are left unprocessed as well")
    func unprocessedStranger() async throws {
        let (market, _) = try await Self.market([Self.rule(.unprocessed, dimension: "hours")])
        let stranger = Self.body().replacing(TestMarket.buyer, with: "999999999999")
        let answer = await market.send(.batchMeterUsage, stranger)
        #expect(answer["Results.0.Status"] == "CustomerNotSubscribed")
        #expect(answer["Results.1.Status"] == nil)
        #expect(answer["UnprocessedRecords.0.Dimension"] == "hours")
    }

    @Test("A quantity is found by its value, whichever member has it")
    func decimalQuantity() async throws {
        var rule = Self.rule(.error(.throttling), dimension: "hours")
        rule.match.record?.quantity = Quantity(millionths: 7_500_001)
        let (market, _) = try await Self.market([rule])
        let other = Self.body().replacing(#""Quantity":5"#, with: #""QuantityAsDecimal":"7.5""#)
        #expect(await market.send(.batchMeterUsage, other).status == 200)
        let same = other.replacing("7.5", with: "7.500001")
        #expect(await market.send(.batchMeterUsage, same).text.contains("ThrottlingException"))
    }

    @Test("MeterUsage is found by the buyer in whose account it runs")
    func buyerOfMeterUsage() async throws {
        var rule = Self.rule(.error(.throttling))
        rule.match.operation = .meterUsage
        rule.match.record = FaultRecord()
        rule.match.record?.buyerAccountID = TestMarket.buyer
        let (market, _) = try await Self.market([rule])
        let answer = await market.send(
            .meterUsage,
            #"{"ProductCode":"container","Timestamp":\#(TestMarket.now.seconds),"#
                + #""UsageDimension":"users","UsageQuantity":1}"#, as: .ecsTask)
        #expect(answer.text.contains("ThrottlingException"))
    }

    @Test("A request that waited is judged by the time and the catalog of afterwards")
    func timeGoesOn() async throws {
        let market = Mutex<TestMarket?>(nil)
        let slow = try await TestMarket(
            faults: FaultInjector(sleep: { _ in
                let state = market.withLock { $0?.state }
                _ = try? await state?.edit {
                    _ = try $0.changeClock(.advance(milliseconds: 30 * 86_400_000))
                }
            }))
        market.withLock { $0 = slow }
        slow.state.faults.set(FaultPlan(rules: [Self.rule(.latency(milliseconds: 1))]))
        let answer = await slow.send(.batchMeterUsage, Self.body())
        #expect(answer.text.contains("TimestampOutOfBoundsException"), "\(answer.text)")
    }
}

@Suite("Fault plans in the control API")
struct FaultRouteTests {
    @Test("A plan is set, added to, shown with what has fired, and taken away")
    func plan() async throws {
        let market = try await ControlMarket.metering()
        #expect(
            await market.send(.get, "faults").text == #"{"seed":1,"quotas":false,"rules":[]}"#)
        let text = #"""
            {"seed":7,"quotas":true,"rules":[{"operation":"BatchMeterUsage",\#
            "record":{"dimension":"users","quantity":5},"next":2,"error":"ThrottlingException",\#
            "fired":0,"remaining":2},{"share":0.25,"latency":1.5,"fired":0}]}
            """#
        let set = await market.send(
            .put, "faults",
            """
            {"seed":7,"quotas":true,"rules":[{"operation":"BatchMeterUsage","next":2,
            "record":{"dimension":"users","quantity":5},"error":"ThrottlingException"},
            {"share":0.25,"latency":1.5}]}
            """)
        #expect(set.text == text)
        #expect(await market.send(.get, "faults").text == text)
        let added = await market.send(.post, "faults", #"{"cut":"afterCommit"}"#)
        #expect(added["rules.2.cut"] == "afterCommit")
        _ = await market.send(.delete, "faults")
        #expect(await market.send(.get, "faults")["rules.0.cut"] == nil)
    }

    @Test("A rule fires on a request, and the request's explanation says so")
    func fires() async throws {
        let market = try await ControlMarket.metering()
        _ = await market.send(
            .put, "faults", #"{"rules":[{"next":1,"error":"InternalServiceErrorException"}]}"#)
        let answer = await market.meter(ControlMarket.record(5))
        #expect(answer.status == 500)
        #expect(await market.send(.get, "faults")["rules.0.remaining"] == "0")
        let requests = await market.send(.get, "requests")
        #expect(requests["items.0.explanation.rule"] == "fault")
        #expect(await market.meter(ControlMarket.record(5)).status == 200)
        _ = await market.send(.post, "reset")
        #expect(await market.send(.get, "faults")["rules.0.next"] == nil)
    }

    @Test(
        "A mistake in a plan is named, and nothing is applied",
        arguments: [
            (#"{"rules":[{}]}"#, "rules[0].error"),
            (#"{"rules":[{"error":"NoSuchException"}]}"#, "rules[0].error"),
            (#"{"rules":[{"error":"ThrottlingException","stall":true}]}"#, "rules[0].stall"),
            (#"{"rules":[{"stall":true,"next":0}]}"#, "rules[0].next"),
            (#"{"rules":[{"stall":true,"share":2}]}"#, "rules[0].share"),
            (#"{"rules":[{"stall":true,"share":1,"next":1}]}"#, "rules[0].share"),
            (#"{"rules":[{"latency":601}]}"#, "rules[0].latency"),
            (#"{"rules":[{"unprocessed":true}]}"#, "rules[0].unprocessed"),
            (#"{"rules":[{"clockSkew":5,"productCode":"p"}]}"#, "rules[0].clockSkew"),
            (#"{"rules":[{"cut":"now"}]}"#, "rules[0].cut"),
            (#"{"rules":[{"stall":true,"record":{"hue":1}}]}"#, "rules[0].record.hue"),
            (
                #"{"rules":[{"operation":"ResolveCustomer","stall":true,"record":{}}]}"#,
                "rules[0].record"
            ),
            (
                #"{"rules":[{"stall":true,"record":{"quantity":"much"}}]}"#,
                "rules[0].record.quantity"
            ),
            (#"{"rules":{}}"#, "rules"),
        ])
    func mistakes(body: String, field: String) async throws {
        let market = try await ControlMarket()
        _ = await market.send(.put, "faults", #"{"rules":[{"stall":true}]}"#)
        let refused = await market.send(.put, "faults", body)
        #expect(refused.status == 400)
        #expect(refused["errors.0.field"] == field, "\(refused.text)")
        #expect(await market.send(.get, "faults")["rules.0.stall"] == "true")
    }

    @Test("Rules that are added at once are all there")
    func addedAtOnce() async throws {
        let market = try await ControlMarket()
        await withTaskGroup { group in
            for number in 0..<400 {
                group.addTask {
                    _ = await market.send(
                        .post, "faults", #"{"accessKeyId":"key-\#(number)","stall":true}"#)
                }
            }
        }
        let rules = market.application.state.faults.current.plan.rules
        #expect(Set(rules.map(\.match.accessKeyID)).count == 400)
        #expect(market.application.state.faults.isActive)
    }
}
