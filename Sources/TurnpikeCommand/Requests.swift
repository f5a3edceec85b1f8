import AWSWire
import ArgumentParser
import MeteringAPI
import WebServer

struct Requests: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests",
        abstract: "Print what was asked of the AWS endpoint, a line each, the newest last.",
        discussion: """
            The server remembers the last thousand requests. To know more of one: \
            turnpike explain REQUEST-ID
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "Only this operation, as in BatchMeterUsage.")
    var operation: String?

    @Option(help: "Only requests of this access key's id.")
    var accessKeyID: String?

    @Option(help: "Only requests that were answered with this HTTP status.")
    var status: Int?

    @Flag(help: "Go on with the requests that come from now on, until Ctrl-C.")
    var follow = false

    func run() async throws {
        let control = try server.control()
        var last: String?
        while true {
            let found = try await requests(from: control, after: last)
            for request in found.reversed() { Terminal.print(RequestStory(request).line) }
            flushOutput()
            last = found.first?["requestId"]?.text ?? last
            guard follow else { return }
            try await Task.sleep(for: CommandLimits.trailPause)
        }
    }

    /// The requests after one that is known, the newest first; all where it is not there any more.
    private func requests(
        from control: ControlClient, after last: String?
    ) async throws -> [JSONValue] {
        let query = [
            ("operation", operation), ("accessKeyId", accessKeyID),
            ("status", status.map(String.init)),
        ].compactMap { name, value in value.map { (name, $0) } }
        var found: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = try await control.get(
                "/control/v1/requests", query + (cursor.map { [("cursor", $0)] } ?? []))
            for request in page.root["items"]?.elementList ?? [] {
                let isKnown = last.map { request["requestId"]?.text.hasSameBytes(as: $0) == true }
                if isKnown == true { return found }
                found.append(request)
            }
            cursor = page.root["nextCursor"].flatMap { $0.kind == .string ? $0.text : nil }
        } while cursor != nil
        return found
    }
}

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell why a request was answered as it was.",
        discussion: """
            Without an id it is the last one. The id is the header x-amzn-RequestId of the answer; \
            AWS's SDKs show it with each error.
            """)

    @Argument(help: "The request's id; the last request when absent.")
    var requestID: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let control = try server.control()
        if let requestID {
            let id = PercentEncoding.encoded(requestID)
            let request = try await control.get("/control/v1/requests/\(id)")
            return Terminal.print(RequestStory(request.root).text)
        }
        let newest = try await control.get("/control/v1/requests", [("limit", "1")])
        guard let request = newest.root["items"]?.elementList.first else {
            return Terminal.print("Nothing has been asked of the AWS endpoint yet.")
        }
        Terminal.print(RequestStory(request).text)
    }
}

/// A logged request in words.
struct RequestStory {
    private let request: JSONValue

    init(_ request: JSONValue) {
        self.request = request
    }

    private func text(_ name: String) -> String? { request[name]?.text.oneLine }

    private var explanation: JSONValue? { request["explanation"] }

    private var status: String { request["status"]?.numberText ?? "?" }

    private var operation: String { text("operation") ?? "no operation" }

    private var summary: String { explanation?["summary"]?.text.oneLine ?? "" }

    /// When, what, how it was answered, and why.
    var line: String {
        let error = text("error").map { " \($0)" } ?? ""
        return [
            text("at") ?? "", operation, status + error, summary, text("requestId") ?? "",
        ].joined(separator: "  ")
    }

    /// All that is known of it.
    var text: String {
        let named = explanation?["expectedSignature"]?["accessKeyId"]?.text.oneLine
        let asker =
            text("caller") ?? text("accessKeyId").map { "the key \($0)" }
            ?? named.map { "somebody who named the key \($0)" } ?? "somebody"
        let error = text("error").map { ", \($0)" } ?? ""
        var lines = [
            "\(operation), asked by \(asker) at \(text("at") ?? "?"),",
            "was answered with status \(status)\(error).", "", "Why: \(summary)",
        ]
        if let rule = explanation?["rule"]?.text.oneLine { lines.append("Rule: \(rule)") }
        if let contract = explanation?["contract"]?.text.oneLine {
            lines.append("Contract: \(contract)")
        }
        lines += (explanation?["records"]?.elementList ?? []).flatMap(Self.record)
        lines += expectedSignature
        lines.append("Request: \(text("requestId") ?? "")")
        return lines.joined(separator: "\n")
    }

    private static func record(_ record: JSONValue) -> [String] {
        let place = record["index"].flatMap { WholeNumber.read($0.numberText) }.map { $0 + 1 } ?? 0
        let outcome = record["outcome"]?.text.oneLine ?? ""
        let reason = record["reason"]?.text.oneLine ?? ""
        let key = record["key"].map { ["    counted by: \($0.text.oneLine)"] } ?? []
        return ["  Record \(place): \(outcome), \(reason)"] + key
    }

    private var expectedSignature: [String] {
        guard let expected = explanation?["expectedSignature"] else { return [] }
        return [
            "", "The canonical request that was expected:", "",
            expected["canonicalRequest"]?.text ?? "", "",
            "The string to sign that was expected:", "", expected["stringToSign"]?.text ?? "", "",
        ]
    }
}
