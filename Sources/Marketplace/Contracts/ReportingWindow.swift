package import MeteringAPI

/// How old, and how early, a reported timestamp may be.
package struct ReportingWindow: Sendable, Hashable {
    /// The greatest age in hours.
    package let hours: Int64
    /// Whether a timestamp of exactly that age is accepted.
    package let includesLimit: Bool
    /// Whether the previous month closes at 06:00 UTC on the first.
    package var closesMonth = false

    /// How far a timestamp may lie ahead: the skew that clocks are allowed.
    package static let earliness: Int64 = 5 * 60 * 1000
    /// When the previous month closes, in milliseconds after the month's start.
    package static let monthCloses: Int64 = 6 * Hour.millisecondsPerHour

    package init(hours: Int64, includesLimit: Bool, closesMonth: Bool = false) {
        self.hours = hours
        self.includesLimit = includesLimit
        self.closesMonth = closesMonth
    }

    /// The first moment at which this timestamp is not accepted any more.
    package func end(of timestamp: Timestamp, alignment: WindowAlignment = .raw) -> Timestamp {
        let limit = hours * 3600
        var end =
            switch alignment {
            case .raw: timestamp.adding(seconds: limit)
            case .hour: timestamp.hour.start.adding(seconds: limit + 3600)
            }
        if alignment == .raw, includesLimit { end = end.adding(milliseconds: 1) }
        guard closesMonth else { return end }
        return min(end, timestamp.nextMonthStart.adding(seconds: Self.monthCloses / 1000))
    }

    /// Why a timestamp is outside; the sentences are for the explanation.
    package enum Rejection: Sendable, Hashable {
        case tooOld, tooEarly, monthClosed
        /// So far ahead that it is plausible only as milliseconds.
        case looksLikeMilliseconds
    }

    /// Why this timestamp is outside at this moment, or nil when it is inside.
    package func rejection(
        of timestamp: Timestamp, at now: Timestamp, alignment: WindowAlignment = .raw
    ) -> Rejection? {
        let age = now.milliseconds(since: timestamp)
        // The marketplace's time ends with the year 9999, and so do the forms that times have.
        if age < 0, !timestamp.hasFourDigitYear, now.hasFourDigitYear {
            return looksLikeMilliseconds(timestamp, at: now) ? .looksLikeMilliseconds : .tooEarly
        }
        if age < -Self.earliness {
            return looksLikeMilliseconds(timestamp, at: now) ? .looksLikeMilliseconds : .tooEarly
        }
        if isTooOld(timestamp, age: age, at: now, alignment: alignment) { return .tooOld }
        let month = now.monthStart
        if closesMonth, timestamp < month, now.milliseconds(since: month) >= Self.monthCloses {
            return .monthClosed
        }
        return nil
    }

    private func isTooOld(
        _ timestamp: Timestamp, age: Int64, at now: Timestamp, alignment: WindowAlignment
    ) -> Bool {
        let limit = hours * Hour.millisecondsPerHour
        switch alignment {
        case .raw: return includesLimit ? age > limit : age >= limit
        case .hour: return timestamp < now.adding(seconds: -limit / 1000).hour.start
        }
    }

    /// A millisecond count read as seconds is a thousand times too far; cut back, it is near now.
    private func looksLikeMilliseconds(_ timestamp: Timestamp, at now: Timestamp) -> Bool {
        let year: Int64 = 366 * 24 * Hour.millisecondsPerHour
        let cut = Timestamp(milliseconds: timestamp.milliseconds / 1000)
        return (-year...year).contains(now.milliseconds(since: cut))
    }
}

/// Whether the window compares the raw timestamp, or accepts back to the start of the hour in
/// which the limit falls, as one large seller saw in production.
package enum WindowAlignment: String, Sendable, CaseIterable {
    case raw, hour
}
