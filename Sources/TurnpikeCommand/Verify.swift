import ArgumentParser
import SQLiteStore

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a data file.",
        discussion: """
            Reads the whole file and changes nothing in it: its pages, and what must hold between \
            records, client tokens and catalog. Stop the server first. The exit status is 1 where \
            something is wrong.
            """)

    @Argument(help: "The data file.", completion: .file())
    var file: String

    func run() throws {
        let check: DataFileCheck
        do {
            check = try DataFileCheck(path: file)
        } catch {
            throw CommandFailure("\(error)")
        }
        for finding in check.findings { Terminal.print(finding) }
        guard check.findings.isEmpty else {
            throw CommandFailure(
                "the data file \(file) is damaged: restore it from a backup, or keep what is sound "
                    + "of it with 'turnpike repair'")
        }
        Terminal.print(
            "The data file \(file) is sound: \(check.records) records, \(check.facts) facts of the "
                + "catalog.")
    }
}
