package import Foundation
import NIOPosix

/// The command in a process of its own, so that it can be killed.
///
/// Started by hand: Foundation's `Process` does not notice every end of one on Linux.
package struct TurnpikeProcess: Sendable {
    /// Where the server listens.
    package let port: Int
    /// What it printed until it listened.
    package let startMessage: String
    private let pid: pid_t

    /// Starts `turnpike serve` on a free port with these arguments, and waits until it listens; it
    /// may have so many files open.
    package init(
        _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil,
        files: Int? = nil
    ) async throws {
        let output = Pipe()
        pid = try Self.spawn(
            ["serve", "--port", "0"] + arguments, environment: environment, in: folder,
            files: files
        ) { actions in
            posix_spawn_file_actions_adddup2(
                &actions, output.fileHandleForWriting.fileDescriptor, 1)
        }
        try output.fileHandleForWriting.close()
        let handle = output.fileHandleForReading
        let text = try await NIOThreadPool.singleton.runIfActive {
            var text = ""
            while !text.hasSuffix("Ctrl-C.\n"), let data = try handle.read(upToCount: 1),
                !data.isEmpty
            {
                text += String(decoding: data, as: UTF8.self)
            }
            return text
        }
        let address = text.split(separator: "\n").first?.split(separator: ":").last
        guard let port = address.flatMap({ Int($0) }) else { throw NoPort(output: text) }
        self.port = port
        startMessage = text
    }

    struct NoPort: Error {
        let output: String
    }

    /// What a command that ends by itself leaves behind.
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// Runs `turnpike` with these arguments to its end.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
    ) async throws -> Outcome {
        let files = try TemporaryFolder()
        defer { files.remove() }
        let pid = try spawn(arguments, environment: environment, in: folder) { actions in
            for (descriptor, name) in [(Int32(1), "output"), (2, "errors")] {
                posix_spawn_file_actions_addopen(
                    &actions, descriptor, files.path(name), O_WRONLY | O_CREAT, 0o600)
            }
        }
        let status = try await Self.status(of: pid)
        return Outcome(
            status: status, output: try files.text("output"), errors: try files.text("errors"))
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], in folder: URL?,
        files: Int? = nil, redirect: (inout posix_spawn_file_actions_t) -> Void
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        redirect(&actions)
        // The variables of whoever runs the tests would change what is tested.
        let variables = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("TURNPIKE")
        }.merging(environment) { $1 }
        let command = folder.map { ["/usr/bin/env", "--chdir", $0.path] } ?? []
        let limit = files.map { ["/bin/bash", "-c", limited(to: $0)] } ?? []
        let words = command + limit + [binary.path] + arguments
        var texts = words.map { strdup($0) } + [nil]
        var pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in texts + pairs { free(text) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, words[0], &actions, nil, &texts, &pairs)
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
        return pid
    }

    /// A command for bash that runs another with its own three files and a limit; what the tests
    /// have open would count otherwise.
    private static func limited(to files: Int) -> String {
        """
        for file in /proc/self/fd/*; do
          number=${file##*/}
          [ "$number" -le 2 ] || eval "exec $number>&-"
        done
        ulimit -n \(files) && exec "$0" "$@"
        """
    }

    /// The command beside the tests.
    private static var binary: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: ".build/\(mode)/turnpike")
    }

    /// How the tests were built, and the command with them.
    private static var mode: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    /// Where the command is.
    package static var binaryPath: String { binary.path }

    /// The processor's time that the process has taken, in hundredths of a second.
    package func processorTime() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // The name in brackets may have spaces in it; user and system time are 12 fields behind.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.dropFirst(11).prefix(2).compactMap { Int($0) }.reduce(0, +)
    }

    /// The most memory that the process has had, in kilobytes.
    package func peakMemory() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0
    }

    /// Ends the process at once, as a crash does.
    package func kill() async throws {
        send(SIGKILL)
        _ = try await status()
    }

    /// Asks the process to stop, and gives its exit status.
    package func terminate() async throws -> Int32 {
        send(SIGTERM)
        return try await status()
    }

    package func send(_ signal: Int32) {
        Foundation.kill(pid, signal)
    }

    /// The exit status once the process has ended; a signal is 128 and its number.
    package func status() async throws -> Int32 {
        try await Self.status(of: pid)
    }

    private static func status(of pid: pid_t) async throws -> Int32 {
        try await NIOThreadPool.singleton.runIfActive {
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        }
    }
}

/// A folder that nobody else uses.
package struct TemporaryFolder: Sendable {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "turnpike-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    package func path(_ name: String) -> String { url.appending(path: name).path }

    /// The text of a file in it.
    package func text(_ name: String) throws -> String {
        try String(contentsOf: url.appending(path: name), encoding: .utf8)
    }

    /// Writes a file and gives its path.
    package func write(_ text: String, to name: String) throws -> String {
        try text.write(to: url.appending(path: name), atomically: true, encoding: .utf8)
        return path(name)
    }

    package func remove() {
        try? FileManager.default.removeItem(at: url)
    }
}
