import Foundation
import GRDB

@testable import DurableFile
@testable import SQLiteStore

/// A folder for the files of one test.
struct TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("turnpike-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    var dataFile: String { path("turnpike.db") }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func remove() {
        try? FileManager.default.removeItem(at: url)
    }
}

/// Changes a data file as a program would that seals pages as a store does.
func changeFile(at path: String, _ body: @escaping @Sendable (Database) throws -> Void) throws {
    try CheckedFiles.install()
    let pages = PageGuard()
    let file = try DatabaseQueue(path: CheckedFiles.uri(of: path, guardedBy: pages))
    try file.write(body)
    try file.close()
    withExtendedLifetime(pages) {}
}

/// Changes a data file as a program does that knows nothing of checksums.
func writeUnchecked(to path: String, _ sql: String) throws {
    let file = try DatabaseQueue(path: path)
    try file.write { try $0.execute(sql: sql) }
    try file.close()
}

#if os(Linux)
    /// This process's descriptors of a file, by its real path.
    func openDescriptors(of path: String) -> [Int32] {
        let folder = "/proc/self/fd/"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + $0)) == path
        }.compactMap { Int32($0) }
    }
#endif
