import Marketplace
import MarketplaceHost
import MeteringAPI
import StoreContract
import Testing
import TurnpikeServer

@Suite("A store that fails")
struct FailingStoreTests {
    private static let batch = """
        {"ProductCode":"saas","UsageRecords":[\
        {"Timestamp":1795435496,"CustomerAWSAccountId":"222233334444","Dimension":"users"},\
        {"Timestamp":1795435496,"CustomerAWSAccountId":"1","Dimension":"users"}]}
        """
    private static let meter =
        #"{"ProductCode":"ami","Timestamp":1795435496,"UsageDimension":"users"}"#

    @Test("A store that is full throttles")
    func overloaded() async throws {
        let market = try await TestMarket(store: FailingStore(.overloaded))
        let answer = await market.send(.batchMeterUsage, Self.batch)
        #expect(answer.status == 400)
        #expect(answer.error == "ThrottlingException")
        let meter = await market.send(.meterUsage, Self.meter, as: .ec2Instance)
        #expect(meter.error == "ThrottlingException")
    }

    @Test("A store that stored nothing gives the records back as they were sent")
    func notStored() async throws {
        let market = try await TestMarket(store: FailingStore(.notStored))
        let answer = await market.send(.batchMeterUsage, Self.batch)
        #expect(
            answer.text == """
                {"Results":[{"UsageRecord":{"Timestamp":1795435496,"CustomerAWSAccountId":"1",\
                "Dimension":"users"},"Status":"CustomerNotSubscribed"}],"UnprocessedRecords":[\
                {"Timestamp":1795435496,"CustomerAWSAccountId":"222233334444",\
                "Dimension":"users"}]}
                """)
        let meter = await market.send(.meterUsage, Self.meter, as: .ec2Instance)
        #expect(meter.error == "InternalServiceErrorException")
        #expect(meter.status == 500)
    }

    @Test("A store that does not know what it stored fails the request")
    func unknownOutcome() async throws {
        let market = try await TestMarket(store: FailingStore(.unknownOutcome))
        let answer = await market.send(.batchMeterUsage, Self.batch)
        #expect(answer.status == 500)
        #expect(answer.error == "InternalServiceErrorException")
        let meter = await market.send(.meterUsage, Self.meter, as: .ec2Instance)
        #expect(meter.status == 500)
        #expect(meter.error == "InternalServiceErrorException")
    }

    @Test(
        "A store that cannot save a registration fails the request, and takes the next one",
        arguments: [
            (StoreError.Code.overloaded, "ThrottlingException"),
            (.notStored, "InternalServiceErrorException"),
            (.unknownOutcome, "InternalServiceErrorException"),
        ])
    func registration(code: StoreError.Code, exception: String) async throws {
        let store = FailingStore(code)
        let market = try await TestMarket(store: store)
        let body = #"{"ProductCode":"container","PublicKeyVersion":1,"Nonce":"n-1"}"#
        store.failsToSave = true
        let refused = await market.send(.registerUsage, body, as: .eksPod)
        #expect(refused.error == exception)
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.isEmpty)
        store.failsToSave = false
        #expect(await market.send(.registerUsage, body, as: .eksPod).status == 200)
        #expect(try await market.state.store.wholeCatalog().registeredWorkloads.count == 1)
    }
}
