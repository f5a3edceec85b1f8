import ArgumentParser
import FoundationEssentials
import Glibc

/// Sends prepared requests and prints one line of JSON with what it measured.
@main
struct LoadGenerator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-generator",
        abstract: "Sends signed metering requests that were prepared ahead.",
        discussion: """
            Without --rate, each connection sends its next request when the last one is answered.
            With it, requests are due at even intervals, and a latency counts from when the request
            was due, not from when a connection was free to send it.
            """)

    @Option(help: "The server's port on 127.0.0.1.")
    var port: UInt16

    @Option(help: "How many connections are open.")
    var connections = 32

    @Option(help: "How long requests are sent, in seconds.")
    var seconds = 5.0

    @Option(help: "Requests per second; as fast as they are answered if not given.")
    var rate: Double?

    @Option(help: "How many requests are prepared.")
    var requests: Int

    @Option(help: "What is sent: \(Workload.allCases.map(\.rawValue).joined(separator: ", ")).")
    var workload = Workload.fresh

    @Option(help: "How many buyers or workloads the marketplace has.")
    var buyers = 1

    @Option(help: "A file with a registration token on each line.")
    var tokens: String?

    @Option(help: "The number of the first request, so that runs do not repeat each other.")
    var first = 0

    @Option(help: "The product of BatchMeterUsage requests.")
    var product = "benchmarkproduct000000001"

    @Option(help: "Seconds since 1970 that usage is counted back from; the present if not given.")
    var now: Int?

    func run() throws {
        let signed = Int(time(nil))
        let bodies = Bodies(
            workload: workload, buyers: buyers, tokens: try tokens.map(Self.lines) ?? [""],
            product: product, now: now ?? signed)
        let prepared = PreparedRequests(
            bodies, numbers: first..<(first + requests), port: port, now: signed)
        var clients = try Clients(port: port, connections: connections)
        let before = Moment.cpuSeconds
        let measured = try clients.send(prepared, seconds: seconds, rate: rate)
        let cpu = Moment.cpuSeconds - before
        print(measured.json(cpuSeconds: cpu, recordsPerRequest: workload.recordsPerRequest))
    }
}

extension LoadGenerator {
    private static func lines(_ path: String) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path) cannot be read")
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// What a request asks.
enum Workload: String, CaseIterable, ExpressibleByArgument {
    /// 25 records that nobody sent before, hour by hour over all buyers.
    case fresh
    /// As `fresh`, but every second request is an exact copy of the one before it.
    case resend
    /// The same buyer and hours in every request, so that only the first ones are new.
    case hot
    /// 10 records each, of buyers and hours in no order.
    case spread
    /// MeterUsage, each from a workload of its own.
    case meter
    case resolve
    case register

    var recordsPerRequest: Int {
        switch self {
        case .fresh, .resend, .hot: 25
        case .spread: 10
        case .meter: 1
        case .resolve, .register: 0
        }
    }
}

/// Readings of the process's clocks.
enum Moment {
    /// Nanoseconds of a clock that only goes forward.
    static var now: UInt64 {
        var reading = timespec()
        clock_gettime(CLOCK_MONOTONIC, &reading)
        return UInt64(reading.tv_sec) * 1_000_000_000 + UInt64(reading.tv_nsec)
    }

    /// What this process has used of the processors.
    static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
    }
}
