import InMemoryStore
import Marketplace
import StoreContract
import Testing

@Suite("The store in memory keeps what every store promises")
struct InMemoryStoreTests {
    @Test("In memory", arguments: StorePromise.all)
    func keeps(_ promise: StorePromise) async throws {
        try await promise.check { InMemoryStore() }
    }
}
