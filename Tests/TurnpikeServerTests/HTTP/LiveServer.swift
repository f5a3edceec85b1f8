import InMemoryStore
import Logging
import Marketplace
import ServiceLifecycle
import Synchronization
import TurnpikeServer

/// Runs the whole application on a free port of loopback while a test's body runs.
func withServer<Value: Sendable>(
    _ configuration: TurnpikeConfiguration = .demo,
    store: any MarketplaceStore = InMemoryStore(),
    _ body:
        @escaping @Sendable (_ port: Int, _ application: TurnpikeApplication) async throws ->
        Value
) async throws -> Value {
    var configuration = configuration
    configuration.port = 0
    let application = try await TurnpikeApplication(
        configuration, store: store,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
            try await application.run { continuation.yield($0) }
            return nil
        }
        group.addTask {
            for await port in ports { return try await body(port, application) }
            return nil
        }
        defer { group.cancelAll() }
        while let value = try await group.next() {
            if let value { return value }
        }
        throw ServerEnded()
    }
}

/// The server ended before the test's body did.
struct ServerEnded: Error {}

extension TurnpikeConfiguration {
    /// The demo in memory.
    static var demo: TurnpikeConfiguration {
        var configuration = TurnpikeConfiguration()
        configuration.isDemo = true
        return configuration
    }
}
