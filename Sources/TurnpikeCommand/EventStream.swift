import AWSWire
import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The server's events as they happen (Server-Sent Events).
struct EventStream {
    private let control: ControlClient
    private let path: String
    /// How long the server may be away, in attempts to reach it again.
    private let attempts: Int
    private let pause: Duration
    private var lastID: String?

    init(
        _ control: ControlClient, path: String, attempts: Int = 30,
        pause: Duration = .seconds(1)
    ) {
        self.control = control
        self.path = path
        self.attempts = attempts
        self.pause = pause
    }

    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.read = CommandLimits.streamSilence
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Takes events until the command is stopped, the server refuses, or it stays away.
    ///
    /// Where the connection is lost, it goes on behind the last event that came.
    mutating func follow(_ take: (JSONDocument) -> Void) async throws {
        var failures = 0
        var wasConnected = false
        while true {
            do {
                try await connect {
                    wasConnected = true
                    failures = 0
                } take: {
                    take($0)
                }
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                failures += 1
            }
            guard wasConnected, failures < attempts else {
                throw CommandFailure(
                    "no Turnpike answers at \(control.endpoint): start one with 'turnpike serve', "
                        + "or name another with --endpoint")
            }
            try await Task.sleep(for: pause)
        }
    }

    /// One connection, until it ends.
    private mutating func connect(
        _ begin: () -> Void, take: (JSONDocument) -> Void
    ) async throws {
        var request = HTTPClientRequest(url: control.endpoint + path)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let lastID { request.headers.add(name: "Last-Event-ID", value: lastID) }
        let response = try await Self.http.execute(
            control.authorized(request), timeout: .seconds(30))
        let type = response.headers.first(name: "Content-Type") ?? ""
        guard response.status == .ok, type.hasPrefix("text/event-stream") else {
            // Asked again as commands ask, with a time for the whole answer, to hear why.
            _ = try await control.answer(HTTPClientRequest(url: control.endpoint + path))
            throw CommandFailure("what answers at \(control.endpoint) streams no events")
        }
        begin()
        var reader = EventReader()
        for try await part in response.body {
            for event in try reader.take(Array(part.readableBytesView)) {
                guard let document = try? JSONDocument(parsing: event.data) else {
                    throw CommandFailure("what answers at \(control.endpoint) is no Turnpike")
                }
                take(document)
                lastID = event.id ?? lastID
            }
        }
    }
}

/// Takes a stream of Server-Sent Events apart.
struct EventReader {
    struct Event: Equatable {
        var id: String?
        var data: [UInt8] = []
    }

    private var line: [UInt8] = []
    private var event = Event()

    /// The events that end with these bytes.
    mutating func take(_ bytes: [UInt8]) throws(CommandFailure) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                guard line.count + event.data.count <= CommandLimits.eventBytes else {
                    throw CommandFailure("an event is larger than 16 MB: is that a Turnpike?")
                }
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if let ended = endLine() { events.append(ended) }
            line = []
        }
        return events
    }

    /// Reads a line; an empty one ends an event.
    private mutating func endLine() -> Event? {
        if line.isEmpty {
            defer { event = Event() }
            return event.data.isEmpty ? nil : event
        }
        if let value = value(of: "data") {
            if !event.data.isEmpty { event.data.append(UInt8(ascii: "\n")) }
            event.data += value
        } else if let value = value(of: "id") {
            event.id = String(validating: value, as: UTF8.self)
        }
        return nil
    }

    private func value(of field: StaticString) -> ArraySlice<UInt8>? {
        let name = Array("\(field):".utf8)
        guard line.starts(with: name) else { return nil }
        let value = line.dropFirst(name.count)
        return value.first == UInt8(ascii: " ") ? value.dropFirst() : value
    }
}
