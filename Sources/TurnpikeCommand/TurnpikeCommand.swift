import ArgumentParser
import Documents
import MarketplaceHost
import TurnpikeServer

@main
struct TurnpikeCommand: AsyncParsableCommand {
    // Each command says its name: to find out that of a type takes half a millisecond, and all of
    // them are asked at each start.
    static let configuration = CommandConfiguration(
        commandName: "turnpike",
        abstract: "The AWS Marketplace Metering Service that you can run yourself.",
        discussion: """
            Start a marketplace with one product of each type:  turnpike serve --demo
            Point any AWS SDK or the AWS CLI at it:             eval "$(turnpike env)"
            See what is recorded:                               turnpike usage
            Find out why it was answered so:                    turnpike explain
            """,
        version: Version.current,
        subcommands: [
            Serve.self, Env.self, Subscribe.self, Usage.self, Requests.self, Explain.self,
            Events.self, Clock.self, Fault.self, ScenarioCommand.self, Trail.self, Reset.self,
            Backup.self, Verify.self, Repair.self,
        ])

    /// Runs the command and ends the process: with status 0, with 64 for a mistake in the
    /// arguments, with 1 for all that fails, which is said in one sentence on standard error.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            StandardError.write("turnpike: \(failure.description)\n")
            exit(withError: ExitCode(1))
        } catch let failure as StartFailure {
            StandardError.write("turnpike: \(failure.description)\n")
            exit(withError: ExitCode(1))
        } catch let failure as DocumentFailure {
            StandardError.write("turnpike: \(failure.description)\n")
            exit(withError: ExitCode(1))
        } catch {
            exit(withError: error)
        }
    }
}

/// Why a command failed: one sentence that names the thing, the reason and the way out.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
