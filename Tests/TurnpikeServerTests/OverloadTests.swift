import AWSWire
import Dispatch
import DurableFile
import Foundation
import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import SQLiteStore
import Synchronization
import Testing
import TurnpikeServer

@Suite("A server with more to store than it can", .timeLimit(.minutes(20)))
struct OverloadTests {
    @Test("answers ThrottlingException at once, and nothing that waits is lost")
    func throttles() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let gate = Gate()
        var options = SQLiteStore.Options()
        options.file.limits.waiting = 2
        options.file.beforeEachGroup = { gate.pass() }
        let store = try SQLiteStore(path: folder.appending(path: "t.db").path, options: options)
        var configuration = TurnpikeConfiguration.demo
        configuration.authentication = .trusting
        try await withServer(configuration, store: store) { port, _ in
            // Whatever fails, the store must come to its end.
            defer { gate.open() }
            gate.close()
            // It fills the queue, and the writer is held.
            async let first = Self.send(0..<2, port)
            await gate.someoneWaits()
            for number in 2..<5 {
                let refused = try await Self.send(number..<(number + 1), port)
                #expect(refused.hasPrefix("HTTP/1.1 400 "))
                #expect(refused.contains(#"{"__type":"ThrottlingException""#))
                let health = try await RawConnection.open(port: port).exchange(
                    ["GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"], until: "}")
                #expect(health.hasPrefix("HTTP/1.1 200 "))
            }
            gate.open()
            let accepted = try await first
            #expect(accepted.ranges(of: #""Status":"Success""#).count == 2)
            let again = try await Self.send(2..<3, port)
            #expect(again.ranges(of: #""Status":"Success""#).count == 1)
        }
    }

    /// Sends a record for each number, an hour apart, and gives the whole answer.
    private static func send(_ numbers: Range<Int>, _ port: Int) async throws -> String {
        let now = Timestamp.realNow
        let records = numbers.map { number in
            """
            {"Timestamp":\(now.adding(seconds: -60 - Int64(number) * 3600).seconds),\
            "CustomerAWSAccountId":"\(Demo.buyerAccountID)",\
            "Dimension":"\(Demo.dimension)","Quantity":\(number)}
            """
        }
        let list = records.joined(separator: ",")
        let body = #"{"ProductCode":"\#(Demo.productCode)","UsageRecords":[\#(list)]}"#
        let date = AmzDate.text(now)
        let head = """
            POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\n\
            X-Amz-Target: AWSMPMeteringService.BatchMeterUsage\r\nX-Amz-Date: \(date)\r\n\
            Authorization: AWS4-HMAC-SHA256 Credential=\(Demo.seller.accessKeyID)/\
            \(date.prefix(8))/us-east-1/aws-marketplace/aws4_request, \
            SignedHeaders=host;x-amz-date, Signature=0\r\nConnection: close\r\n\
            Content-Length: \(body.utf8.count)\r\n\r\n
            """
        return try await RawConnection.open(port: port).exchange([head + body])
    }
}

/// Holds the store's writer while it is closed; it is open at first.
private final class Gate: Sendable {
    private let isClosed = Mutex(false)
    private let opening = DispatchSemaphore(value: 0)
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    func pass() {
        guard isClosed.withLock({ $0 }) else { return }
        arrivals.continuation.yield()
        opening.wait()
    }

    func close() { isClosed.withLock { $0 = true } }

    func open() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = false }
            return isClosed
        }
        if wasClosed { opening.signal() }
    }

    func someoneWaits() async {
        for await _ in arrivals.stream { return }
    }
}
