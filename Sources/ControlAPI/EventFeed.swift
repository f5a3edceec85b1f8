import Marketplace
import MarketplaceHost
import ServiceLifecycle
import Synchronization
import Waiting

/// The endless list of events as Server-Sent Events, a part at a time.
///
/// The next part is made when the one before is written, so a slow client holds no more than one.
final class EventFeed: Sendable {
    private let state: MarketplaceState
    private let filter: EventFilter
    /// The number of the last event that was looked at.
    private let cursor: Mutex<Int64>
    private let heartBeatMilliseconds: Int64

    /// Events that are read at once.
    private static let batch = PageBounds(items: 100, bytes: ControlLimits.pageBytes)

    init(
        state: MarketplaceState, filter: EventFilter, after cursor: Int64,
        heartBeatMilliseconds: Int64 = ControlLimits.heartBeatSeconds * 1000
    ) {
        self.state = state
        self.filter = filter
        self.cursor = Mutex(cursor)
        self.heartBeatMilliseconds = heartBeatMilliseconds
    }

    /// Whether a client asks for the stream rather than for a page.
    static func isAskedFor(accept: String?) -> Bool {
        accept?.lowercased().contains("text/event-stream") ?? false
    }

    /// What follows, or a comment after a while without; nil once the server stops.
    func nextPart() async -> [UInt8]? {
        let (text, isLost) = await cancelWhenGracefulShutdown { await self.nextText() }
        if Task.isCancelled || Task.isShuttingDownGracefully || isLost { return nil }
        return Array(text.utf8)
    }

    private func nextText() async -> (text: String, isLost: Bool) {
        let end = ContinuousClock.now + .milliseconds(heartBeatMilliseconds)
        while !Task.isCancelled {
            let rings = state.changes.rings
            let start = cursor.withLock { $0 }
            guard let events = try? await state.store.events(after: start, within: Self.batch)
            else { return ("", true) }
            let text = events.filter { filter.includes($0.event) }.map(\.serverSentEvent).joined()
            if let last = events.last { cursor.withLock { $0 = last.number } }
            if !text.isEmpty { return (text, false) }
            if !events.isEmpty { continue }
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            if left <= 0 { break }
            await state.changes.wait(past: rings, milliseconds: Int64(left) + 1)
        }
        return (":\n\n", false)
    }
}

extension NumberedEvent {
    /// JSON has no line breaks in it, so one line is enough.
    fileprivate var serverSentEvent: String {
        let json = ControlResult(Answers.event, self).body
        return "id: \(number)\ndata: \(String(decoding: json, as: UTF8.self))\n\n"
    }
}
