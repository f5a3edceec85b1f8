import AWSWire
import ArgumentParser
import FoundationEssentials
import Marketplace
import MeteringAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Clock {
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Run a program in marketplace time.",
            discussion: """
                The program and what it starts read the marketplace's time of day, also while it \
                jumps; sleeps and time-outs stay real. It works for what is linked with the \
                system's C library (Python, Node.js, Java, Ruby, most programs), on Linux; a \
                static program, such as one of Go, keeps the real time. The status is the \
                program's.
                """)

        @OptionGroup var server: ServerOptions

        @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
        var command: [String]

        func run() async throws {
            // What stands before the program is passed on as well.
            let words = command.first == "--" ? Array(command.dropFirst()) : command
            guard !words.isEmpty else {
                throw ValidationError("name a program: turnpike clock run -- PROGRAM …")
            }
            let library = try ClockLibrary.path()
            let clock = try await SharedClock(of: server.control())
            Self.restoreSignals()
            do {
                try follow(clock.path)
                throw Self.replaceProcess(words, preloading: library, reading: clock.path)
            } catch {
                clock.remove()
                throw error
            }
        }

        /// Starts the process that keeps the file up to date as long as this one lives.
        private func follow(_ path: String) throws(CommandFailure) {
            let endpoint = try server.endpoint(in: .process)
            let words = [
                "turnpike", "clock", "follow", path, String(getpid()), "--endpoint", endpoint,
            ]
            var arguments = words.map { strdup($0) } + [nil]
            defer { for argument in arguments { free(argument) } }
            var pid = pid_t()
            let status = posix_spawn(&pid, ClockLibrary.program, nil, nil, &arguments, environ)
            guard status == 0 else {
                throw CommandFailure(
                    "\(ClockLibrary.program) cannot be started: "
                        + String(cString: strerror(status)))
            }
        }

        /// Undoes what a library's thread does to signals, which a new program would inherit.
        private static func restoreSignals() {
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
            signal(SIGPIPE, SIG_DFL)
        }

        /// Becomes the program, so that signals, terminal and exit status are its own; returns
        /// only why it could not.
        private static func replaceProcess(
            _ words: [String], preloading library: String, reading file: String
        ) -> CommandFailure {
            let others = getenv(preload).map { ":" + String(cString: $0) } ?? ""
            setenv(preload, library + others, 1)
            setenv("TURNPIKE_CLOCK_FILE", file, 1)
            var arguments = words.map { strdup($0) } + [nil]
            defer { for argument in arguments { free(argument) } }
            execvp(words[0], &arguments)
            return CommandFailure(
                "\(words[0]) cannot be started: \(String(cString: strerror(errno)))")
        }

        private static let preload = "LD_PRELOAD"
    }

    /// What `run` starts beside the program.
    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "follow",
            abstract: "Keep a file as the clock is while the parent process lives.",
            shouldDisplay: false)

        @Argument var file: String
        @Argument var parent: Int32

        @OptionGroup var server: ServerOptions

        func run() async throws {
            // What ends the program by its terminal must not end this before it.
            for terminal in [SIGINT, SIGQUIT, SIGHUP] { signal(terminal, SIG_IGN) }
            // The program could not be started where the file is gone already.
            guard let clock = try? SharedClock(at: file, O_RDWR, of: server.control()) else {
                return
            }
            defer { clock.remove() }
            while getppid() == parent { await clock.follow() }
        }
    }
}

/// The library that gives a program another time of day.
enum ClockLibrary {
    private static let name = "libturnpike-clock.so"

    /// This program.
    static let program =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? "turnpike"

    /// Where it is: beside this program.
    static func path() throws(CommandFailure) -> String {
        #if os(Linux)
            let folder = program.split(separator: "/", omittingEmptySubsequences: false)
                .dropLast().joined(separator: "/")
            let path = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: path) else {
                throw CommandFailure(
                    "\(path) is missing: install it beside turnpike ('make build' makes it)")
            }
            return path
        #else
            throw CommandFailure(
                "turnpike clock run works on Linux only: elsewhere, start the program in a "
                    + "container, or see the manual for what to do without")
        #endif
    }
}

/// A file through which processes read the marketplace's clock.
struct SharedClock {
    let path: String
    private let control: ControlClient
    private let file: ClockFile

    /// A new file that tells the time as it is now.
    init(of control: ControlClient) async throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "turnpike-clock-\(UUID().uuidString)").path
        try self.init(at: path, O_RDWR | O_CREAT | O_EXCL, of: control)
        do {
            try await update()
        } catch {
            remove()
            throw error
        }
    }

    init(
        at path: String, _ mode: Int32, of control: ControlClient
    ) throws(CommandFailure) {
        self.path = path
        self.control = control
        let descriptor = open(path, mode | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be written: set TMPDIR to a folder that can")
        }
        file = ClockFile(descriptor)
    }

    func remove() {
        _ = unlink(path)
    }

    /// Waits a moment and takes the server's clock over; while the server is away the clock goes
    /// on as it was.
    func follow() async {
        try? await Task.sleep(for: .milliseconds(CommandLimits.clockPollMilliseconds))
        try? await update()
    }

    private func update() async throws {
        let reading = ClockReading(try await control.get("/control/v1/clock"))
        guard let now = Timestamp(iso8601: reading.now),
            let real = Timestamp(iso8601: reading.realNow),
            case let speed = JSONNumber(Array(reading.speed.utf8), scale: 3).scaled,
            (0...MarketplaceLimits.clockSpeedThousandths).contains(speed)
        else { throw CommandFailure("\(control.endpoint) tells no time: is that a Turnpike?") }
        let times = [now, real].map { $0.milliseconds.multipliedReportingOverflow(by: 1_000_000) }
        guard !times.contains(where: \.overflow) else {
            throw CommandFailure(
                "the marketplace's clock shows \(reading.now), and programs count nanoseconds to "
                    + "the year 2262 only: reset the marketplace")
        }
        file.write(times.map(\.partialValue) + [reading.mode == "frozen" ? 0 : speed])
    }
}

/// Writes the file in the form of `clock_shim.h`: a sequence, odd while the rest is written.
private final class ClockFile: @unchecked Sendable {
    // The invariant: only `SharedClock` writes, one update at a time.
    private let descriptor: Int32
    private var sequence: UInt64 = 0

    /// Goes on from the sequence that another process left in the file.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = pread(descriptor, &sequence, MemoryLayout.size(ofValue: sequence), 0)
    }

    deinit { _ = close(descriptor) }

    func write(_ numbers: [Int64]) {
        put([Int64(bitPattern: sequence + 1)], at: 0)
        put(numbers, at: 8)
        sequence += 2
        put([Int64(bitPattern: sequence)], at: 0)
    }

    private func put(_ numbers: [Int64], at offset: off_t) {
        numbers.withUnsafeBytes { _ = pwrite(descriptor, $0.baseAddress, $0.count, offset) }
    }
}
