package import MeteringAPI
import Synchronization

/// The `Date` header on the real clock, written once a second: clients correct their own clock by
/// it, so the marketplace's time must not get in.
package final class DateHeader: Sendable {
    private let current = Mutex((second: Int64.min, text: ""))

    package init() {}

    package func text(at now: Timestamp) -> String {
        current.withLock { current in
            if current.second != now.seconds {
                current = (now.seconds, now.httpDate)
            }
            return current.text
        }
    }
}

extension Timestamp {
    /// The form of RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`.
    package var httpDate: String {
        let day = seconds.flooredQuotient(86_400)
        let second = seconds - day * 86_400
        let weekday = Int((day + 4) - (day + 4).flooredQuotient(7) * 7)
        let date = self.date
        func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(Self.weekdays[weekday]), \(padded(Int64(date.day))) "
            + "\(CalendarDate.monthNames[date.month - 1]) \(date.year) "
            + "\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
}
