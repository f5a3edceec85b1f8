import MeteringAPI
import Testing

@Suite("Exact amounts")
struct QuantityTests {
    /// The decimal form and its millionths.
    private static let decimals: [(String, Int64)] = [
        ("0", 0), ("1", 1_000_000), ("10", 10_000_000), ("0.1", 100_000), ("0.000001", 1),
        ("17", 17_000_000), ("17.0", 17_000_000), ("17.00", 17_000_000), ("0.0", 0),
        ("0.30", 300_000), ("9999999999", 9_999_999_999_000_000),
        ("9999999999.999999", 9_999_999_999_999_999), ("2147483648", 2_147_483_648_000_000),
    ]

    @Test("A decimal is read to the millionth", arguments: decimals)
    func decimal(text: String, millionths: Int64) {
        #expect(Quantity(decimal: text)?.millionths == millionths)
    }

    @Test(
        "What is no decimal of the API is refused",
        arguments: [
            "", ".", "1.", ".5", "-1", "+1", "00", "01", "00.5", "01.5", "1.0000000", "1e3",
            "12345678901", "10000000000.0", "1,5", " 1", "1 ", "1.5.", "1..5", "٣", "1\n", "NaN",
            "0x1", "１",
        ])
    func noDecimal(text: String) {
        #expect(Quantity(decimal: text) == nil)
    }

    @Test("Spellings of one amount are one quantity, as members of either kind")
    func equality() {
        let spellings = ["17", "17.0", "17.00", "17.000000"].map { Quantity(decimal: $0) }
        #expect(Set(spellings) == [Quantity(17)])
        #expect(SentQuantity(decimal: "17.00").quantity == SentQuantity(integer: 17).quantity)
        #expect(SentQuantity().quantity == .zero)
        #expect(SentQuantity(decimal: "0.0").quantity == .zero)
    }

    @Test("A sent quantity that breaks a constraint is none")
    func noQuantity() {
        let broken = [
            SentQuantity(integer: -1), SentQuantity(integer: 2_147_483_648),
            SentQuantity(integer: .max), SentQuantity(integer: 1, decimal: "1"),
            SentQuantity(decimal: ""), SentQuantity(decimal: "1e3"),
        ]
        for sent in broken { #expect(sent.quantity == nil) }
        #expect(SentQuantity(integer: 2_147_483_647).quantity == Quantity(.max))
    }

    /// Millionths and the text for people and reports.
    private static let descriptions: [(Int64, String)] = [
        (0, "0"), (1, "0.000001"), (100_000, "0.1"), (1_000_000, "1"), (1_500_000, "1.5"),
        (17_000_010, "17.00001"), (9_999_999_999_999_999, "9999999999.999999"),
    ]

    @Test("The text of an amount has no exponent and no trailing zeros", arguments: descriptions)
    func description(millionths: Int64, text: String) {
        let quantity = Quantity(millionths: millionths)
        #expect(quantity.description == text)
        #expect(QuantitySum(quantity).description == text)
        #expect(Quantity(decimal: text) == quantity)
    }

    @Test("Ten thousand amounts of a tenth are a thousand, exactly")
    func tenths() throws {
        let tenth = try #require(Quantity(decimal: "0.1"))
        var sum = QuantitySum()
        for _ in 0..<10_000 { sum += tenth }
        #expect(sum.description == "1000")
    }

    @Test("A sum beyond 64 bits is exact")
    func wideSum() {
        let greatest = Quantity(millionths: 9_999_999_999_999_999)
        var sum = QuantitySum()
        for _ in 0..<100_000 { sum += greatest }
        #expect(sum.description == "999999999999999.9")
        #expect(
            QuantitySum(wholes: .max, millionths: 7).description == "9223372036854775807.000007")
    }

    @Test("Sums do not depend on the order of what is added")
    func order() {
        var generator = SeededGenerator(seed: 7)
        let quantities = (0..<500).map { _ in
            Quantity(
                millionths: Int64.random(in: 0...9_999_999_999_999_999, using: &generator))
        }
        var sum = QuantitySum()
        var shuffled = QuantitySum()
        for quantity in quantities { sum += quantity }
        for quantity in quantities.shuffled(using: &generator) { shuffled += quantity }
        let millionths = quantities.reduce(Int128(0)) { $0 + Int128($1.millionths) }
        #expect(sum == shuffled)
        #expect(sum.millionths == millionths)
    }

    @Test("Any amount survives being written and read")
    func roundTrip() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<5000 {
            let shift = Int64.random(in: 0..<54, using: &generator)
            let quantity = Quantity(
                millionths: Int64.random(in: 0...9_999_999_999_999_999, using: &generator)
                    >> shift)
            #expect(Quantity(decimal: quantity.description) == quantity)
        }
    }
}
