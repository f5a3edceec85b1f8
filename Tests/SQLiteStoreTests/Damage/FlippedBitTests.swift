import Foundation
import Synchronization
import Testing

@testable import DurableFile
@testable import SQLiteStore

/// `TURNPIKE_FLIPS` says how many bits are flipped, in place of a few hundred; `TURNPIKE_FLIP_SEED`
/// repeats those of a seed.
@Suite("A flipped bit", .timeLimit(.minutes(60)))
struct FlippedBitTests {
    /// Seeds, each for some flips.
    static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["TURNPIKE_FLIP_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let flips = environment["TURNPIKE_FLIPS"].flatMap { UInt64($0) } ?? 200
        return Array(1...max(1, flips / flipsOfSeed))
    }()
    private static let flipsOfSeed: UInt64 = 50

    /// A place in a file.
    private struct Flip: CustomStringConvertible {
        let file: String
        let byte: Int
        let bit: Int

        /// Half of the flips anywhere, half near the beginning of a page, where its structure is.
        init(in files: [String: [UInt8]], _ file: String, _ random: inout SplitMix) {
            self.file = file
            let count = files[file]?.count ?? 1
            bit = Int.random(in: 0..<8, using: &random)
            if Bool.random(using: &random) {
                byte = Int.random(in: 0..<count, using: &random)
            } else {
                let unit = file.hasSuffix("-wal") ? LogLayout.frameSize : PageChecksum.pageSize
                let start = Int.random(in: 0..<max(1, count / unit), using: &random) * unit
                byte = min(count - 1, start + Int.random(in: 0..<128, using: &random))
            }
        }

        func damage(_ files: [String: [UInt8]]) -> [String: [UInt8]] {
            var files = files
            files[file]?[byte] ^= 1 << UInt8(bit)
            return files
        }

        var description: String { "bit \(bit) of byte \(byte) of \(file)" }
    }

    @Test(
        "of a data file ends in the right answers or in refusals with a reason, and is found",
        arguments: seeds)
    func ofAFile(seed: UInt64) async throws {
        let sample = try await DamageSample.closed()
        var random = SplitMix(state: seed)
        var tally = Tally()
        for _ in 0..<Self.flipsOfSeed {
            let flip = Flip(in: sample.files, "turnpike.db", &random)
            try await tally.add(flip.damage(sample.files), sample, "\(flip), seed \(seed)")
        }
        tally.print("files, seed \(seed)")
    }

    @Test(
        "of a log after a kill ends in the right answers or in a refusal with a reason",
        arguments: seeds)
    func ofALog(seed: UInt64) async throws {
        let sample = try await DamageSample.killed()
        var random = SplitMix(state: seed)
        var tally = Tally()
        for _ in 0..<Self.flipsOfSeed / 5 {
            let flip = Flip(in: sample.files, "turnpike.db-wal", &random)
            try await tally.add(flip.damage(sample.files), sample, "\(flip), seed \(seed)")
        }
        tally.print("logs, seed \(seed)")
    }

    @Test("of usage lets the other hours go on, in nine cases of ten")
    func otherHours() async throws {
        let sample = try await DamageSample.closed()
        var random = SplitMix(state: 7)
        let pages = try sample.pages(of: "usage_run") + sample.pages(of: "usage_run_by_hour")
        let tries = min(pages.count, Self.seeds.count > 10 ? 500 : 24)
        var goodEnough = 0
        for page in pages.shuffled(using: &random).prefix(tries) {
            var files = sample.files
            let byte = (page - 1) * PageChecksum.pageSize + Int.random(in: 0..<4096, using: &random)
            files["turnpike.db"]?[byte] ^= 1
            let copy = try DamagedCopy(of: files)
            defer { copy.remove() }
            let store = try SQLiteStore(path: copy.dataFile)
            let answers = await StoreAnswers(of: store, sendingAgain: sample.calls)
            await store.close()
            let refused = answers.refused.filter { $0.hasPrefix("call ") }
            // A page of usage has a dozen runs, of four hours.
            if refused.count <= 15 { goodEnough += 1 }
        }
        #expect(goodEnough * 10 >= tries * 9, "\(goodEnough) of \(tries)")
    }

    /// What came of flips.
    private struct Tally {
        private var right = 0
        private var refusedInPart = 0
        private var refusedWhole = 0

        mutating func add(
            _ files: [String: [UInt8]], _ sample: DamageSample, _ place: String
        ) async throws {
            let copy = try DamagedCopy(of: files)
            defer { copy.remove() }
            let findings = copy.findings()
            let store: SQLiteStore
            do {
                store = try SQLiteStore(path: copy.dataFile)
            } catch {
                refusedWhole += 1
                #expect(error.description.contains(copy.dataFile), "\(place)")
                #expect(findings != [], "verify says nothing of \(place): \(error)")
                return
            }
            let answers = await StoreAnswers(of: store, sendingAgain: sample.calls)
            let found = store.findings
            await store.close()
            #expect(sample.answers.wrong(in: answers) == [], "\(place)")
            if answers.refused.isEmpty {
                right += 1
            } else {
                refusedInPart += 1
                #expect(found != [], "the store says nothing of \(place)")
                #expect(findings != [], "verify says nothing of \(place)")
            }
        }

        func print(_ name: String) {
            Swift.print(
                "flips of \(name): \(right) right, \(refusedInPart) refused in part, "
                    + "\(refusedWhole) refused whole")
        }
    }
}
