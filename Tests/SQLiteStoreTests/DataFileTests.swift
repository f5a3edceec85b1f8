import Foundation
import GRDB
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("A data file")
struct DataFileTests {
    private let entries = [
        UsageEntry.sample(1), .sample(2, .sample(license: "arn:l1")),
        .sample(3, .agent, isOncePerHour: false, token: .sample()),
    ]
    private let product = Product(
        code: "prod", type: .saas, title: "Kept", sellerAccountID: "999988887777", dimensions: [])

    @Test("keeps usage, tokens and catalog when it is closed and opened again")
    func reopening() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = try SQLiteStore(path: folder.dataFile)
        try await first.save([.put(.product(product))])
        let outcomes = try await first.record(entries)
        let usage = try await first.usage(UsageFilter(), after: nil, limit: 10).items
        await first.close()
        #expect(!FileManager.default.fileExists(atPath: folder.path("turnpike.db-wal")))

        let second = try SQLiteStore(path: folder.dataFile)
        try await expectKept(usage, outcomes, in: second)
        await second.close()
    }

    @Test("holds what was acknowledged at every moment, as a copy of it shows")
    func copying() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        try await store.save([.put(.product(product))])
        let outcomes = try await store.record(entries)
        let usage = try await store.usage(UsageFilter(), after: nil, limit: 10).items
        for name in ["turnpike.db", "turnpike.db-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.path(name), toPath: folder.path("copy-" + name))
        }
        let copy = try SQLiteStore(path: folder.path("copy-turnpike.db"))
        try await expectKept(usage, outcomes, in: copy)
        await copy.close()
        await store.close()
    }

    private func expectKept(
        _ usage: [RecordedUsage], _ outcomes: [RecordOutcome], in store: SQLiteStore
    ) async throws {
        #expect(try await store.loadCatalog().products == ["prod": product])
        #expect(try await store.usage(UsageFilter(), after: nil, limit: 10).items == usage)
        let again = try await store.record(entries)
        guard case .alreadyRecorded(let earlier) = again[0] else {
            Issue.record("the first was \(again[0])")
            return
        }
        #expect(earlier.id == entries[0].id)
        #expect(again[2] == .tokenReplayed(entries[2].id))
        #expect(
            outcomes == [
                .recorded(entries[0].id, billedTwiceWith: nil),
                .recorded(entries[1].id, billedTwiceWith: earlier),
                .recorded(entries[2].id, billedTwiceWith: nil),
            ])
    }

    @Test("is readable by its owner only when it is new")
    func permissions() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        _ = try await store.record(entries)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        await store.close()
    }

    @Test("belongs to one server at a time, by whatever name")
    func lock() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        let alias = folder.path("alias.db")
        try FileManager.default.createSymbolicLink(
            atPath: alias, withDestinationPath: folder.dataFile)
        for path in [folder.dataFile, alias] {
            let error = #expect(throws: OpenError.self) { try SQLiteStore(path: path) }
            #expect(error?.description.contains("in use by another server") == true)
        }
        await store.close()
        let next = try SQLiteStore(path: alias)
        await next.close()
    }

    #if os(Linux)
        @Test("is free once it is closed, also while a child process holds copies of descriptors")
        func inheritedLock() async throws {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let store = try SQLiteStore(path: folder.dataFile)
            // That of the lock, and those of SQLite.
            let copies = openDescriptors(of: folder.dataFile).map { dup($0) }
            defer { for copy in copies { close(copy) } }
            #expect(copies.count > 1)
            await store.close()
            let next = try SQLiteStore(path: folder.dataFile)
            await next.close()
        }
    #endif

    @Test("waits for the disk at every commit")
    func durability() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        #expect(try await store.file.waitsForDisk())
        await store.close()
    }

    @Test("of a newer Turnpike is refused and left as it is")
    func newerFormat() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        await (try SQLiteStore(path: folder.dataFile)).close()
        try changeFile(at: folder.dataFile) {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 from the future')")
        }
        expectRefusal(of: folder.dataFile, "newer Turnpike")
    }

    @Test("that is something else is refused and left as it is")
    func foreignFiles() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let text = Data(repeating: 65, count: 5000)
        try text.write(to: URL(fileURLWithPath: folder.path("text")))
        expectRefusal(of: folder.path("text"), "not a data file of Turnpike")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("text"))) == text)

        let other = try DatabaseQueue(path: folder.path("other.db"))
        try await other.write { try $0.execute(sql: "CREATE TABLE notes (text TEXT)") }
        try other.close()
        expectRefusal(of: folder.path("other.db"), "not a data file of Turnpike")
    }

    @Test("in a folder that does not exist is refused")
    func missingFolder() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        expectRefusal(of: folder.path("missing/turnpike.db"), "does not exist")
        expectRefusal(of: folder.url.path, "is a directory")
    }

    private func expectRefusal(
        of path: String, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: OpenError.self, sourceLocation: sourceLocation) {
            try SQLiteStore(path: path)
        }
        let sentence = error?.description ?? ""
        #expect(sentence.contains(reason), sourceLocation: sourceLocation)
        #expect(sentence.contains(path), sourceLocation: sourceLocation)
        #expect(!sentence.contains("\n"), sourceLocation: sourceLocation)
    }

    @Test("whose facts lack what is optional, or have more, is read")
    func olderAndNewerFacts() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        try await store.file.current.pool.write {
            try $0.insertFact(
                "account", "1",
                #"{"id":"1","role":"buyer","name":"A","isSuspended":false,"later":[1]}"#)
        }
        #expect(
            try await store.loadCatalog().accounts == [
                "1": Account(id: "1", role: .buyer, name: "A")
            ])
        await store.close()
    }

    @Test("with a fact that cannot be read says which")
    func damagedFact() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        try await store.file.current.pool.write {
            try $0.insertFact("product", "prod", "{}")
        }
        let error = await #expect(throws: StoreError.self) { try await store.loadCatalog() }
        #expect(error?.cause.contains("the product prod cannot be read") == true)
        await store.close()
    }
}

extension Database {
    /// Inserts a fact as it is, with the checksum that it should have.
    fileprivate func insertFact(_ kind: String, _ id: String, _ body: String) throws {
        try execute(
            sql: "INSERT INTO catalog (kind, id, body, checksum) VALUES (?, ?, ?, ?)",
            arguments: [
                kind, id, body, CatalogTable.checksum(kind: kind, id: id, body: body),
            ])
    }
}
