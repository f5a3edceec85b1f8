import Foundation
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import SQLiteStore

/// `Fixtures/turnpike-0.1.db` was written by version 0.1: its demo, a product with six records, and
/// a container that had run for two hours.
@Suite("A data file that version 0.1 has written")
struct EarlierFileTests {
    private static let fixture = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appending(path: "Fixtures/turnpike-0.1.db")

    /// Runs a test on a copy of the file.
    private func withCopy(_ body: (String) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try Data(contentsOf: Self.fixture).write(to: URL(fileURLWithPath: folder.dataFile))
        try await body(folder.dataFile)
    }

    @Test("is opened with all that is in it, and goes on")
    func opened() async throws {
        try await withCopy { path in
            let store = try SQLiteStore(path: path)
            let catalog = try await store.wholeCatalog()
            #expect(catalog.accounts["222233334444"]?.name == "Globex")
            #expect(catalog.products["saas"]?.dimensions.map(\.name) == ["users", "hours"])
            #expect(catalog.agreements["agmt-saas"]?.buyerAccountID == "222233334444")
            #expect(catalog.credentials["AKIASELLERSELLER"]?.secretAccessKey == "secret")
            #expect(catalog.eventTargets["hook"] != nil)
            #expect(catalog.registrationTokens.count == 2)
            #expect(catalog.signingKeys(of: "container").first?.privateKeyPEM != nil)
            #expect(catalog.clock.mode == .frozen)
            let task = try #require(catalog.registeredWorkloads.first)
            #expect(task.recordedSeconds == 7200)
            // What is looked up is found by what it belongs to and by its moment.
            let workload = CatalogFact.registeredWorkload(task)
            #expect(
                try await store.facts(.owned(.registeredWorkload, by: "task-1")) == [workload])
            let next = try #require(workload.moment)
            #expect(
                try await store.facts(.due(.registeredWorkload, through: next, limit: 9))
                    == [workload])

            let records = try await store.usage(UsageFilter(), after: nil, limit: 99).items
            #expect(records.count == 8)
            #expect(records.count { !$0.allocations.isEmpty } == 3)
            let first = records[0]
            let again = UsageEntry(
                id: .sample(1), series: first.series, timestamp: first.timestamp,
                quantity: first.quantity, allocations: first.allocations,
                operation: first.operation, recordedAt: first.recordedAt.adding(hours: 1))
            guard case .alreadyRecorded(let known) = try await store.record([again])[0] else {
                Issue.record("a repeated report was recorded")
                return
            }
            #expect(known.id == first.id)
            #expect(try await !store.events(after: 0, limit: 99).isEmpty)
            await store.close()
            #expect(try DataFileCheck(path: path).findings == [])
        }
    }

    @Test("has a revision and no earlier changes, and keeps both from then on")
    func revision() async throws {
        try await withCopy { path in
            var store = try SQLiteStore(path: path)
            let first = try await store.loadCatalog().revision
            try await store.save([.put(.account(Account(id: "1", role: .buyer, name: "A")))])
            await store.close()
            store = try SQLiteStore(path: path)
            let second = try await store.loadCatalog().revision
            #expect(second.number == first.number + 1)
            #expect(try await store.catalogChanges(after: first)?.changes.count == 1)
            await store.close()
        }
    }
}
