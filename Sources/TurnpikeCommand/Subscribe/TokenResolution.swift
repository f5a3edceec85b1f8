import AWSWire
import MeteringAPI

/// Watches the server's request log for the call that resolves a token.
struct TokenResolution {
    private let tokenID: String
    private let control: ControlClient
    /// The newest call before the form was posted.
    private let last: String?

    init(of outcome: SubscribeOutcome, _ control: ControlClient) async throws {
        tokenID = outcome.registration?.tokenID ?? ""
        self.control = control
        last = try await Self.calls(control).first?.id
    }

    /// The id of the request that resolved the token; nil where none did in time.
    func wait(seconds: Int) async throws -> String? {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: .seconds(seconds))
        while true {
            let found = try await calls().first { $0.status == 200 && $0.names(tokenID) }
            if found != nil || clock.now >= deadline { return found?.id }
            try await Task.sleep(for: .milliseconds(CommandLimits.resolutionPollMilliseconds))
        }
    }

    /// Why the newest call since the form was posted was refused; nil where none was.
    func refusal() async throws -> String? {
        try await calls().first { $0.status != 200 }?.reason
    }

    private func calls() async throws -> [Call] {
        let last = last
        return Array(
            try await Self.calls(control).prefix { call in
                last.map { !call.id.hasSameBytes(as: $0) } ?? true
            })
    }

    /// The newest calls of ResolveCustomer, newest first.
    private static func calls(_ control: ControlClient) async throws -> [Call] {
        let answer = try await control.get(
            "/control/v1/requests", [("operation", "ResolveCustomer"), ("limit", "100")])
        return answer.root["items"]?.elements.map(Call.init) ?? []
    }

    private struct Call {
        let id: String
        let status: Int
        private let error: String
        private let summary: String

        init(_ item: JSONValue) {
            id = item["requestId"]?.text ?? ""
            status =
                item["status"].flatMap {
                    WholeNumber.read($0.numberText, in: 0...999).map(Int.init)
                } ?? 0
            error = item["error"]?.text ?? ""
            summary = item["explanation"]?["summary"]?.text ?? ""
        }

        func names(_ tokenID: String) -> Bool { summary.contains(tokenID) }

        var reason: String { "\(error), \(summary)" }
    }
}
