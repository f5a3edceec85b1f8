import AsyncHTTPClient
import MarketplaceHost
import MeteringAPI
import NIOCore
import NIOHTTP1
import WebServer

/// Posts the form to the seller's site in the browser's place, within bounds.
struct FulfillmentPost {
    private let url: WebAddress
    private let body: String
    private let allowsRemote: Bool

    /// A request, and what came back.
    struct Step: Sendable {
        let method: String
        let address: String
        let status: Int
        let milliseconds: Int64
        let bytes: Int
        let isCut: Bool
        var location: String?
        /// Why a redirect is not followed.
        var note: String?

        var line: String {
            let size = isCut ? "more than 1 MB, of which the rest was not read" : "\(bytes) bytes"
            let redirect = location.map { ", redirects to \($0.cut(toBytes: 300))" } ?? ""
            let end = note.map { " (\($0))" } ?? ""
            return "\(method) \(address): HTTP \(status) in \(milliseconds) ms, \(size)"
                + redirect + end
        }
    }

    init(_ outcome: SubscribeOutcome, allowsRemote: Bool) throws(CommandFailure) {
        guard let registration = outcome.registration else {
            throw CommandFailure(
                "there is nothing to post for \(outcome.productCode): only SaaS products are set "
                    + "up on a web site")
        }
        guard let text = registration.url else {
            throw CommandFailure(
                "the product \(outcome.productCode) has no fulfillmentURL: PUT it to the control "
                    + "API with one, or write it in the seed file")
        }
        guard let url = WebAddress(text) else {
            throw CommandFailure(
                "the product's fulfillmentURL '\(text)' is no address of http or https: correct "
                    + "it, as in http://localhost:3000/register")
        }
        guard allowsRemote || url.isLoopback else {
            throw CommandFailure(
                "the product's fulfillmentURL \(url.text) is not on this machine: --allow-remote "
                    + "posts to it all the same")
        }
        self.url = url
        body = registration.body
        self.allowsRemote = allowsRemote
    }

    /// Posts, follows redirects, and reports each step as soon as it is done.
    func run(_ report: @escaping @Sendable (Step) -> Void) async throws -> [Step] {
        try await withThrowingTaskGroup(of: [Step]?.self) { group in
            group.addTask { try await exchange(report) }
            group.addTask {
                try await Task.sleep(for: .seconds(CommandLimits.siteSeconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let steps = try await group.next() ?? nil else {
                throw CommandFailure(
                    "\(url.text) did not answer within \(CommandLimits.siteSeconds) s, redirects "
                        + "included"
                )
            }
            return steps
        }
    }

    private func exchange(_ report: @Sendable (Step) -> Void) async throws -> [Step] {
        var steps: [Step] = []
        var target = url
        var method = HTTPMethod.POST
        while true {
            var step = try await step(method, target)
            var next: WebAddress?
            if let location = step.location {
                next = target.following(location)
                step.note = objection(to: next)
                if step.note != nil { next = nil }
            }
            report(step)
            steps.append(step)
            guard let next else { return steps }
            guard steps.count <= CommandLimits.siteRedirects else {
                throw CommandFailure(
                    "\(url.text) redirects more than \(CommandLimits.siteRedirects) times, at last "
                        + "to "
                        + next.text)
            }
            // As browsers do: only 307 and 308 are posted again.
            if step.status != 307, step.status != 308 { method = .GET }
            target = next
        }
    }

    private func objection(to next: WebAddress?) -> String? {
        guard let next else { return "not followed: no address of http or https" }
        return allowsRemote || next.isLoopback
            ? nil : "not followed: not on this machine; --allow-remote follows it"
    }

    private func step(_ method: HTTPMethod, _ target: WebAddress) async throws -> Step {
        var request = HTTPClientRequest(url: target.text)
        request.method = method
        request.headers.add(name: "Accept", value: "text/html,*/*;q=0.8")
        request.headers.add(name: "User-Agent", value: "turnpike/\(Version.current)")
        if method == .POST {
            request.headers.add(name: "Content-Type", value: PercentEncoding.formType)
            request.body = .bytes(ByteBuffer(string: body))
        }
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let response = try await Self.http.execute(
                request, timeout: .seconds(Int64(CommandLimits.siteSeconds) + 5))
            let time = (clock.now - start).components
            var bytes = 0
            for try await part in response.body {
                bytes += part.readableBytes
                if bytes > CommandLimits.siteAnswerBytes { break }
            }
            let status = Int(response.status.code)
            let isRedirect = [301, 302, 303, 307, 308].contains(status)
            return Step(
                method: method.rawValue, address: target.text, status: status,
                milliseconds: time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000,
                bytes: bytes, isCut: bytes > CommandLimits.siteAnswerBytes,
                location: isRedirect ? response.headers.first(name: "Location") : nil)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw CommandFailure("\(target.text) does not answer: is the seller's site running?")
        }
    }

    /// One that follows nothing by itself and says at once when nobody listens.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
}
