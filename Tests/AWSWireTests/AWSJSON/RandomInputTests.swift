import AWSWire
import MeteringAPI
import Testing

@Suite("Random input")
struct RandomInputTests {
    @Test("What is encoded is decoded to the same value", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let records = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
            generator.usageRecord()
        }
        let result = BatchMeterUsageResult(results: [], unprocessedRecords: records)
        let root = try JSONDocument(parsing: result.awsJSON).root
        let echoed = try #require(root["UnprocessedRecords"])
        let body = Array(#"{"UsageRecords":"#.utf8) + echoed.rawBytes + Array("}".utf8)
        let decoded = try BatchMeterUsageRequest.decode(
            JSONDocument(parsing: body).root, model: APIModel())
        #expect(decoded.request.usageRecords == records)
        #expect(decoded.ignoredMembers == [])
        // Swift compares texts by what they look like; these are to be the same to the byte.
        let again = BatchMeterUsageResult(
            results: [], unprocessedRecords: decoded.request.usageRecords ?? [])
        #expect(again.awsJSON == result.awsJSON)
    }

    @Test("Random bytes are refused or read, never a crash", arguments: 0..<20 as Range<UInt64>)
    func randomBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let length = Int.random(in: 0...64, using: &generator)
            readAll((0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test(
        "JSON's own characters in random order, never a crash", arguments: 0..<20 as Range<UInt64>)
    func randomTokens(seed: UInt64) {
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d83d", "null", "true", "1", "-",
            "e", ".", "9", " ", "\"UsageRecords\":", "\"Quantity\":", "\"Tags\":", "\u{E9}",
        ]
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...40, using: &generator)
            let text = (0..<count).compactMap { _ in tokens.randomElement(using: &generator) }
            readAll(Array(text.joined().utf8))
        }
    }

    @Test("A good body with a few bytes changed, never a crash", arguments: 0..<20 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let records = (0..<3).map { _ in generator.usageRecord() }
        let body = BatchMeterUsageResult(results: [], unprocessedRecords: records).awsJSON
        for _ in 0..<300 {
            var mutated = body
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: mutated.indices, using: &generator)
                mutated[index] = UInt8.random(in: 0...255, using: &generator)
            }
            readAll(mutated)
            readAll(Array(mutated.prefix(Int.random(in: 0...mutated.count, using: &generator))))
        }
    }

    /// Reads the bytes as each request, and says what is wrong with it.
    private func readAll(_ bytes: [UInt8]) {
        guard let root = try? JSONDocument(parsing: bytes).root else { return }
        let model = APIModel()
        _ = try? BatchMeterUsageRequest.decode(root, model: model).request.violations(of: model)
        _ = try? MeterUsageRequest.decode(root, model: model).request.violations(of: model)
        _ = try? RegisterUsageRequest.decode(root, model: model).request.violations(of: model)
        _ = try? ResolveCustomerRequest.decode(root, model: model).request.violations(of: model)
    }
}
