import AWSWire
import ArgumentParser
import TurnpikeServer

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
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

    /// How often it is asked for what is new.
    private static let interval = Duration.seconds(1)

    func run() async throws {
        let client = ControlClient(
            endpoint: try server.endpoint(in: .process),
            token: Environment.process[.controlToken])
        var cursor = "0"
        var isFirst = true
        while true {
            let page = try await client.page(
                "/control/v1/events", query + [("cursor", cursor)])
            if isFirst, page.items.isEmpty, !follow, !json { print("Nothing has happened.") }
            for item in page.items {
                print(
                    json ? String(decoding: item.text, as: UTF8.self) : Self.line(item))
            }
            flushOutput()
            isFirst = false
            let isEnd = page.cursor == nil || page.cursor == cursor
            cursor = page.cursor ?? cursor
            guard isEnd else { continue }
            guard follow else { return }
            try await Task.sleep(for: Self.interval)
        }
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
                : value?.text ?? "-"
        }.joined(separator: "  ")
    }
}
