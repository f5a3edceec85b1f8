import Foundation
import Marketplace
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("A running store's files", .timeLimit(.minutes(20)))
struct FileWatchTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("are kept from a second server by any name of the file")
    func names() async throws {
        defer { folder.remove() }
        let files = FileManager.default
        let store = try SQLiteStore(path: folder.dataFile)
        let link = folder.path("link.db")
        try files.linkItem(atPath: folder.dataFile, toPath: link)
        let moved = folder.path("moved.db")
        try files.moveItem(atPath: folder.dataFile, toPath: moved)
        for path in [link, moved] {
            let error = #expect(throws: OpenError.self) { try SQLiteStore(path: path) }
            #expect(error?.description.contains("in use by another server") == true)
        }
        await store.close()
    }

    @Test(
        "are missed before the next acknowledgement when they are gone",
        arguments: ["turnpike.db", "turnpike.db-wal"], ["delete", "replace", "truncate"])
    func gone(name: String, how: String) async throws {
        defer { folder.remove() }
        let files = FileManager.default
        let store = try SQLiteStore(path: folder.dataFile)
        _ = try await store.record([.sample(1)])
        let path = folder.path(name)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        switch how {
        case "delete": try files.removeItem(atPath: path)
        case "replace":
            try files.removeItem(atPath: path)
            try bytes.write(to: URL(fileURLWithPath: path))
        default: truncate(path, 100)
        }
        let error = await #expect(throws: StoreError.self) { try await store.record([.sample(2)]) }
        #expect(
            error?.cause.contains("removed, replaced or cut off") == true,
            "\(String(describing: error))")
        await store.close()
    }

    @Test("that are no regular files are refused at once")
    func pipe() throws {
        defer { folder.remove() }
        mkfifo(folder.dataFile, 0o600)
        for body in [{ _ = try SQLiteStore(path: $0) }, { _ = try DataFileCheck(path: $0) }]
            as [(String) throws -> Void]
        {
            let error = #expect(throws: OpenError.self) { try body(folder.dataFile) }
            #expect(error?.description.contains("no regular file") == true)
        }
    }

    @Test(
        "are refused at once where what lies beside them is no regular file",
        arguments: ["-wal", "-journal", "-mark", "-shm"], [true, false])
    func pipeBeside(suffix: String, isPipe: Bool) async throws {
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        await store.close()
        let path = folder.dataFile + suffix
        try? FileManager.default.removeItem(atPath: path)
        if isPipe { mkfifo(path, 0o600) } else { mkdir(path, 0o700) }
        let error = #expect(throws: OpenError.self) { try SQLiteStore(path: folder.dataFile) }
        #expect(error?.description.contains(suffix) == true, "\(String(describing: error))")
    }

    @Test("are let be where a person keeps copies beside them, and cleared of what a kill left")
    func copiesBeside() async throws {
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        await store.close()
        let own = ["-being-copied-0123abcd", "-being-copied-0123abcd-wal"]
        let others = [
            "-backup-2026", "-backup-1", "-being-copied-mine", "-being-copied-0123abcd.db",
        ]
        for name in own + others {
            try Data().write(to: URL(fileURLWithPath: folder.dataFile + name))
        }
        let next = try SQLiteStore(path: folder.dataFile)
        await next.close()
        let files = FileManager.default
        #expect(own.filter { files.fileExists(atPath: folder.dataFile + $0) } == [])
        #expect(others.filter { !files.fileExists(atPath: folder.dataFile + $0) } == [])
    }

    @Test("are checked without a right to write, and nothing is left beside them")
    func readOnly() async throws {
        defer { folder.remove() }
        let sample = try await DamageSample.killed()
        for (name, bytes) in sample.files {
            try Data(bytes).write(to: URL(fileURLWithPath: folder.path(name)))
        }
        let files = FileManager.default
        for name in sample.files.keys {
            try files.setAttributes([.posixPermissions: 0o400], ofItemAtPath: folder.path(name))
        }
        let names = try files.contentsOfDirectory(atPath: folder.url.path)
        let check = try DataFileCheck(path: folder.dataFile)
        #expect(check.findings == [])
        #expect(check.records == 1500)
        #expect(Set(try files.contentsOfDirectory(atPath: folder.url.path)) == Set(names))
        for (name, bytes) in sample.files {
            #expect(Array(try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))) == bytes)
        }
    }

    @Test("are copied one at a time, until the copy is read or given up")
    func oneBackup() async throws {
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        for isRead in [true, false] {
            var next = try await store.backup()
            await #expect(
                throws: StoreError(.overloaded, cause: "another copy of the data file is under way")
            ) {
                try await store.backup()
            }
            if isRead { while try await next?() != nil {} }
            next = nil
        }
        _ = try await store.backup()
        await store.close()
    }

    @Test("are copied while the server runs, and the copy is sound and whole")
    func backup() async throws {
        defer { folder.remove() }
        let store = try SQLiteStore(path: folder.dataFile)
        let entries = (0..<500).map { UsageEntry.sample($0, .sample(dimension: "d\($0)")) }
        _ = try await store.record(entries)
        let files = FileManager.default
        let before = try files.contentsOfDirectory(atPath: folder.url.path)
        let next = try #require(try await store.backup())
        // What comes after the copy was begun is not in it.
        _ = try await store.record([.sample(900, .sample(dimension: "late"))])
        var bytes: [UInt8] = []
        while let part = try await next() { bytes += part }
        let copy = folder.path("copy.db")
        try Data(bytes).write(to: URL(fileURLWithPath: copy))
        let check = try DataFileCheck(path: copy)
        #expect(check.findings == [])
        #expect(check.records == 500)
        let left = try files.contentsOfDirectory(atPath: folder.url.path)
        #expect(Set(left) == Set(before + ["copy.db"]))
        await store.close()
        let restored = try SQLiteStore(path: copy)
        let outcomes = try await restored.record(entries)
        #expect(
            outcomes.allSatisfy { if case .alreadyRecorded = $0 { true } else { false } })
        await restored.close()
    }

    #if os(Linux)
        @Test("are let go of by a close that comes while they are being opened again")
        func closeDuringReopening() async throws {
            defer { folder.remove() }
            for round in 0..<20 {
                let store = try SQLiteStore(path: folder.dataFile)
                try await store.setPragma("query_only = ON")
                _ = try? await store.record([.sample(round)])
                // The first of these opens the file again; the close comes at some moment of it.
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<4 {
                        group.addTask { _ = try? await store.record([.sample(100 + number)]) }
                    }
                    group.addTask { await store.close() }
                }
                #expect(openDescriptors(of: folder.dataFile).isEmpty, "round \(round)")
            }
            let next = try SQLiteStore(path: folder.dataFile)
            await next.close()
        }
    #endif

    @Test("that another program has written to are refused, and say so")
    func otherProgram() async throws {
        defer { folder.remove() }
        await (try SQLiteStore(path: folder.dataFile)).close()
        let name = CheckedFiles.escaped(folder.dataFile)
        try writeUnchecked(to: "file:\(name)", "INSERT INTO name VALUES (77, 'x', 1)")
        #expect(try DataFileCheck(path: folder.dataFile).findings != [])
    }
}
