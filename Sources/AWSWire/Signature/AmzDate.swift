package import MeteringAPI

/// The times of Signature Version 4: `20150830T123600Z`.
package enum AmzDate {
    /// Reads the compact form; nil for anything else.
    package static func timestamp(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z")
        else { return nil }
        func number(_ digits: Range<Int>) -> Int64 {
            bytes[digits].reduce(0) { $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
        }
        guard bytes.indices.allSatisfy({ $0 == 8 || $0 == 15 || bytes[$0] &- 48 < 10 })
        else { return nil }
        return Timestamp(
            CalendarDate(year: number(0..<4), month: Int(number(4..<6)), day: Int(number(6..<8))),
            hour: number(9..<11), minute: number(11..<13), second: number(13..<15))
    }

    /// Writes the compact form.
    package static func text(_ timestamp: Timestamp) -> String {
        let whole = Timestamp(seconds: timestamp.seconds)
        let digits = whole.iso8601.utf8.filter {
            $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":")
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Reads the form of HTTP's `Date` header: `Sun, 30 Aug 2015 12:36:00 GMT`.
    package static func timestamp(httpDate text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT",
            let month = CalendarDate.monthNames.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month + 1
        return Timestamp(
            iso8601: "\(parts[3])-\(number < 10 ? "0" : "")\(number)-\(parts[1])T\(parts[4])Z")
    }
}
