/// An answer that is being read.
struct Answer {
    /// When the request was sent or, where there is a rate, when it was due.
    let begin: UInt64
    private var head: [UInt8] = []
    private var missing: Int?
    private(set) var status = 0
    /// Whether the server closes the connection behind it.
    private(set) var isLast = false

    init(begin: UInt64 = 0) { self.begin = begin }

    var isComplete: Bool { missing == 0 }

    /// False where it is no HTTP with a length.
    mutating func append(_ bytes: some Collection<UInt8>) -> Bool {
        if let missing {
            self.missing = missing - bytes.count
            return missing >= bytes.count
        }
        head += bytes
        guard let end = Self.end(of: head) else { return true }
        let lines = head[..<end].split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first,
            let length = Self.value(of: "content-length:", lines).map(Self.number)
        else { return false }
        isLast =
            Self.value(of: "connection:", lines).map {
                String(decoding: $0, as: UTF8.self).lowercased().contains("close")
            } ?? false
        status = Self.number(first.dropFirst(9).prefix(3))
        missing = length - (head.count - end)
        return true
    }

    /// The index behind the empty line.
    private static func end(of head: [UInt8]) -> Int? {
        guard head.count >= 4 else { return nil }
        return (4...head.count).first { head[($0 - 4)..<$0].elementsEqual("\r\n\r\n".utf8) }
    }

    private static func value(
        of name: String, _ lines: [ArraySlice<UInt8>]
    ) -> ArraySlice<UInt8>? {
        lines.first { line in
            line.prefix(name.utf8.count).elementsEqual(name.utf8) { $0 | 0x20 == $1 | 0x20 }
        }?.dropFirst(name.utf8.count)
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int {
        text.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.reduce(0) {
            $0 * 10 + Int($1 & 15)
        }
    }
}
