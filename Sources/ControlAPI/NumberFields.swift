package import MeteringAPI
import WebServer

// Members of bodies and files.
extension NumberField {
    /// A hundred years, in seconds: longer lifetimes lead out of the calendar.
    private static let century: Int64 = 36_525 * 86_400
    /// The years 0 to 9999, in thousandths of a second.
    private static let calendar: Int64 = 366 * 86_400 * 10_000 * 1000

    static let credentialLifetime = NumberField(
        "expiresIn", in: 0...century,
        "a lifetime is 0 (for ever) or more seconds, at most a hundred years")

    static let tokenLifetime = NumberField(
        "expiresIn", in: 1...century, "a token lives for a second or more, at most a hundred years")

    static let clockSpeed = NumberField(
        "speed", .thousandths, in: 1...86_400_000, "the speed is from 0.001 to 86400")

    /// What goes back is refused by the clock, which says the way out.
    static let clockAdvance = NumberField(
        "advance", .thousandths, in: -calendar...calendar,
        "a number of seconds is expected: the marketplace's time ends with the year 9999")

    static let delaySeconds = NumberField("delaySeconds", in: 0...86_400, "0 to 86400 seconds")
    static let duplicate = share("duplicate", from: 0)
    static let reorder = share("reorder", from: 0)
    static let drop = share("drop", from: 0)

    /// Any 64 bits: it is mixed, never added to.
    package static let seed = NumberField(
        "seed", in: .min ... .max, "a number of 64 bits is expected")

    static let ruleCount = NumberField(
        "next", in: 1...1_000_000_000, "a number from 1 to 1000000000 is expected")
    static let ruleShare = share("share", from: 1)
    static let latency = NumberField(
        "latency", .thousandths, in: 0...600_000, "0 to 600 seconds are expected")
    static let clockSkew = NumberField(
        "clockSkew", in: -366 * 86_400...366 * 86_400,
        "at most a year is expected, 31622400 seconds")

    private static func share(_ name: String, from least: Int64) -> NumberField {
        NumberField(
            name, .thousandths, in: least...1000,
            "a number from \(least == 0 ? "0" : "0.001") to 1 is expected")
    }
}

// Parameters of queries, and headers.
extension NumberField {
    static let limit = NumberField("limit", in: 1...1000, "a number from 1 to 1000 is expected")

    /// The cursor of a list whose items have numbers.
    package static let cursor = NumberField("cursor", in: 0 ... .max, "begin again without one")

    package static let status = NumberField(
        "status", in: 0...999, "a number such as 400 is expected")

    static let lastEventID = NumberField(
        "last-event-id", in: 0 ... .max, "the number of an event is expected")

    /// The headers that are read as numbers, all of them.
    package static let headers = [lastEventID, .contentLength]
}
