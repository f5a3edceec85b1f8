import AWSWire
import ArgumentParser
import MeteringAPI

struct Trail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trail",
        abstract: "Print the calls that were made, as CloudTrail records them.",
        discussion: """
            A line of JSON for each BatchMeterUsage, MeterUsage and RegisterUsage, the oldest \
            first. The server remembers the last thousand requests; with --follow none is missed \
            that comes while this runs.
            """)

    @OptionGroup var server: ServerOptions

    @Flag(help: "Go on with the calls that are made from now on, until Ctrl-C.")
    var follow = false

    func run() async throws {
        let control = try server.control()
        var cursor: String? = "0"
        repeat {
            let start = cursor
            cursor = try await control.pages("/control/v1/trail", [], from: start) { records in
                for record in records {
                    Terminal.printJSON(String(decoding: record.text, as: UTF8.self))
                }
                flushOutput()
            }
            guard follow else { return }
            // A reset begins anew.
            if Self.number(cursor) < Self.number(start) { cursor = "0" }
            try await Task.sleep(for: CommandLimits.trailPause)
        } while true
    }

    private static func number(_ cursor: String?) -> Int64 {
        cursor.flatMap { WholeNumber.read($0) } ?? 0
    }
}
