package import Marketplace

/// Something that every store promises: a sentence, and a check that it holds.
///
/// A test target runs them all with one parameterised test:
///
///     @Test("The store promises that", arguments: StorePromise.all)
///     func keeps(_ promise: StorePromise) async throws {
///         try await promise.check { InMemoryStore() }
///     }
///
/// Checks throw rather than expect, so that this target needs no testing library.
package struct StorePromise: Sendable, CustomStringConvertible {
    package let description: String
    private let body: @Sendable (inout StoreOnTrial) async throws -> Void

    init(
        _ description: String,
        _ body: @escaping @Sendable (any MarketplaceStore) async throws -> Void
    ) {
        self.init(description, restarting: { try await body($0.store) })
    }

    /// A promise over restarts of the store.
    init(
        _ description: String,
        restarting body: @escaping @Sendable (inout StoreOnTrial) async throws -> Void
    ) {
        self.description = description
        self.body = body
    }

    /// Checks the promise on a store of its own, which must be empty.
    ///
    /// A durable store is closed and made again now and then, and must then have what it had.
    package func check(
        isDurable: Bool = false,
        on makeStore: @escaping @Sendable () async throws -> any MarketplaceStore
    ) async throws {
        var trial = StoreOnTrial(
            store: try await makeStore(), makeAgain: isDurable ? makeStore : nil)
        do {
            try await body(&trial)
        } catch {
            await trial.store.close()
            throw error
        }
        await trial.store.close()
    }

    package static let all: [StorePromise] =
        deduplication + spaces + tokens + calls + concurrency + listings + totals + catalog
        + lookups + outbox + forgetting + revisions + comparison
}

/// A store that is held to a promise.
struct StoreOnTrial {
    fileprivate(set) var store: any MarketplaceStore
    /// Nil for a store that forgets when it is closed.
    fileprivate let makeAgain: (@Sendable () async throws -> any MarketplaceStore)?

    /// Closes a durable store and makes it again.
    mutating func restart() async throws {
        guard let makeAgain else { return }
        await store.close()
        store = try await makeAgain()
    }
}

/// A store did not do what it promises.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String
}

func expect(_ condition: Bool, _ claim: @autoclosure () -> String) throws {
    guard condition else { throw BrokenPromise(description: "It does not hold that \(claim()).") }
}

func expectEqual<Value: Equatable>(
    _ value: Value, _ expected: Value, _ name: @autoclosure () -> String
) throws {
    guard value == expected else {
        throw BrokenPromise(description: "\(name()) is \(value), not \(expected).")
    }
}

/// Expects the work to throw a `StoreError` of this code.
func expectError(
    _ code: StoreError.Code, _ name: String, _ work: () async throws -> Void
) async throws {
    do {
        try await work()
    } catch let error as StoreError where error.code == code {
        return
    }
    throw BrokenPromise(description: "\(name) did not throw \(code).")
}
