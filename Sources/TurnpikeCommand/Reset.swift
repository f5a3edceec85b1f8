import AWSWire
import ArgumentParser
import NIOHTTP1

struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Forget usage, events, requests, faults and the clock, which is real again.",
        discussion: """
            Accounts, products, agreements and credentials stay, unless --everything is said. \
            TURNPIKE_CONTROL_TOKEN is sent where it is set.
            """)

    @OptionGroup var server: ServerOptions

    @Flag(help: "Forget the marketplace too; a seed file and the demo come back with a start.")
    var everything = false

    func run() async throws {
        _ = try await server.control().send(.POST, "/control/v1/reset") {
            $0.boolean("everything", everything)
        }
        Terminal.print(everything ? "Everything is forgotten." : "Usage and time are forgotten.")
    }
}
