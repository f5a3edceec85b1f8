import Foundation
import Testing

/// `TURNPIKE_FAULTS=all` lets every call fail, not one in many.
@Suite("A disk that fails once")
struct DiskFaultTests {
    @Test(
        "loses nothing that was acknowledged, whichever call it is that fails",
        arguments: DiskFault.allCases.filter { $0 != .powerLoss })
    func failsOnce(_ fault: DiskFault) async throws {
        let count = try await Self.calls().count {
            fault.concerns($0.kind, makesFile: $0.makesFile)
        }
        #expect(count > 0)
        let isLong = ProcessInfo.processInfo.environment["TURNPIKE_FAULTS"] == "all"
        var failures = 0
        for number in stride(from: 1, through: count, by: isLong ? 1 : max(1, count / 20)) {
            let disk = try FaultyDisk(failing: fault, atCall: number)
            defer { disk.remove() }
            var trial = Trial(on: disk, with: fault)
            do {
                try await trial.run(Step.workload)
                failures += disk.hasFailed ? 1 : 0
            } catch {
                await trial.close()
                Issue.record("\(fault.rawValue) at call \(number), \(disk.failed): \(error)")
            }
        }
        #expect(failures > 0)
        if isLong { print("\(failures) calls failed with \(fault.rawValue)") }
    }

    @Test("that is well lets the store agree with the model")
    func well() async throws {
        let kinds = Set(try await Self.calls().map(\.kind))
        #expect(kinds == [.open, .read, .write, .sync, .truncate, .delete, .shareMemory])
    }

    /// The calls of the workload on a disk that is well.
    static func calls(isCareless: Bool = false) async throws -> [FaultyDisk.Call] {
        let disk = try FaultyDisk()
        defer { disk.remove() }
        var trial = Trial(on: disk, isCareless: isCareless)
        try await trial.run(Step.workload)
        return disk.calls
    }
}
