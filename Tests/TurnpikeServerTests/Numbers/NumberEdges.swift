import AWSWire

/// Numbers at which arithmetic goes wrong, and other spellings of numbers.
enum NumberEdges {
    /// As JSON spells them.
    static let all: [String] = {
        var edges = ["0", "-0", "1", "-1", "24", "60", "1000", "1001"]
        for power in [8, 16, 31, 32, 53, 63, 64] {
            let value = powerOfTwo(power)
            for offset in [-1, 0, 1] {
                let digits = plus(value, offset)
                edges += [digits, "-\(digits)"]
            }
        }
        edges += [
            "0.5", "-0.5", "0.001", "0.0001", "1.0", "1.5", "1e3", "1E+2", "-1e3", "1e18", "1e19",
            "-1e19", "1e400", "-1e400", "1e-400", "9223372036854775807.5", "86400.001",
            "1" + String(repeating: "0", count: 400), "1e1000000000000",
        ]
        return edges
    }()

    /// Numbers that queries and headers may spell besides.
    static let texts =
        all + [
            "", " 1", "+1", "01", "1 ", "0x10", "1_000", "١", "nan", "inf", "-", "--1",
            String(repeating: "0", count: 40_000),
        ]

    static let times = [
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z",
        "2262-04-11T23:47:16.854775807Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:60Z", "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-23T12:00:00.0000000001Z",
    ]

    /// What a JSON number is in units of so many decimals; nil where it is finer or beyond 64 bits.
    static func units(_ text: String, decimals: Int) -> Int64? {
        guard let root = try? JSONDocument(parsing: Array(text.utf8)).root, root.kind == .number
        else { return nil }
        let number = JSONNumber(root.rawBytes, scale: decimals)
        guard !number.isCut, number.scaled > .min, number.scaled < .max else {
            return Int64(text)
        }
        return number.scaled
    }

    private static func powerOfTwo(_ power: Int) -> UInt128 { 1 << UInt128(power) }

    private static func plus(_ value: UInt128, _ offset: Int) -> String {
        String(offset < 0 ? value - 1 : value + UInt128(offset))
    }
}
