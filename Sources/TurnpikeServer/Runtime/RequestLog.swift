package import Marketplace
package import MeteringAPI
import Synchronization

/// A request to the AWS endpoint, and why it was answered as it was.
package struct LoggedRequest: Sendable {
    package var requestID: String
    /// On the marketplace's clock.
    package var at: Timestamp
    package var operation: OperationName?
    package var accessKeyID: String?
    /// The caller's ARN.
    package var caller: String?
    /// The HTTP status.
    package var status: Int
    /// The name of the exception, without a namespace.
    package var error: String?
    package var durationMicroseconds: Int64
    package var explanation: Explanation

    package init(
        requestID: String, at: Timestamp, operation: OperationName?, accessKeyID: String?,
        caller: String?, status: Int, error: String?, durationMicroseconds: Int64,
        explanation: Explanation
    ) {
        self.requestID = requestID
        self.at = at
        self.operation = operation
        self.accessKeyID = accessKeyID
        self.caller = caller
        self.status = status
        self.error = error
        self.durationMicroseconds = durationMicroseconds
        self.explanation = explanation
    }
}

/// The last requests, in memory.
package final class RequestLog: Sendable {
    /// How many requests are remembered.
    package static let capacity = 1000

    private struct State {
        var entries: [LoggedRequest] = []
        /// How many requests there have been; the newest's number.
        var count = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func append(_ request: LoggedRequest) {
        state.withLock { state in
            if state.entries.count < Self.capacity {
                state.entries.append(request)
            } else {
                state.entries[state.count % Self.capacity] = request
            }
            state.count += 1
        }
    }

    package func request(id: String) -> LoggedRequest? {
        state.withLock { state in state.entries.first { $0.requestID == id } }
    }

    /// Remembered requests that meet the condition, newest first, each with its number; only
    /// those with a number below `number`.
    package func requests(
        before number: Int = .max, limit: Int, where isIncluded: (LoggedRequest) -> Bool
    ) -> [(number: Int, request: LoggedRequest)] {
        let (entries, count) = state.withLock { ($0.entries, $0.count) }
        var found: [(number: Int, request: LoggedRequest)] = []
        for candidate in stride(from: count - 1, through: count - entries.count, by: -1) {
            guard found.count < limit else { break }
            let entry = entries[candidate % Self.capacity]
            if candidate < number, isIncluded(entry) { found.append((candidate, entry)) }
        }
        return found
    }

    /// How many requests there have been.
    package var count: Int { state.withLock(\.count) }

    package func clear() {
        state.withLock { $0 = State() }
    }
}
