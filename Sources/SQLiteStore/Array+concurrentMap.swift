import Dispatch
import Synchronization

extension Array where Element: Sendable {
    /// What the closure makes of each element, in their order, on all processors where there are
    /// many elements; of the errors, the first in that order.
    ///
    /// It blocks until all is done.
    func concurrentMap<Result: Sendable>(
        _ transform: @Sendable (Element) throws -> Result
    ) throws -> [Result] {
        let part = StoreLimits.elementsAtOnce
        guard count > part else { return try map(transform) }
        let starts = Array<Int>(stride(from: 0, to: count, by: part))
        let parts = Mutex([Swift.Result<[Result], any Error>?](repeating: nil, count: starts.count))
        DispatchQueue.concurrentPerform(iterations: starts.count) { index in
            let elements = self[starts[index]..<Swift.min(starts[index] + part, count)]
            let made = Swift.Result { try elements.map(transform) }
            parts.withLock { $0[index] = made }
        }
        return try parts.withLock { parts in
            try parts.flatMap { try $0?.get() ?? [] }
        }
    }
}
