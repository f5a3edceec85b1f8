import AWSWire
import ArgumentParser

struct Trail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the calls that were made, as CloudTrail records them.",
        discussion: """
            A line of JSON for each BatchMeterUsage, MeterUsage and RegisterUsage, the oldest \
            first. The server remembers the last thousand requests; with --follow none is missed \
            that comes while this runs.
            """)

    @OptionGroup var server: ServerOptions

    @Flag(help: "Go on with the calls that are made from now on, until Ctrl-C.")
    var follow = false

    /// How long it waits where nothing new has come.
    private static let pause = Duration.milliseconds(500)

    func run() async throws {
        let control = try server.control()
        var cursor = "0"
        repeat {
            let page = try await control.get(
                "/control/v1/trail", [("limit", "1000"), ("cursor", cursor)])
            let records = page.root["items"].map { Array($0.elements) } ?? []
            for record in records { print(String(decoding: record.rawBytes, as: UTF8.self)) }
            flushOutput()
            let next = page.root["nextCursor"]?.text ?? cursor
            // A reset begins anew.
            cursor = (Int(next) ?? 0) < (Int(cursor) ?? 0) ? "0" : next
            if records.count < 1000, follow { try await Task.sleep(for: Self.pause) }
            if records.count < 1000, !follow { return }
        } while true
    }
}
