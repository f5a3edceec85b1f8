import Synchronization

/// Wakes everybody who waits for something to change.
package final class Bell: Sendable {
    private let listeners = Mutex<[Int: AsyncStream<Void>.Continuation]>([:])
    private let names = Atomic<Int>(0)

    /// A sequence with an element after each ring; rings that nobody looked at yet are one.
    package func listen() -> AsyncStream<Void> {
        let name = names.add(1, ordering: .relaxed).newValue
        return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            listeners.withLock { $0[name] = continuation }
            continuation.onTermination = { [weak self] _ in
                _ = self?.listeners.withLock { $0.removeValue(forKey: name) }
            }
        }
    }

    func announce() {
        for listener in listeners.withLock({ Array($0.values) }) { listener.yield() }
    }
}
