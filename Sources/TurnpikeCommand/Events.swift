import AWSWire
import ArgumentParser
import WebServer

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print what the seller is told of.",
        discussion: """
            The oldest event comes first. TURNPIKE_CONTROL_TOKEN is sent where it is set, for \
            servers that ask for it.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "Only events of this agreement.")
    var agreement: String?

    @Option(help: "Only eventBridge, or only sns.")
    var channel: String?

    @Flag(help: "Go on with what happens from now on, until the command is stopped.")
    var follow = false

    @Flag(help: "Print a JSON object on a line for each event.")
    var json = false

    private static let path = "/control/v1/events"

    func run() async throws {
        let control = try server.control()
        guard !follow else {
            let parameters = query.map { "\($0.0)=\(PercentEncoding.encoded($0.1))" }
                .joined(separator: "&")
            var stream = EventStream(control, path: "\(Self.path)?\(parameters)")
            return try await stream.follow(show)
        }
        var isEmpty = true
        try await control.pages(Self.path, query, from: "0") { items in
            for item in items { show(item) }
            isEmpty = isEmpty && items.isEmpty
        }
        if isEmpty, !json { Terminal.print("Nothing has happened.") }
    }

    private func show(_ item: JSONDocument) {
        if json {
            Terminal.printJSON(String(decoding: item.text, as: UTF8.self))
        } else {
            Terminal.print(Self.line(item))
        }
        flushOutput()
    }

    private var query: [(String, String)] {
        [("agreementId", agreement), ("channel", channel)]
            .compactMap { name, value in value.map { (name, $0) } }
    }

    /// An event for people, with the longest text last.
    static func line(_ item: JSONDocument) -> String {
        ["number", "at", "productCode", "agreementId", "type"].map { name in
            let value = item.root[name]
            return value?.kind == .number
                ? String(decoding: Array(value?.rawBytes ?? []), as: UTF8.self)
                : value?.text.oneLine ?? "-"
        }.joined(separator: "  ")
    }
}
