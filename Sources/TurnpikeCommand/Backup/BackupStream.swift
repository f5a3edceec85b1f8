import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// The bytes of a running server's data file, as they come.
///
/// They may take hours, so there is a time for silence and none for the whole.
struct BackupStream {
    private let control: ControlClient
    /// How long the server may be silent once it has begun to send.
    private let silence: Duration

    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    init(_ control: ControlClient, silence: Duration = .seconds(30)) {
        self.control = control
        self.silence = silence
    }

    /// Takes all parts, one after the other; throws where the server refuses, breaks off or is
    /// silent for too long.
    func read(_ take: @escaping @Sendable (ByteBuffer) throws -> Void) async throws {
        // Whether anybody answers is known sooner than whether a copy can be made.
        _ = try await control.get("/health")
        let progress = Progress(until: CommandLimits.backupPreparation)
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { try await receive(progress, take) }
                group.addTask { try await progress.watch(every: silence) }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch is Silence {
            let time = progress.hasBegun ? silence : CommandLimits.backupPreparation
            throw brokenOff(progress, "nothing came for \(time.components.seconds) s")
        } catch {
            guard progress.hasBegun else { throw control.unreachable }
            throw brokenOff(progress, "the connection was lost")
        }
    }

    private func receive(
        _ progress: Progress, _ take: @Sendable (ByteBuffer) throws -> Void
    ) async throws {
        let request = HTTPClientRequest(url: control.endpoint + "/control/v1/backup")
        let response = try await Self.http.execute(
            control.authorized(request), timeout: .hours(2))
        progress.begin(within: silence)
        guard response.status == .ok else {
            if let body = try? await response.body.collect(upTo: CommandLimits.refusalBytes) {
                _ = try control.document(body, Int(response.status.code))
            }
            throw control.isNoTurnpike(Int(response.status.code))
        }
        guard response.headers.first(name: "Content-Type") == "application/octet-stream" else {
            throw control.isNoTurnpike(Int(response.status.code))
        }
        for try await part in response.body {
            try take(part)
            progress.add(part.readableBytes, within: silence)
        }
    }

    private func brokenOff(_ progress: Progress, _ reason: String) -> CommandFailure {
        CommandFailure(
            "the copy from \(control.endpoint) broke off after \(progress.bytes) bytes "
                + "(\(reason)), and was not kept: try again")
    }
}

/// Thrown when nothing has come for too long.
private struct Silence: Error {}

/// How much has come, and by when more must.
private final class Progress: Sendable {
    private struct State {
        var hasBegun = false
        var bytes = 0
        var deadline: ContinuousClock.Instant
    }

    private let state: Mutex<State>

    init(until time: Duration) {
        state = Mutex(State(deadline: .now + time))
    }

    var bytes: Int { state.withLock(\.bytes) }
    var hasBegun: Bool { state.withLock(\.hasBegun) }

    func begin(within time: Duration) {
        state.withLock { state in
            state.hasBegun = true
            state.deadline = .now + time
        }
    }

    func add(_ count: Int, within time: Duration) {
        state.withLock { state in
            state.bytes += count
            state.deadline = .now + time
        }
    }

    /// Throws once the deadline has passed; looks again after a time, because it may come nearer.
    func watch(every time: Duration) async throws {
        while case let deadline = state.withLock(\.deadline), deadline > .now {
            try await Task.sleep(until: min(deadline, .now + time))
        }
        throw Silence()
    }
}
