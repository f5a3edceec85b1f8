import DurableFile
import Marketplace
import SQLiteStore
import StoreContract
import Testing

@Suite("The embedded store keeps what every store promises")
struct SQLiteStoreContractTests {
    @Test("In a file of its own", arguments: StorePromise.all)
    func keeps(_ promise: StorePromise) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await promise.check(isDurable: true) { try SQLiteStore(path: folder.dataFile) }
    }

    @Test("With room for two names and two records in memory", arguments: StorePromise.all)
    func keepsWithColdMemory(_ promise: StorePromise) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var options = SQLiteStore.Options()
        options.memory.names = 2
        options.memory.openRecords = 2
        options.file.limits.inTransaction = 3
        try await promise.check(isDurable: true) { [options] in
            try SQLiteStore(path: folder.dataFile, options: options)
        }
    }
}
