import Foundation
import Marketplace
import MeteringAPI
import StoreContract
import Testing

@testable import DurableFile
@testable import SQLiteStore

@Suite("A damaged data file")
struct DamagedFileTests {
    /// The bytes of a closed data file with some of everything, and what is in it.
    private static func sound() async throws -> (bytes: [UInt8], contents: StoreContents) {
        let disk = try FaultyDisk()
        defer { disk.remove() }
        let store = try SQLiteStore(path: disk.dataFile)
        for step in Step.workload.prefix(12) { _ = try await step.perform(on: store) }
        let contents = try await StoreContents(of: store)
        await store.close()
        return (Array(try Data(contentsOf: URL(fileURLWithPath: disk.dataFile))), contents)
    }

    /// Opens a file as a store and reads all of it; nil where it is refused with a reason.
    private static func read(
        _ bytes: [UInt8], writing steps: [Step] = []
    ) async throws -> StoreContents? {
        let disk = try FaultyDisk(files: ["turnpike.db": bytes])
        defer { disk.remove() }
        let store: SQLiteStore
        do {
            store = try SQLiteStore(path: disk.dataFile)
        } catch {
            #expect(error.description.contains("data file"))
            return nil
        }
        do throws(StoreError) {
            let contents = try await StoreContents(of: store)
            for step in steps { _ = try await step.perform(on: store) }
            await store.close()
            return contents
        } catch {
            #expect(!error.cause.isEmpty)
            await store.close()
            return nil
        }
    }

    @Test("that was cut off is refused, whatever is left of it", arguments: 0..<24)
    func truncated(step: Int) async throws {
        let (bytes, contents) = try await Self.sound()
        // To whole pages, to a part of one, and to no more than a header.
        let lengths = stride(from: 4096, to: bytes.count, by: 4096) + [50, 100, 1000, 5000]
        let length = lengths[step % lengths.count]
        guard length < bytes.count else { return }
        let read = try await Self.read(Array(bytes[..<length]))
        #expect(read == nil || read == contents)
    }

    @Test(
        "with a flipped bit is refused with a reason, or opened and written to",
        arguments: 1...4 as ClosedRange<UInt64>)
    func flippedBit(seed: UInt64) async throws {
        let (bytes, _) = try await Self.sound()
        var random = SplitMix(state: seed)
        for _ in 0..<20 {
            var damaged = bytes
            let offset = Int.random(in: damaged.indices, using: &random)
            damaged[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            _ = try await Self.read(damaged, writing: Step.workload)
        }
    }

    @Test(
        "with a flipped bit is refused, or read as it was written",
        arguments: 1...8 as ClosedRange<UInt64>)
    func silentlyWrong(seed: UInt64) async throws {
        let (bytes, contents) = try await Self.sound()
        var random = SplitMix(state: seed)
        for _ in 0..<25 {
            var damaged = bytes
            let offset = Int.random(in: damaged.indices, using: &random)
            damaged[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let read = try await Self.read(damaged)
            #expect(read == nil || read == contents, "byte \(offset % 4096) of its page")
        }
    }
}
