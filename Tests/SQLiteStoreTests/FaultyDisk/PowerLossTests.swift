import Foundation
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

/// `TURNPIKE_POWER_LOSSES` says how often the power goes, in place of fifty times.
@Suite("A loss of power")
struct PowerLossTests {
    /// Seeds that follow each other, so that the calls of a run are counted once for many.
    struct Seeds: Sendable, CustomTestStringConvertible {
        let range: Range<UInt64>

        var testDescription: String { "seeds \(range.lowerBound) to \(range.upperBound - 1)" }

        static let all: [Seeds] = {
            let text = ProcessInfo.processInfo.environment["TURNPIKE_POWER_LOSSES"]
            let count = max(text.flatMap { UInt64($0) } ?? 50, 1)
            return stride(from: 1, through: count, by: 25).map {
                Seeds(range: $0..<min($0 + 25, count + 1))
            }
        }()
    }

    private static let isLong =
        ProcessInfo.processInfo.environment["TURNPIKE_POWER_LOSSES"] != nil
    /// How many different remains of one loss are looked at.
    private static let images: UInt64 = isLong ? 4 : 2

    @Test(
        "at any moment keeps what was acknowledged, and of the last call all or nothing",
        arguments: Seeds.all)
    func anyMoment(_ seeds: Seeds) async throws {
        let count = try await Self.calls().count
        for seed in seeds.range {
            var random = SplitMix(state: seed)
            try await losePower(atCall: Int.random(in: 1...count, using: &random), seed: seed)
        }
    }

    @Test("at each moment of folding back the log keeps what was acknowledged")
    func duringCheckpoints() async throws {
        let calls = try await Self.calls()
        // Once a log is there, only a checkpoint touches the file itself.
        let start = calls.firstIndex { $0.name.hasSuffix("-wal") && $0.kind == .sync } ?? 0
        let moments = calls.indices.filter { index in
            index > start && calls[index].name == "turnpike.db"
                && [.write, .sync, .truncate].contains(calls[index].kind)
        }
        #expect(moments.count > 20)
        let step = Self.isLong ? 1 : max(1, moments.count / 12)
        if Self.isLong { print("\(moments.count) losses of power during checkpoints") }
        for index in stride(from: 0, to: moments.count, by: step) {
            try await losePower(atCall: moments[index] + 1, seed: UInt64(index))
        }
    }

    @Test("at each moment of making a new file leaves one that can be opened")
    func duringCreation() async throws {
        for number in 1...20 {
            try await losePower(atCall: number, seed: UInt64(number))
        }
    }

    @Test(
        "or a kill, and another after a smaller commit, is not taken for damage",
        arguments: Seeds.all)
    func twice(_ seeds: Seeds) async throws {
        let count = try await Self.calls().count
        for seed in seeds.range {
            var random = SplitMix(state: seed &+ 1_000_000)
            let first = try FaultyDisk(
                failing: .powerLoss, atCall: Int.random(in: 1...count, using: &random))
            defer { first.remove() }
            let trial = try await Self.runUntilPowerLoss(Trial(on: first))
            let second = try FaultyDisk(
                files: try Self.remains(of: first, &random), failing: .powerLoss,
                atCall: Int.random(in: 20...90, using: &random))
            defer { second.remove() }
            let next = try await Self.sendLittleUntilPowerLoss(Trial(on: second, after: trial))
            let third = try FaultyDisk(files: try Self.remains(of: second, &random))
            defer { third.remove() }
            var survivor = try await Trial(on: third, after: next)
            do {
                try await survivor.resume()
            } catch {
                await survivor.close()
                Issue.record("seed \(seed), \(first.failed), then \(second.failed): \(error)")
            }
        }
    }

    /// The files after a loss of power or, half of the times, after a kill, which leaves all that
    /// was written, synced or not.
    private static func remains(
        of disk: FaultyDisk, _ random: inout SplitMix
    ) throws -> [String: [UInt8]] {
        if Bool.random(using: &random) { return disk.filesAfterPowerLoss(seed: random.next()) }
        return try disk.filesAsTheyAre()
    }

    /// Opens what is there and sends a record at a time.
    private static func sendLittleUntilPowerLoss(_ trial: Trial) async throws -> Trial {
        var trial = trial
        do {
            try await trial.settleAndRun(Step.little)
        } catch is Trial.PowerLost {
            // As it was meant.
        }
        await trial.close()
        return trial
    }

    @Test("is noticed where a store does not wait for the disk")
    func careless() async throws {
        let count = try await Self.calls(isCareless: true).count
        var losses = 0
        // One loss is enough; where the power goes between two syncs, nothing is lost.
        for seed in 1...60 as ClosedRange<UInt64> where losses == 0 {
            var random = SplitMix(state: seed)
            let disk = try FaultyDisk(
                failing: .powerLoss, atCall: Int.random(in: 50...count, using: &random))
            defer { disk.remove() }
            let trial = try await Self.runUntilPowerLoss(Trial(on: disk, isCareless: true))
            let copy = try FaultyDisk(files: disk.filesAfterPowerLoss(seed: seed))
            defer { copy.remove() }
            var survivor = try await Trial(on: copy, after: trial)
            do {
                try await survivor.resume()
            } catch is Trial.Difference {
                losses += 1
                await survivor.close()
            } catch is OpenError {
                // A log of which parts are missing is refused.
                losses += 1
            }
        }
        #expect(losses > 0)
    }

    /// The calls of the workload at which the power can go.
    private static func calls(isCareless: Bool = false) async throws -> [FaultyDisk.Call] {
        try await DiskFaultTests.calls(isCareless: isCareless).filter {
            DiskFault.powerLoss.concerns($0.kind, makesFile: $0.makesFile)
        }
    }

    private static func runUntilPowerLoss(_ trial: Trial) async throws -> Trial {
        var trial = trial
        do {
            try await trial.run(Step.workload)
        } catch is Trial.PowerLost {
            // As it was meant.
        }
        await trial.close()
        return trial
    }

    private func losePower(atCall number: Int, seed: UInt64) async throws {
        let disk = try FaultyDisk(failing: .powerLoss, atCall: number)
        defer { disk.remove() }
        let trial = try await Self.runUntilPowerLoss(Trial(on: disk))
        for image in 0..<Self.images {
            let files = disk.filesAfterPowerLoss(seed: seed &* 8 &+ image)
            let copy = try FaultyDisk(files: files)
            defer { copy.remove() }
            var survivor = try await Trial(on: copy, after: trial)
            do {
                try await survivor.resume()
            } catch {
                await survivor.close()
                Issue.record(
                    "seed \(seed), call \(number), \(disk.failed), image \(image): \(error)")
            }
        }
    }
}
