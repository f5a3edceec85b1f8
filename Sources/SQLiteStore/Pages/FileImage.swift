import GRDB
import GRDBSQLite

/// A data file that nobody changes, with its log, open to be looked at.
///
/// Nothing is written, neither to the file nor beside it, and no right to write is needed.
struct FileImage {
    let path: String
    private let log: LogCheck
    private let pages: PageGuard

    init(ofFileAt path: String, with log: LogCheck, checksPages: Bool = true) throws {
        try CheckedFiles.install()
        self.path = path
        self.log = log
        pages = PageGuard(image: LogImage(of: log), checksPages: checksPages)
    }

    /// Reads with a connection that lasts as long as the body.
    func read<Result>(
        _ body: (Database, OpaquePointer) throws -> Result
    ) throws -> Result {
        var configuration = Configuration()
        configuration.readonly = true
        let file = try DatabaseQueue(
            path: CheckedFiles.uri(of: path, guardedBy: pages, isFixed: true),
            configuration: configuration)
        let result = try file.read { database in
            guard let connection = database.sqliteConnection else {
                throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
            }
            return try body(database, connection)
        }
        try file.close()
        return result
    }

    /// Sentences about the pages that are not what was written, those included that nothing uses.
    func damagedPages() throws(OpenError) -> [String] {
        guard let file = try ReadOnlyFile(path) else { throw OpenError.missing(path) }
        var findings: [String] = []
        let count = (file.size + PageChecksum.pageSize - 1) / PageChecksum.pageSize
        for number in 1...UInt32(max(count, 1)) where !log.pages.keys.contains(number) {
            let page = file.bytes(
                at: Int(number - 1) * PageChecksum.pageSize, PageChecksum.pageSize)
            // A page that was made and given up within one transaction has never been written. Where
            // somebody needs one, reading it fails.
            guard page.count < PageChecksum.pageSize || page.contains(where: { $0 != 0 }) else {
                continue
            }
            let isSound = page.withUnsafeBytes { bytes in
                bytes.count == PageChecksum.pageSize
                    && bytes.baseAddress.map { PageChecksum.isSound($0, number: number) } == true
            }
            if !isSound { findings.append("page \(number) is not what was written") }
        }
        return findings
    }
}
