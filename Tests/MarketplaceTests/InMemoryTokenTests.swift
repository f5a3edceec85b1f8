import InMemoryStore
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@Suite("The store in memory")
struct InMemoryTokenTests {
    @Test("remembers no more client tokens than come in a day and two hours, of whatever usage")
    func tokensAreDropped() async throws {
        let store = InMemoryStore()
        let series = UsageSeries.sample(resource: "i-1")
        // A token a minute, all for one hour: the usage is recorded once.
        for minute in 0..<20_000 {
            let entry = UsageEntry.sample(
                minute, series, operation: .meterUsage,
                recordedAt: .noon.adding(seconds: Int64(minute) * 60),
                token: .sample("token-\(minute)", resource: "i-1"))
            _ = try await store.record([entry], decidedOn: nil)
            #expect(store.rememberedTokens <= 26 * 60)
        }
        #expect(try await store.usage(UsageFilter(), after: nil, limit: 9).items.count == 1)
        #expect(store.rememberedTokens >= 24 * 60)
        try await store.forgetUsage(saving: [])
        #expect(store.rememberedTokens == 0)
    }
}
