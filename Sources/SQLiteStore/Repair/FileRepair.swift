package import DurableFile
import FoundationEssentials
import GRDB

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
        if log.correctedBits > 0 {
            findings.append("in the log, \(log.correctedBits) flipped bits were set right")
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
            if case .unchecked = try FirstPage(ofFileAt: path, of: FileFormat.kind, with: log) {
                true
            } else { false }
        let image = try FileImage(
            ofFileAt: path, with: log, checksPages: !isOld, correctsPages: true)
        let new = try FileFormat.kind.makeFile(at: newPath)
        try image.read { database, source in
            try FileFormat.kind.inspect(database, ofFileAt: path)
            try new.writeWithoutTransaction { target in
                try copy(from: image, over: source, to: target)
            }
        }
        try new.close()
        let corrected = image.correctedPages
        if !corrected.isEmpty {
            let numbers = corrected.map(String.init).joined(separator: ", ")
            findings.insert("one flipped bit each was set right in the pages \(numbers)", at: 0)
        }
        try syncFile(at: newPath)
    }
}

extension FileRepair {
    private mutating func copy(
        from image: FileImage, over source: OpaquePointer, to target: Database
    ) throws {
        let connection = try target.pointer
        try target.execute(sql: "PRAGMA synchronous = OFF; BEGIN")
        let salvage = try Salvage(from: image, over: source, to: connection)
        var report = SalvageReport()
        try salvage.run(&report)
        try target.execute(sql: "COMMIT")
        findings += report.missing
    }
}
