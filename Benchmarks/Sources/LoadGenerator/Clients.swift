import ArgumentParser
import Glibc

/// Connections that one thread serves.
struct Clients {
    private var sockets: [Int32]
    private let port: UInt16

    init(port: UInt16, connections: Int) throws {
        self.port = port
        sockets = try (0..<connections).map { _ in try Self.connect(to: port) }
    }

    private static func connect(to port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafeBytes(of: &address) {
            Glibc.connect(
                descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress,
                socklen_t($0.count))
        }
        guard status == 0 else { throw ValidationError("no server listens on port \(port)") }
        var on: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// Sends requests until the time is over or there are no more, and reads all answers.
    mutating func send(
        _ requests: PreparedRequests, seconds: Double, rate: Double?
    ) throws -> Measurement {
        var run = Run(
            requests: requests, start: Moment.now, seconds: seconds, rate: rate,
            connections: sockets.count)
        var readiness = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        try run.fill(sockets)
        while run.isRunning {
            poll(&readiness, nfds_t(readiness.count), run.waitsForDueTime() ? 0 : 1000)
            for index in readiness.indices where readiness[index].revents != 0 {
                guard try run.receive(on: sockets[index], index) else { continue }
                close(sockets[index])
                sockets[index] = try Self.connect(to: port)
                readiness[index].fd = sockets[index]
            }
            try run.fill(sockets)
        }
        return run.measurement
    }
}

/// One run's state.
private struct Run {
    private let requests: PreparedRequests
    private let start: UInt64
    private let end: UInt64
    private let interval: Double?
    private var next = 0
    private var free: [Int]
    private var answers: [Answer]
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private(set) var measurement = Measurement()

    init(
        requests: PreparedRequests, start: UInt64, seconds: Double, rate: Double?,
        connections: Int
    ) {
        self.requests = requests
        self.start = start
        end = start + UInt64(seconds * 1e9)
        interval = rate.map { 1e9 / $0 }
        free = Array((0..<connections).reversed())
        answers = Array(repeating: Answer(), count: connections)
    }

    var isRunning: Bool { free.count < answers.count || hasNext }

    private var hasNext: Bool { next < requests.count && Moment.now < end }

    /// When the next request is to be sent; now, unless there is a rate.
    private var due: UInt64 {
        interval.map { start + UInt64(Double(next) * $0) } ?? Moment.now
    }

    /// Sleeps until the next request is due, at most a millisecond; false where none is, or no
    /// connection is free for it.
    ///
    /// `poll` counts in milliseconds only. To ask it all the time would take a processor from the
    /// server.
    func waitsForDueTime() -> Bool {
        guard interval != nil, !free.isEmpty, next < requests.count else { return false }
        let now = Moment.now
        if due > now {
            var time = timespec(tv_sec: 0, tv_nsec: Int(min(due - now, 1_000_000)))
            nanosleep(&time, nil)
        }
        return true
    }

    mutating func fill(_ sockets: [Int32]) throws {
        while let index = free.last, hasNext {
            let due = due
            let now = Moment.now
            guard due <= now else { return }
            free.removeLast()
            answers[index] = Answer(begin: interval == nil ? now : due)
            try send(on: sockets[index])
            next += 1
        }
    }

    private func send(on socket: Int32) throws {
        let range = requests.range(of: next)
        let sent = requests.bytes.withUnsafeBytes {
            Glibc.send(socket, $0.baseAddress! + range.lowerBound, range.count, 0)
        }
        guard sent == range.count else { throw ValidationError("the server hung up") }
    }

    /// True where the connection is of no more use, because the server closes it.
    mutating func receive(on socket: Int32, _ index: Int) throws -> Bool {
        let count = buffer.withUnsafeMutableBytes {
            recv(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        guard count > 0 else { throw ValidationError("the server hung up") }
        guard answers[index].append(buffer[..<count]) else {
            throw ValidationError("the server's answer is not HTTP with a length")
        }
        guard answers[index].isComplete else { return false }
        measurement.count(answers[index], at: Moment.now, since: start)
        free.append(index)
        return answers[index].isLast
    }
}
