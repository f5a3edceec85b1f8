import AsyncHTTPClient
import Marketplace
import MeteringAPI
import NIOCore
import NIOHTTP1

/// Posts events to targets, one attempt at a time.
package struct EventSender: Sendable {
    let reach: TargetReach
    /// How long an attempt may take, all in all: each address of the target, and the answer's body.
    private let milliseconds: Int64

    package init(reach: TargetReach, milliseconds: Int64 = TargetLimits.seconds * 1000) {
        self.reach = reach
        self.milliseconds = milliseconds
    }

    enum Outcome: Sendable, Hashable {
        case delivered
        /// The target answered, and not with success.
        case refused(String)
        /// Nothing that speaks HTTP answered; other events would fare no better.
        case unreachable(String)

        var error: String? {
            switch self {
            case .delivered: nil
            case .refused(let reason), .unreachable(let reason): reason
            }
        }
    }

    /// One that follows no redirects; it lives as long as the process.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(TargetLimits.connectSeconds)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(TargetLimits.idleSeconds)
        configuration.httpVersion = .http1Only
        // Each target has one attempt at a time, and none waits for those at the same address.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            MarketplaceLimits.eventTargets
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func send(
        _ event: MarketplaceEvent, to target: EventTarget, at time: Timestamp
    ) async -> Outcome {
        guard let url = TargetURL(target.url) else { return .unreachable("the url is none") }
        let message = TargetMessage(event, to: target, at: url, time: time)
        let deadline = NIODeadline.now() + .milliseconds(milliseconds)
        var outcome = Outcome.unreachable("\(url.host) has no address")
        do {
            for text in try await reach.urls(for: url) {
                outcome = await post(message, to: text, until: deadline)
                guard case .unreachable = outcome else { break }
            }
        } catch let error as TargetReach.Unreachable {
            return .unreachable(error.reason)
        } catch {
            return .unreachable("\(error)")
        }
        return outcome
    }

    private func post(
        _ message: TargetMessage, to url: String, until deadline: NIODeadline
    ) async -> Outcome {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        for (name, value) in message.headers { request.headers.add(name: name, value: value) }
        request.headers.add(name: "user-agent", value: "Turnpike")
        request.body = .bytes(ByteBuffer(bytes: message.body))
        do {
            let response = try await Self.http.execute(request, deadline: deadline)
            let status = response.status
            guard (200..<300).contains(status.code) else {
                let more = status.code / 100 == 3 ? ", and redirects are not followed" : ""
                return .refused("HTTP \(status.code)\(more)")
            }
            await Self.read(response.body, until: deadline)
            return .delivered
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            return .unreachable("no answer within \(milliseconds / 1000) s")
        } catch let error as HTTPClientError where error == .connectTimeout {
            return .unreachable("no connection within \(TargetLimits.connectSeconds) s")
        } catch {
            return .unreachable("no answer: \(String(describing: error).cut(toBytes: 200))")
        }
    }

    /// Reads the rest of an answer, so that the connection can be used again; nothing in it counts.
    ///
    /// A body that does not come to its end in time, or is too long, loses its connection.
    private static func read(_ body: HTTPClientResponse.Body, until deadline: NIODeadline) async {
        await withTaskGroup { group in
            group.addTask { _ = try? await body.collect(upTo: TargetLimits.answerBytes) }
            group.addTask {
                let left = (deadline - .now()).nanoseconds
                try? await Task.sleep(for: .nanoseconds(max(0, left)))
            }
            await group.next()
            group.cancelAll()
        }
    }
}
