import Dispatch
import Foundation
import FuzzTargets

/// Fuzzes one target for some time, or runs one input again.
///
/// `Scripts/fuzz` builds it with libFuzzer, which sees what code an input reaches, and with
/// AddressSanitizer. Built without them, it mutates blindly.
@main
enum Fuzzer {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let target = FuzzTarget(rawValue: arguments[1]),
            let seconds = Int(arguments[3])
        else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
            print("usage: Fuzzer \(names) FOLDER|FILE SECONDS")
            exit(2)
        }
        let path = arguments[2]
        let runner = Runner(target)
        // There are no contents where the path is a folder.
        if let input = FileManager.default.contents(atPath: path) {
            runner.run(Array(input))
            return
        }
        try writeCorpus(of: target, to: URL(filePath: path))
        fuzz(runner, target, folder: path, seconds: seconds)
    }

    private static func writeCorpus(of target: FuzzTarget, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (number, input) in target.corpus.enumerated() {
            try Data(input).write(to: folder.appending(path: "seed-\(number)"))
        }
    }
}

/// Runs inputs on the calling thread's time.
final class Runner: Sendable {
    private let trial: FuzzTrial

    init(_ target: FuzzTarget) {
        trial = FuzzTrial(target)
    }

    /// Returns when the input has been run; what must not happen ends the process.
    func run(_ bytes: [UInt8]) {
        let done = DispatchSemaphore(value: 0)
        Task { [trial] in
            do {
                try await trial.run(bytes)
            } catch {
                let input = String(decoding: bytes, as: UTF8.self).debugDescription
                fatalError("an input was answered wrongly: \(error): \(input)")
            }
            done.signal()
        }
        done.wait()
    }
}

#if LIBFUZZER
    // Set once before libFuzzer's driver starts, which calls back on that same thread.
    nonisolated(unsafe) private var current: Runner?

    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<CInt>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
        _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    ) -> CInt

    private func fuzz(_ runner: Runner, _ target: FuzzTarget, folder: String, seconds: Int) {
        current = runner
        let options = [
            "fuzzer", folder, "-max_total_time=\(seconds)", "-artifact_prefix=\(folder)-",
            "-max_len=8192", "-timeout=20", "-rss_limit_mb=2048", "-detect_leaks=0",
            "-print_final_stats=1", "-verbosity=1",
        ]
        var count = CInt(options.count)
        var arguments = options.map { strdup($0) } + [nil]
        let status = arguments.withUnsafeMutableBufferPointer { buffer -> CInt in
            guard var base = buffer.baseAddress else { return 1 }
            return runDriver(&count, &base) { bytes, length in
                current?.run(Array(UnsafeBufferPointer(start: bytes, count: length)))
                return 0
            }
        }
        exit(status)
    }
#else
    private func fuzz(_ runner: Runner, _ target: FuzzTarget, folder: String, seconds: Int) {
        var mutator = Mutator(seed: UInt64.random(in: 0 ... .max), corpus: target.corpus)
        let end = ContinuousClock.now + .seconds(seconds)
        var runs = 0
        while ContinuousClock.now < end {
            runner.run(mutator.next())
            runs += 1
        }
        print("\(target.rawValue): \(runs) inputs")
    }
#endif
