import HTTPTypes
import Logging
import NIOPosix
import Synchronization

@testable import TurnpikeServer
@testable import Waiting
@testable import WebServer

/// A seller's site that takes events and remembers them.
final class EventReceiver: Sendable {
    let port: Int
    private let requests: Requests

    fileprivate init(port: Int, requests: Requests) {
        self.port = port
        self.requests = requests
    }

    /// What came so far, as soon as the condition holds for it.
    func requests(
        until condition: @Sendable ([PlainRequest]) -> Bool
    ) async -> [PlainRequest] {
        while !Task.isCancelled {
            let rings = requests.arrivals.rings
            let known = requests.known.withLock { $0 }
            if condition(known) { return known }
            await requests.arrivals.wait(past: rings)
        }
        return requests.known.withLock { $0 }
    }

    func requests(count: Int) async -> [PlainRequest] {
        await requests { $0.count >= count }
    }

    fileprivate final class Requests: Sendable {
        let known = Mutex<[PlainRequest]>([])
        let arrivals = Bell()
    }
}

/// Runs a site on a free port of loopback while a test's body runs; it answers the request of each
/// number, from 0, as it is told.
func withReceiver<Value: Sendable>(
    answering answer: @escaping @Sendable (Int) -> PlainResponse = { _ in .ok },
    _ body: @escaping @Sendable (EventReceiver) async throws -> Value
) async throws -> Value {
    let requests = EventReceiver.Requests()
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let service = HTTPService(
        host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
        onListening: { continuation.yield($0) },
        answer: { request in
            let number = requests.known.withLock { known in
                known.append(request)
                return known.count - 1
            }
            requests.arrivals.announce()
            return answer(number)
        })
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
            try await service.run()
            return nil
        }
        group.addTask {
            for await port in ports {
                return try await body(EventReceiver(port: port, requests: requests))
            }
            return nil
        }
        defer { group.cancelAll() }
        while let value = try await group.next() {
            if let value { return value }
        }
        throw ServerEnded()
    }
}

extension PlainResponse {
    static let ok = PlainResponse(status: .ok)
    static let failure = PlainResponse(status: .internalServerError)
}
