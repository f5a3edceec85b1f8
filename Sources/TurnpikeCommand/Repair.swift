import ArgumentParser
import DurableFile
import SQLiteStore

struct Repair: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Write what is sound of a damaged data file into a new one.",
        discussion: """
            Reads the data file and its log, changes nothing in them, and prints what was set \
            right and what is missing from the new file. A page or a log of which one bit has \
            flipped is set right. Stop the server first. A backup, where there is one, may have \
            more.
            """)

    @Argument(help: "The damaged data file.", completion: .file())
    var file: String

    @Argument(help: "The new data file; nothing may be there yet.", completion: .file())
    var newFile: String

    func run() throws {
        do {
            let repair = try FileRepair(of: file, into: newFile)
            for finding in repair.findings { Terminal.print(finding) }
            let check = try DataFileCheck(path: newFile)
            for finding in check.findings { Terminal.print("in the new file, \(finding)") }
            guard check.findings.isEmpty else {
                throw CommandFailure(
                    "the new file \(newFile) is not sound either: restore a backup instead")
            }
            Terminal.print(
                "The data file \(newFile) has \(check.records) records and \(check.facts) facts "
                    + "of the catalog.")
        } catch let error as OpenError {
            throw CommandFailure("\(error)")
        }
    }
}
