import AWSWire
import MeteringAPI
import Testing

@Suite("Exact numbers")
struct JSONNumberTests {
    /// A spelling, its whole number, and whether something was cut off.
    private static let wholes: [(String, Int64, Bool)] = [
        ("0", 0, false), ("-0", 0, false), ("-0.0", 0, false), ("0e99", 0, false),
        ("0e999999999999", 0, false), ("1", 1, false), ("-1", -1, false), ("17.0", 17, false),
        ("17.9", 17, true), ("-17.1", -18, true), ("0.1", 0, true), ("-0.1", -1, true),
        ("1e0", 1, false), ("1e3", 1000, false), ("1E+3", 1000, false), ("1500e-2", 15, false),
        ("1555e-2", 15, true), ("1.5e1", 15, false), ("1.55e1", 15, true), ("10e-1", 1, false),
        ("1e-1", 0, true), ("1e-999999999", 0, true), ("-1e-999999999", -1, true),
        ("2147483647", 2_147_483_647, false), ("2147483648", 2_147_483_648, false),
        ("2147483647.999999999999999999999", 2_147_483_647, true),
        ("9007199254740993", 9_007_199_254_740_993, false),
        ("9223372036854775807", .max, false), ("9223372036854775808", .max, false),
        ("-9223372036854775807", -.max, false), ("-9223372036854775809", .min, false),
        ("18446744073709551616", .max, false), ("36893488147419103232", .max, false),
        ("1e18", 1_000_000_000_000_000_000, false), ("1e19", .max, false), ("1e20", .max, false),
        ("16e19", .max, false), ("1e400", .max, false), ("-1e400", .min, false),
        ("1e999999999", .max, false), ("1e99999999999999999999", .max, false),
        ("0.000001e6", 1, false), ("00000", 0, false),
    ]

    @Test("A number is read exactly, cut downwards, and never wraps around", arguments: wholes)
    func whole(spelling: String, expected: Int64, isCut: Bool) {
        let number = JSONNumber(Array(spelling.utf8), scale: 0)
        #expect(number.scaled == expected)
        #expect(number.isCut == isCut)
    }

    /// Epoch seconds as sent, and the milliseconds that are kept.
    private static let timestamps: [(String, Int64)] = [
        ("0", 0), ("1440936000", 1_440_936_000_000), ("1440936000.0", 1_440_936_000_000),
        ("1440936000.5", 1_440_936_000_500), ("1440936000.999", 1_440_936_000_999),
        ("1440936000.9999999", 1_440_936_000_999), ("1.440936E9", 1_440_936_000_000),
        ("1.4409360005e9", 1_440_936_000_500), ("1440936000000e-3", 1_440_936_000_000),
        ("-1", -1000), ("-0.0005", -1), ("0.0009", 0), ("1767323045000", 1_767_323_045_000_000),
        ("9223372036854775.807", .max), ("9223372036854775.808", .max), ("1e400", .max),
        ("-1e400", .min),
    ]

    @Test("What is finer than a millisecond is cut, never rounded up", arguments: timestamps)
    func timestamp(spelling: String, milliseconds: Int64) throws {
        let document = try JSONDocument(parsing: Array(spelling.utf8))
        #expect(JSONNumber(document.root.rawBytes, scale: 3).scaled == milliseconds)
    }

    @Test("A number of a million digits is read, and saturates")
    func longNumbers() {
        let digits = String(repeating: "9", count: 1_000_000)
        #expect(JSONNumber(Array(digits.utf8), scale: 0).scaled == .max)
        let fraction = JSONNumber(Array("0.\(digits)".utf8), scale: 0)
        #expect(fraction.scaled == 0)
        #expect(fraction.isCut)
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(JSONNumber(Array("0.\(zeros)7e1000001".utf8), scale: 0).scaled == 7)
        #expect(JSONNumber(Array("7\(zeros)e-1000000".utf8), scale: 0).scaled == 7)
    }

    @Test("Any whole number in any spelling is itself")
    func anySpelling() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let shift = Int64.random(in: 0..<63, using: &generator)
            let number = Int64.random(in: .min ... .max, using: &generator) >> shift
            let zeros = Int.random(in: 0..<20, using: &generator)
            let padded = "\(number)" + String(repeating: "0", count: zeros)
            for spelling in ["\(number)", "\(number).000", "\(padded)e-\(zeros)", "\(number)E+0"] {
                let read = JSONNumber(Array(spelling.utf8), scale: 0)
                #expect(read.scaled == number, "\(spelling)")
                #expect(!read.isCut, "\(spelling)")
            }
        }
    }
}
