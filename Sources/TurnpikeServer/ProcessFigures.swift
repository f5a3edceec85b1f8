import FoundationEssentials
import MeteringAPI
import PrometheusText
import WebServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the operating system says of the process, under the names that Prometheus's own clients
/// use; what is not known on this system is left out.
enum ProcessFigures {
    static let definitions = [
        MetricDefinition(
            "process_cpu_seconds_total", .counter, "Processor time, of user and system."),
        MetricDefinition("process_resident_memory_bytes", .gauge, "Memory that is resident."),
        MetricDefinition("process_virtual_memory_bytes", .gauge, "Memory that is mapped."),
        MetricDefinition("process_open_fds", .gauge, "File descriptors that are open."),
        MetricDefinition("process_max_fds", .gauge, "File descriptors that may be open."),
        MetricDefinition(
            "process_start_time_seconds", .gauge, "When the process started, since 1970."),
    ]

    static var samples: [MetricSample] {
        [
            cpuSeconds.map { MetricSample("process_cpu_seconds_total", .number($0)) },
            statm.map { MetricSample("process_resident_memory_bytes", $0.resident) },
            statm.map { MetricSample("process_virtual_memory_bytes", $0.virtual) },
            openFiles.map { MetricSample("process_open_fds", $0) },
            MetricSample("process_max_fds", FileLimit.current),
            startSeconds.map { MetricSample("process_start_time_seconds", .number($0)) },
        ].compactMap { $0 }
    }

    private static var cpuSeconds: Double? {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Bytes of memory, of which Linux counts the pages.
    private static var statm: (virtual: Int, resident: Int)? {
        guard let numbers = text(of: "/proc/self/statm")?.split(separator: " "),
            numbers.count > 1, let pages = number(numbers[0]), let resident = number(numbers[1])
        else { return nil }
        let size = sysconf(Int32(_SC_PAGESIZE))
        return (pages * size, resident * size)
    }

    private static var openFiles: Int? {
        try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    /// The moment of the start, which Linux counts in ticks since the machine's own.
    private static let startSeconds: Double? = {
        // The name of the program, in parentheses, may have spaces in it.
        guard let stat = text(of: "/proc/self/stat"), let end = stat.lastIndex(of: ")"),
            let boot = text(of: "/proc/stat")?.split(separator: "\n")
                .first(where: { $0.hasPrefix("btime ") })?.split(separator: " ").last
                .flatMap(number)
        else { return nil }
        let fields = stat[end...].split(separator: " ")
        guard fields.count > 20, let ticks = number(fields[20]) else { return nil }
        return Double(boot) + Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    private static func number(_ text: Substring) -> Int? {
        WholeNumber.read(String(text), in: 0...Int64.max).map(Int.init)
    }

    private static func text(of path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}
