import Marketplace
import Testing

@testable import SQLiteStore

@Suite("An edit of very many facts")
struct LargeEditTests {
    @Test("is read again whole, and those who follow the catalog are told to read it anew")
    func large() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let count = StoreLimits.followedChanges + 1
        let accounts = (0..<count).map {
            CatalogFact.account(Account(id: "\($0)", role: .buyer, name: "Buyer \($0)"))
        }
        let store = try SQLiteStore(path: folder.dataFile)
        let before = try await store.loadCatalog().revision
        _ = try await store.save(
            accounts.map { .put($0) }, expecting: before, ifUnused: [])
        let large = try await store.loadCatalog().revision
        #expect(try await store.catalogChanges(after: before) == nil)
        _ = try await store.save([.put(accounts[7])], expecting: large, ifUnused: [])
        #expect(try await store.catalogChanges(after: large)?.changes.count == 1)
        await store.close()
        let again = try SQLiteStore(path: folder.dataFile)
        let catalog = try await again.loadCatalog()
        #expect(catalog.accounts.count == count)
        for number in [0, 1023, 1024, count - 1] {
            #expect(catalog.accounts["\(number)"]?.name == "Buyer \(number)")
        }
        await again.close()
    }
}
