import AWSWire
import Testing

@Suite("CBOR")
struct CBORTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// RFC 8949, appendix A, as far as Smithy's protocol has use for it.
    private static let examples: [(String, String)] = [
        ("00", "0"), ("01", "1"), ("0a", "10"), ("17", "23"), ("1818", "24"), ("1819", "25"),
        ("1864", "100"), ("1903e8", "1000"), ("1a000f4240", "1000000"),
        ("1b000000e8d4a51000", "1000000000000"),
        ("1bffffffffffffffff", "18446744073709551615"),
        ("3bffffffffffffffff", "-18446744073709551616"), ("20", "-1"), ("29", "-10"),
        ("3863", "-100"), ("3903e7", "-1000"), ("f90000", "0"), ("f98000", "0"),
        ("f93c00", "1"), ("fb3ff199999999999a", "1.1"), ("f93e00", "1.5"), ("f97bff", "65504"),
        ("fa47c35000", "100000"), ("fa7f7fffff", "3.4028234663852886e+38"),
        ("f90001", "5.960464477539063e-08"), ("f90400", "6.103515625e-05"), ("f9c400", "-4"),
        ("fbc010666666666666", "-4.1"), ("f4", "false"), ("f5", "true"), ("f6", "null"),
        ("f7", "null"), ("c11a514b67b0", "1363896240"), ("c1fb41d452d9ec200000", "1363896240.5"),
        ("60", #""""#), ("6161", #""a""#), ("6449455446", #""IETF""#), ("62225c", #""\"\\""#),
        ("62c3bc", #""ü""#), ("63e6b0b4", #""水""#), ("64f0908591", #""𐅑""#),
        ("80", "[]"), ("83010203", "[1,2,3]"), ("8301820203820405", "[1,[2,3],[4,5]]"),
        ("a0", "{}"), ("a26161016162820203", #"{"a":1,"b":[2,3]}"#),
        ("826161a161626163", #"["a",{"b":"c"}]"#), ("7f657374726561646d696e67ff", #""streaming""#),
        ("9fff", "[]"), ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"),
        ("83018202039f0405ff", "[1,[2,3],[4,5]]"), ("83019f0203ff820405", "[1,[2,3],[4,5]]"),
        ("bf61610161629f0203ffff", #"{"a":1,"b":[2,3]}"#),
        ("bf6346756ef563416d7421ff", #"{"Fun":true,"Amt":-2}"#),
    ]

    @Test("The standard's examples are read", arguments: examples)
    func reading(hex: String, json: String) throws {
        #expect(Self.text(try CBORReader.json(of: Self.bytes(hex))) == json)
    }

    @Test(
        "What is broken, or not of the protocol, is refused",
        arguments: [
            "", "18", "1901", "61", "6261", "81", "8201", "a1", "a161", "a16161", "9f01", "bf6161",
            "7f6161", "7f01ff", "7fff00", "ff", "1c", "f8", "f800", "fc", "4161", "c074", "c26101",
            "c1", "c160", "0000", "61ff", "a10101", "f97c00", "f97e00", "fb7ff0000000000000",
            "9bffffffffffffffff", "bbffffffffffffffff", "7bffffffffffffffff",
            "7f7f6161ffff", "e0", "d81801",
        ])
    func refused(hex: String) {
        #expect(throws: CBORReader.Failure.self) { try CBORReader.json(of: Self.bytes(hex)) }
    }

    @Test("Nesting is bounded")
    func depth() throws {
        let depth = ReadingLimits.depth
        let allowed = [UInt8](repeating: 0x81, count: depth - 1) + [0x01]
        #expect(try CBORReader.json(of: allowed).count == 2 * (depth - 1) + 1)
        for byte: UInt8 in [0x81, 0x9F, 0xC1] {
            let deep = [UInt8](repeating: byte, count: 100_000) + [0x01]
            #expect(throws: CBORReader.Failure.self) { try CBORReader.json(of: deep) }
        }
    }

    @Test(
        "JSON is written in the fewest bytes, and read back as it was",
        arguments: [
            ("0", "00"), ("23", "17"), ("24", "1818"), ("255", "18ff"), ("256", "190100"),
            ("65536", "1a00010000"), ("4294967296", "1b0000000100000000"), ("-1", "20"),
            ("-256", "38ff"), ("-9223372036854775808", "3b7fffffffffffffff"),
            ("1.5", "fb3ff8000000000000"), ("true", "f5"), ("null", "f6"), (#""ü""#, "62c3bc"),
            (#"[1,"a"]"#, "82016161"), (#"{"a":{"b":[]}}"#, "a16161a1616280"),
        ])
    func writing(json: String, hex: String) throws {
        let cbor = try #require(CBORWriter.cbor(of: Array(json.utf8)))
        #expect(cbor == Self.bytes(hex))
        #expect(Self.text(try CBORReader.json(of: cbor)) == json)
    }

    @Test("Times are tagged, and doubles are doubles also when whole")
    func types() throws {
        let types = CBORWriter.Types(times: ["At"], doubles: ["Share"])
        let cbor = CBORWriter.cbor(of: Array(#"{"At":1,"Share":2,"N":2}"#.utf8), types)
        #expect(cbor == Self.bytes("a3624174c101655368617265fb4000000000000000614e02"))
        #expect(CBORWriter.cbor(of: [0x7B]) == nil)
    }
}
