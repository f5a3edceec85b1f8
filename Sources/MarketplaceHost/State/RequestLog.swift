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

    /// The bytes that are kept of it, about.
    package var byteCount: Int {
        64 + principal.byteCount + region.utf8.count + (userAgent?.utf8.count ?? 0)
            + request.count + answer.count
    }
}

extension Principal {
    fileprivate var byteCount: Int {
        64 + accountID.utf8.count + (region?.utf8.count ?? 0) + (resourceID?.utf8.count ?? 0)
    }
}

extension LoggedRequest {
    /// The bytes that are kept of it, about, with what the audit trail says besides.
    fileprivate var byteCount: Int {
        256 + requestID.utf8.count + (accessKeyID?.utf8.count ?? 0) + (caller?.utf8.count ?? 0)
            + (error?.utf8.count ?? 0) + explanation.byteCount + (trailed?.byteCount ?? 0)
    }
}

extension Explanation {
    fileprivate var byteCount: Int {
        var bytes = 32 + (reason?.utf8.count ?? 0) + (contract?.utf8.count ?? 0)
        for text in ignoredMembers { bytes += 16 + text.utf8.count }
        for text in notes { bytes += 16 + text.utf8.count }
        // By index, because a copy of a record counts its references, and each request comes here.
        for index in records.indices { bytes += records[index].byteCount }
        return bytes
    }
}

extension RecordExplanation {
    fileprivate var byteCount: Int {
        let said =
            switch outcome {
            case .refused(let reason), .notSubscribed(let reason): reason.utf8.count
            default: 0
            }
        return 256 + said + (series?.byteCount ?? 0)
    }
}

/// The last requests, in memory.
///
/// Whoever reads takes a few references at a time and looks at them outside the lock, so that a
/// request that is answered meanwhile does not wait, and nothing is copied for it.
package final class RequestLog: Sendable {

    /// A request that does not change any more.
    private final class Entry: Sendable {
        let request: LoggedRequest
        let byteCount: Int

        init(_ request: LoggedRequest) {
            self.request = request
            byteCount = request.byteCount
        }
    }

    private struct State {
        /// A ring; nil is a request that was forgotten for its bytes.
        var entries: [Entry?] = []
        /// How many requests there have been; the newest's number and one.
        var count = 0
        var bytes = 0
        /// The number of the first request that has what the audit trail says.
        var firstTrailed = 0
        /// The number of the first request that is remembered.
        var first = 0

        /// The place of a request that is remembered.
        func place(of number: Int) -> Int { number % HostLimits.loggedRequests }

        mutating func append(_ entry: Entry) {
            if entries.count < HostLimits.loggedRequests {
                entries.append(entry)
            } else {
                put(nil, at: count)
                entries[place(of: count)] = entry
            }
            bytes += entry.byteCount
            count += 1
            first = max(first, count - entries.count)
            firstTrailed = max(firstTrailed, first)
            while bytes > HostLimits.requestLogBytes, firstTrailed < count {
                if var request = entries[place(of: firstTrailed)]?.request {
                    request.trailed = nil
                    put(Entry(request), at: firstTrailed)
                }
                firstTrailed += 1
            }
            while bytes > HostLimits.requestLogBytes, first < count {
                put(nil, at: first)
                first += 1
            }
        }

        private mutating func put(_ entry: Entry?, at number: Int) {
            bytes += (entry?.byteCount ?? 0) - (entries[place(of: number)]?.byteCount ?? 0)
            entries[place(of: number)] = entry
        }
    }

    private let state = Mutex(State())

    package init() {}

    package func append(_ request: LoggedRequest) {
        let entry = Entry(request)
        state.withLock { $0.append(entry) }
    }

    /// A page of calls for the audit trail.
    package struct Trail: Sendable {
        package var calls: [LoggedRequest] = []
        /// The number that follows.
        package var next: Int
    }

    /// Calls for the audit trail from a number on, oldest first.
    ///
    /// Beside the limit, a page ends with the call that makes it longer than so many bytes.
    package func trail(from number: Int, limit: Int, bytes: Int = .max) -> Trail {
        let (first, count) = state.withLock { ($0.first, $0.count) }
        var trail = Trail(next: min(max(number, first), count))
        var held = 0
        while trail.next < count {
            for (number, entry) in entries(
                trail.next..<min(trail.next + HostLimits.loggedRequestsAtOnce, count))
            {
                guard trail.calls.count < limit, held < bytes else { return trail }
                trail.next = number + 1
                guard let entry, entry.request.trailed != nil else { continue }
                trail.calls.append(entry.request)
                held += entry.byteCount
            }
        }
        return trail
    }

    /// The request of an id, where the log still has it.
    package func request(id: String) -> LoggedRequest? {
        requests(limit: 1) { $0.requestID.hasSameBytes(as: id) }.first?.request
    }

    /// Remembered requests that meet the condition, newest first, each with its number; only
    /// those with a number below `number`.
    package func requests(
        before number: Int = .max, limit: Int, where isIncluded: (LoggedRequest) -> Bool
    ) -> [(number: Int, request: LoggedRequest)] {
        let (first, count) = state.withLock { ($0.first, $0.count) }
        var found: [(number: Int, request: LoggedRequest)] = []
        var end = min(number, count)
        while first < end {
            let start = max(first, end - HostLimits.loggedRequestsAtOnce)
            for (candidate, entry) in entries(start..<end).reversed() {
                guard found.count < limit else { return found }
                guard let entry, isIncluded(entry.request) else { continue }
                found.append((candidate, entry.request))
            }
            end = start
        }
        return found
    }

    /// A few entries by number; nil for those that were forgotten since.
    private func entries(_ numbers: Range<Int>) -> [(number: Int, entry: Entry?)] {
        state.withLock { state in
            numbers.map { number in
                let isRemembered = (state.first..<state.count).contains(number)
                return (number, isRemembered ? state.entries[state.place(of: number)] : nil)
            }
        }
    }

    /// How many requests there have been.
    package var count: Int { state.withLock(\.count) }

    /// Forgets all requests.
    package func clear() {
        state.withLock { $0 = State() }
    }

    /// Where the ring lies, which moves when it is copied; for tests.
    var ringAddress: Int {
        state.withLock { $0.entries.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } }
    }
}
