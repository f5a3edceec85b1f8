import Marketplace
import MeteringAPI
import Testing

@Suite("Targets of events")
struct EventTargetTests {
    /// The deliveries of an event of each channel, of a product of the older generation.
    private static func deliveries(
        to targets: [EventTarget], events: Int = 1
    ) throws -> [[PlannedDelivery]] {
        var catalog = SampleMarketplace().catalog
        let product = Product(
            code: "older", type: .saas, title: "Older",
            sellerAccountID: try #require(catalog.products.values.first).sellerAccountID,
            integration: .customerIdentifier, dimensions: [])
        catalog.put(.product(product))
        catalog.put(
            .agreement(
                Agreement(
                    id: "agmt-older", licenseARN: "arn:older", productCode: "older",
                    buyerAccountID: SampleMarketplace.otherBuyer,
                    startsAt: SampleMarketplace.now)))
        var edit = CatalogEdit(
            catalog: catalog, now: SampleMarketplace.now, realNow: Timestamp(milliseconds: 5000))
        for target in targets { _ = try edit.putEventTarget(target) }
        for _ in 0..<events {
            _ = try edit.publishByHand(.licenseUpdated, agreementID: "agmt-older")
            _ = try edit.publishByHand(.subscribeFail, agreementID: "agmt-older")
        }
        return edit.changes.compactMap { change in
            if case .publish(_, let deliveries) = change { deliveries } else { nil }
        }
    }

    private static func target(
        _ id: String, _ channels: EventTarget.Channels = .both, product: String? = nil,
        _ disturbance: Disturbance? = nil
    ) -> EventTarget {
        EventTarget(
            id: id, kind: .webhook, url: "http://127.0.0.1:1", channels: channels,
            productCode: product, disturbance: disturbance)
    }

    @Test("A target gets the events of its channel and product, at once")
    func wanted() throws {
        let deliveries = try Self.deliveries(to: [
            Self.target("a"), Self.target("b", .sns), Self.target("c", .eventBridge),
            Self.target("d", product: "older"),
        ])
        #expect(deliveries.map { $0.map(\.target) } == [["a", "c", "d"], ["a", "b", "d"]])
        #expect(
            deliveries.joined().allSatisfy {
                $0.time == Timestamp(milliseconds: 5000) && !$0.isDropped
            })
    }

    @Test("A disturbance decides by its seed, in the same way each time")
    func disturbance() throws {
        let disturbed = Disturbance(
            delaySeconds: 7, duplicate: 300, reorder: 200, drop: 100, seed: 42)
        let target = Self.target("a", .both, disturbed)
        let first = try Self.deliveries(to: [target], events: 200)
        #expect(try Self.deliveries(to: [target], events: 200) == first)
        var other = disturbed
        other.seed = 43
        #expect(try Self.deliveries(to: [Self.target("a", .both, other)], events: 200) != first)
        let dropped = first.count { $0.allSatisfy(\.isDropped) }
        let twice = first.count { $0.count == 2 }
        let late = first.count { $0[0].time == Timestamp(milliseconds: 15_000) }
        #expect((20...70).contains(dropped), "\(dropped)")
        #expect((70...150).contains(twice), "\(twice)")
        #expect((45...120).contains(late), "\(late)")
        #expect(
            first.joined().allSatisfy {
                [Timestamp(milliseconds: 12_000), Timestamp(milliseconds: 15_000)].contains($0.time)
            })
    }

    @Test("A share of nothing hits none, and a share of one all")
    func bounds() {
        let none = Disturbance(seed: 1)
        let all = Disturbance(duplicate: 1000, reorder: 1000, drop: 1000, seed: 1)
        for event in Int64(0)..<500 {
            #expect(
                none.decision(on: event)
                    == Disturbance.Decision(isDropped: false, copies: 1, delaySeconds: 0))
            #expect(
                all.decision(on: event)
                    == Disturbance.Decision(isDropped: true, copies: 2, delaySeconds: 3))
        }
    }

    @Test("A target put again as it is goes on where it was; a changed one begins again")
    func replaced() throws {
        var edit = CatalogEdit(
            catalog: SampleMarketplace().catalog, now: SampleMarketplace.now,
            realNow: SampleMarketplace.now)
        var target = Self.target("a", .both, Disturbance(seed: 1))
        target.disturbedEvents = 9
        edit.put(.eventTarget(target))
        let same = Self.target("a", .both, Disturbance(seed: 1))
        #expect(try edit.putEventTarget(same).disturbedEvents == 9)
        let changed = Self.target("a", .sns, Disturbance(seed: 1))
        #expect(try edit.putEventTarget(changed).disturbedEvents == 0)
    }

    @Test("The pause after a failure doubles, from a second to some two minutes")
    func pauses() {
        #expect(
            (1...10).map { Delivery.pause(afterFailures: $0) / 1000 }
                == [1, 2, 4, 8, 16, 32, 64, 128, 128, 128])
        #expect(Delivery.pause(afterFailures: .max) == 128_000)
    }

    @Test("There are so many targets and no more")
    func limit() throws {
        var edit = CatalogEdit(
            catalog: Catalog(), now: SampleMarketplace.now, realNow: SampleMarketplace.now)
        for number in 0..<MarketplaceLimits.eventTargets {
            _ = try edit.putEventTarget(Self.target("t\(number)"))
        }
        #expect(throws: Contradiction.self) {
            _ = try edit.putEventTarget(Self.target("one more"))
        }
        _ = try edit.putEventTarget(Self.target("t0", .sns))
        try edit.deleteEventTarget("t1")
        _ = try edit.putEventTarget(Self.target("one more"))
    }
}
