import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI
import MeteringEndpoint
import Testing

@testable import ControlAPI
@testable import Documents
@testable import TurnpikeServer

@Suite("Numbers of files and operations", .serialized, .timeLimit(.minutes(20)))
struct FileNumberTests {
    /// What a seed file has of the bodies of routes, with what it wants besides.
    private static let places: [(place: NumberPlace, wrap: @Sendable (String) -> String)] =
        NumberPlace.all {
            switch $0 {
            case .bounded, .time, .scalar, .quantity: true
            default: false
            }
        }.compactMap { place in
            switch place.template.split(separator: "/").last ?? "" {
            case "clock": (place, { "clock: \($0)" })
            case "faults" where place.method == .put: (place, { "faults: \($0)" })
            case "credentials":
                (place, { "credentials:\n  - {accessKeyId: A, \($0.dropFirst())" })
            case "{targetId}": (place, { "eventTargets:\n  - {targetId: t, \($0.dropFirst())" })
            case "agreements":
                (place, { "agreements:\n  - {agreementId: agmt-2, \($0.dropFirst())" })
            default: nil
            }
        }

    @Test("A number of a seed file is taken or refused with its line", arguments: places.indices)
    func seed(index: Int) async throws {
        let (place, wrap) = Self.places[index]
        let isTime = if case .time = place.type { true } else { false }
        var market = try await ControlMarket.furnished()
        for edge in isTime ? NumberEdges.times.map({ "\"\($0)\"" }) : NumberEdges.all {
            // Tests that run beside this one have deadlines.
            await Task.yield()
            let text = wrap(try #require(place.body(edge)))
            do {
                try await SeedFile.read(text, name: "seed.yaml").apply(to: market.application.state)
                #expect(await market.send(.get, "clock").status == 200)
                market = try await ControlMarket.furnished()
            } catch let failure as StartFailure {
                #expect(failure.description.hasPrefix("seed.yaml:"), "\(failure)")
            }
        }
    }

    /// Requests with a number of each kind that operations have.
    private static func bodies(_ number: String) -> [(OperationName, PrincipalKind, String)] {
        let time = TestMarket.now.adding(seconds: -3600).seconds
        func batch(_ members: String) -> String {
            #"{"ProductCode":"saas","UsageRecords":[{"CustomerAWSAccountId":"222233334444","#
                + #""Dimension":"users",\#(members)}]}"#
        }
        let meter = #""ProductCode":"ami","UsageDimension":"users""#
        let allocation = #""UsageAllocations":[{"AllocatedUsageQuantity":\#(number)}]"#
        let decimal = #""UsageAllocations":[{"AllocatedUsageQuantityAsDecimal":"\#(number)"}]"#
        return [
            (.batchMeterUsage, .account, batch(#""Timestamp":\#(number),"Quantity":1"#)),
            (.batchMeterUsage, .account, batch(#""Timestamp":\#(time),"Quantity":\#(number)"#)),
            (
                .batchMeterUsage, .account,
                batch(#""Timestamp":\#(time),"QuantityAsDecimal":"\#(number)""#)
            ),
            (
                .batchMeterUsage, .account,
                batch(#""Timestamp":\#(time),"Quantity":\#(number),\#(allocation)"#)
            ),
            (
                .batchMeterUsage, .account,
                batch(#""Timestamp":\#(time),"QuantityAsDecimal":"\#(number)",\#(decimal)"#)
            ),
            (.meterUsage, .ec2Instance, #"{\#(meter),"Timestamp":\#(number)}"#),
            (
                .meterUsage, .ec2Instance,
                #"{\#(meter),"Timestamp":\#(time),"UsageQuantity":\#(number)}"#
            ),
            (
                .registerUsage, .ecsTask,
                #"{"ProductCode":"container","PublicKeyVersion":\#(number)}"#
            ),
            (.getEntitlements, .account, #"{"ProductCode":"saas","MaxResults":\#(number)}"#),
            (
                .getEntitlements, .account,
                #"{"ProductCode":"saas","NextToken":"\#(hexadecimal("\(number)/a/saas"))"}"#
            ),
        ]
    }

    private static func hexadecimal(_ text: String) -> String {
        String(decoding: Hexadecimal.digits(of: text.utf8), as: UTF8.self)
    }

    @Test(
        "A number of an operation is taken or refused, at any time of the calendar",
        arguments: [
            TestMarket.now, Timestamp(milliseconds: 253_402_300_799_999),
            Timestamp(milliseconds: -62_167_219_200_000),
        ])
    func operations(now: Timestamp) async throws {
        let market = try await TestMarket(authentication: .trusting, realNow: now)
        for edge in NumberEdges.all {
            for (operation, kind, body) in Self.bodies(edge) {
                await Task.yield()
                let answer = await market.send(operation, body, as: kind)
                #expect([200, 400].contains(answer.status), "\(operation) \(body): \(answer.text)")
            }
        }
    }

    @Test("Whatever numbers a request had, it is shown in the log and in the trail")
    func reports() async throws {
        let market = try await ControlMarket.metering()
        for edge in NumberEdges.all {
            let record = #"""
                {"Timestamp":\#(edge),"CustomerAWSAccountId":"\#(ControlMarket.buyer)",\#
                "Dimension":"users","Quantity":\#(edge)}
                """#
            await Task.yield()
            #expect(await market.meter(record).status < 500)
            for path in ["trail", "requests"] {
                #expect(await market.send(.get, "\(path)?limit=1").status == 200)
            }
        }
        #expect(try await market.items("requests", limit: 10).count == NumberEdges.all.count)
        let trail = await market.send(.get, "trail?limit=1000")
        #expect(trail["items.\(NumberEdges.all.count - 1).eventName"] == "BatchMeterUsage")
    }

    @Test("No usage is taken of a year that has no four digits")
    func year10000() async throws {
        let end = Timestamp(milliseconds: 253_402_300_799_999)
        let market = try await TestMarket(authentication: .trusting, realNow: end)
        for (offset, isTaken) in [(Int64(0), true), (1, false), (200, false)] {
            let answer = await market.send(
                .batchMeterUsage,
                #"""
                {"ProductCode":"saas","UsageRecords":[{"Timestamp":\#(end.seconds + offset),\#
                "CustomerAWSAccountId":"222233334444","Dimension":"users","Quantity":1}]}
                """#)
            #expect((answer.status == 200) == isTaken, "\(answer.text)")
        }
    }
}
