import FuzzTargets
import Testing

@Suite("Bytes from anyone")
struct MutationTests {
    @Test(
        "What is sent, and what is made of it by mutation, is answered properly",
        arguments: FuzzTarget.allCases)
    func mutations(target: FuzzTarget) async throws {
        let trial = FuzzTrial(target)
        var mutator = Mutator(seed: 1, corpus: target.corpus)
        let mutated = (0..<target.mutations).map { _ in mutator.next() }
        for input in target.corpus + mutated {
            do {
                try await trial.run(input)
            } catch {
                Issue.record("\(error): \(input.debugText)")
            }
        }
    }

    @Test("A mutator makes the same of the same seed, and something else of another")
    func seeds() {
        func inputs(seed: UInt64) -> [[UInt8]] {
            var mutator = Mutator(seed: seed, corpus: FuzzTarget.json.corpus)
            return (0..<50).map { _ in mutator.next() }
        }
        #expect(inputs(seed: 7) == inputs(seed: 7))
        #expect(inputs(seed: 7) != inputs(seed: 8))
    }
}

extension FuzzTarget {
    /// As many as an unoptimised build runs in about a second.
    fileprivate var mutations: Int {
        switch self {
        case .json, .cbor, .decoding: 6000
        case .signature: 3000
        case .operations, .requests, .control: 2000
        }
    }
}

extension [UInt8] {
    /// A Swift literal that the corpus can take.
    fileprivate var debugText: String { String(decoding: self, as: UTF8.self).debugDescription }
}
