import InMemoryStore
import Marketplace
import Synchronization
import Testing

@Suite("A copy of the data file over the control API")
struct BackupRouteTests {
    @Test("that breaks off ends in a cut connection, never in an answer that looks whole")
    func breaksOff() async throws {
        let answer = try await withServer(store: StoreOfBrokenCopies()) { port, _ in
            try await RawConnection.open(port: port).exchange([
                "GET /control/v1/backup HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            ])
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
        #expect(answer.contains("a part"))
        #expect(!answer.contains("\r\n0\r\n"), "\(answer)")
    }

    @Test("is not made for HEAD, which would throw it away")
    func head() async throws {
        let store = StoreOfBrokenCopies()
        let answer = try await withServer(store: store) { port, _ in
            try await RawConnection.open(port: port).exchange([
                "HEAD /control/v1/backup HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            ])
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
        #expect(answer.lowercased().contains("content-type: application/octet-stream"))
        #expect(store.copies.load(ordering: .relaxed) == 0)
    }
}

/// A store whose disk fails when a part of a copy has been read.
private final class StoreOfBrokenCopies: ForwardingStore {
    struct DiskFailed: Error {}

    let store: any MarketplaceStore = InMemoryStore()
    let copies = Atomic<Int>(0)

    func backup() async throws(StoreError) -> StoreCopy? {
        copies.add(1, ordering: .relaxed)
        let parts = Mutex(["a part"])
        return { () throws in
            guard let part = parts.withLock({ $0.popLast() }) else { throw DiskFailed() }
            return Array(part.utf8)
        }
    }
}
