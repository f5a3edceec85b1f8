import GRDB
import GRDBSQLite

/// A data file that nobody changes, with its log, open to be looked at.
///
/// Nothing is written, neither to the file nor beside it, and no right to write is needed.
struct FileImage {
    let path: String
    private let log: LogCheck
    let pages: PageGuard

    /// The file at its real path, with what its log has; where it corrects, pages with one flipped
    /// bit are read as they were written.
    init(
        ofFileAt path: String, with log: LogCheck, checksPages: Bool = true,
        correctsPages: Bool = false
    ) throws {
        try CheckedFiles.install()
        self.path = path
        self.log = log
        pages = PageGuard(
            image: LogImage(of: log), checksPages: checksPages, correctsPages: correctsPages)
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
        // Without a transaction, which nobody needs where nothing changes: after a damaged page was
        // met, its end would fail.
        let result = try file.unsafeRead { database in
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
            // A page that was made and given up within one transaction has never been written.
            // Where somebody needs one, reading it fails.
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
