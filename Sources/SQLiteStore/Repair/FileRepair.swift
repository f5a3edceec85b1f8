import FoundationEssentials
import GRDB
import GRDBSQLite
import Marketplace
import MeteringAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes what is sound of a damaged data file and its log into a new file, and says what is not
/// there any more.
///
/// Pages and frames of which one bit has flipped are set right. What cannot be read for other
/// damage is left out: rows in damaged pages, and transactions in the log from a damaged frame on.
/// The damaged file stays as it is.
package struct FileRepair: Sendable {
    /// Sentences about what is set right or missing; none where nothing was wrong.
    package private(set) var findings: [String] = []

    /// Repairs a file that no server uses.
    ///
    /// - Parameters:
    ///   - path: the damaged file.
    ///   - newPath: where the new file goes; nothing may be there yet.
    /// - Throws: where nothing can be read, or the new file cannot be written.
    package init(of path: String, into newPath: String) throws(OpenError) {
        guard FileManager.default.fileExists(atPath: path) else { throw OpenError.missing(path) }
        guard !FileManager.default.fileExists(atPath: newPath) else {
            throw OpenError.exists(newPath)
        }
        try checkKind(ofFileAt: path)
        let file = try realPath(of: path)
        let lock = try FileLock(forFileAt: file, isForWriting: false)
        defer { lock.release() }
        do {
            try repair(file, into: newPath)
        } catch {
            for suffix in ["", "-journal"] { _ = unlink(newPath + suffix) }
            throw OpenError(error, at: path)
        }
    }

    private mutating func repair(_ path: String, into newPath: String) throws {
        let log = try LogCheck(ofLogAt: path + "-wal", correcting: true)
        if !log.corrections.isEmpty {
            findings.append("in the log, \(log.corrections.count) flipped bits were set right")
        }
        for frame in log.lostFrames.sorted() {
            findings.append(
                "frame \(frame + 1) of the log is damaged: what only it held is missing, and the "
                    + "transactions behind it are kept")
        }
        if let damage = log.damage {
            findings.append(
                "the log is damaged \(damage); they are missing, and what they changed is as it "
                    + "was before, also what they had forgotten")
        }
        let isOld =
            if case .unchecked = try FirstPage(ofFileAt: path, with: log) { true } else { false }
        let image = try FileImage(
            ofFileAt: path, with: log, checksPages: !isOld, correctsPages: true)
        let new = try newFile(at: newPath)
        try image.read { database, source in
            try inspect(database, path)
            try new.writeWithoutTransaction { target in
                try copy(from: image, over: source, to: target)
            }
        }
        try new.close()
        let corrected = image.pages.correctedPages
        if !corrected.isEmpty {
            let numbers = corrected.map(String.init).joined(separator: ", ")
            findings.insert("one flipped bit each was set right in the pages \(numbers)", at: 0)
        }
        try sync(newPath)
    }

    /// An empty data file that only its owner can read.
    private func newFile(at path: String) throws -> DatabaseQueue {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
        _ = close(descriptor)
        let real = try realPath(of: path)
        var configuration = Configuration()
        configuration.prepareDatabase { try reservePageEnds($0) }
        // The connections keep the guard, which they find by the name.
        let file = try DatabaseQueue(
            path: CheckedFiles.uri(of: real, guardedBy: Self.newPages), configuration: configuration
        )
        try FileFormat.migrator.migrate(file)
        return file
    }

    private static let newPages = PageGuard()

    private func sync(_ path: String) throws(OpenError) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenError.unusable(path, errno: errno) }
        defer { _ = close(descriptor) }
        guard fsync(descriptor) == 0, syncFolder(of: try realPath(of: path)) else {
            throw OpenError.unusable(path, errno: errno)
        }
    }
}

extension FileRepair {
    private mutating func copy(
        from image: FileImage, over source: OpaquePointer, to target: Database
    ) throws {
        guard let connection = target.sqliteConnection else {
            throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
        }
        try target.execute(sql: "PRAGMA synchronous = OFF; BEGIN")
        let salvage = try Salvage(from: image, over: source, to: connection)
        var report = SalvageReport()
        try salvage.run(&report)
        try target.execute(sql: "COMMIT")
        findings += report.missing
    }
}
