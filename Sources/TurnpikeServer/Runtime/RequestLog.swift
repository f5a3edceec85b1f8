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
    /// What the audit trail says besides; nil for what it leaves out.
    package var trailed: TrailedCall?

    package init(
        requestID: String, at: Timestamp, operation: OperationName?, accessKeyID: String?,
        caller: String?, status: Int, error: String?, durationMicroseconds: Int64,
        explanation: Explanation, trailed: TrailedCall? = nil
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
        self.trailed = trailed
    }
}

/// The two texts of a call that the audit trail shows.
package struct TrailedCall: Sendable {
    package var principal: Principal
    package var region: String
    package var userAgent: String?
    /// JSON of AWS.
    package var request: [UInt8]
    package var answer: [UInt8]

    package init(
        principal: Principal, region: String, userAgent: String?, request: [UInt8],
        answer: [UInt8]
    ) {
        self.principal = principal
        self.region = region
        self.userAgent = userAgent
        self.request = request
        self.answer = answer
    }

    var byteCount: Int { request.count + answer.count }
}

/// The last requests, in memory.
package final class RequestLog: Sendable {
    /// How many requests are remembered.
    package static let capacity = 1000

    /// How many bytes of calls are remembered for the audit trail: the older ones lose theirs.
    private static let trailedBytes = 32 * 1_048_576

    private struct State {
        var entries: [LoggedRequest] = []
        /// How many requests there have been; the newest's number.
        var count = 0
        /// How many bytes of calls are held, and the number of the first that is.
        var trailedBytes = 0
        var firstTrailed = 0

        /// The place of a request that is remembered.
        func place(of number: Int) -> Int { number % RequestLog.capacity }

        mutating func append(_ request: LoggedRequest) {
            trailedBytes += request.trailed?.byteCount ?? 0
            if entries.count < RequestLog.capacity {
                entries.append(request)
            } else {
                trailedBytes -= entries[place(of: count)].trailed?.byteCount ?? 0
                entries[place(of: count)] = request
            }
            count += 1
            firstTrailed = max(firstTrailed, count - entries.count)
            while trailedBytes > RequestLog.trailedBytes, firstTrailed < count {
                let place = place(of: firstTrailed)
                trailedBytes -= entries[place].trailed?.byteCount ?? 0
                entries[place].trailed = nil
                firstTrailed += 1
            }
        }
    }

    private let state = Mutex(State())

    package init() {}

    package func append(_ request: LoggedRequest) {
        state.withLock { $0.append(request) }
    }

    /// Calls for the audit trail from a number on, oldest first, and the number that follows.
    package func trail(from number: Int, limit: Int) -> (calls: [LoggedRequest], next: Int) {
        let (entries, count) = state.withLock { ($0.entries, $0.count) }
        var calls: [LoggedRequest] = []
        var next = min(max(number, count - entries.count), count)
        while next < count, calls.count < limit {
            let entry = entries[next % Self.capacity]
            if entry.trailed != nil { calls.append(entry) }
            next += 1
        }
        return (calls, next)
    }

    package func request(id: String) -> LoggedRequest? {
        state.withLock { state in state.entries.first { $0.requestID.hasSameBytes(as: id) } }
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
