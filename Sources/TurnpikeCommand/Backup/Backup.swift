import ArgumentParser
import SQLiteStore

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the data file of a running server.",
        discussion: """
            The copy is of one moment, and the server goes on meanwhile. It is written to a file \
            with .part behind its name, checked in full, and named FILE only when it is sound. It \
            contains keys, so only its owner can read it. TURNPIKE_CONTROL_TOKEN is sent where it \
            is set.
            """)

    @Argument(help: "The copy; nothing may be there yet.", completion: .file())
    var file: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let control = try server.control()
        let copy = try BackupFile(path: file)
        do {
            try await BackupStream(control).read { try copy.append($0) }
            try copy.sync()
            let check = try Self.check(copy.part, of: control.endpoint)
            try copy.publish()
            Terminal.print(
                "The copy \(file) is sound: \(check.records) records, \(check.facts) facts of "
                    + "the catalog.")
        } catch {
            copy.discard()
            throw error
        }
    }

    /// What a copy holds; throws where it is not sound.
    static func check(
        _ path: String, of endpoint: String
    ) throws(CommandFailure) -> DataFileCheck {
        let finding: String
        do {
            let check = try DataFileCheck(path: path)
            guard let first = check.findings.first else { return check }
            finding = first
        } catch {
            finding = "\(error)"
        }
        throw CommandFailure(
            "the copy that \(endpoint) sent is not sound and was not kept (\(finding)): see what "
                + "GET /health says there, and try again")
    }
}
