import GRDB
import GRDBSQLite

/// SQLite refused, with its extended code and its own words.
package struct SQLiteFailure: Error, Sendable, CustomStringConvertible {
    package let code: Int32
    package let message: String
    /// What could not be read or written, such as "the usage of 2026-12-01T05:00:00Z".
    package private(set) var subject: String?

    package init(_ code: Int32, on connection: OpaquePointer) {
        self.code =
            sqlite3_extended_errcode(connection) == 0
            ? code : sqlite3_extended_errcode(connection)
        message = String(cString: sqlite3_errmsg(connection))
    }

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// What GRDB reports, in the same form.
    package init(_ error: any Error) {
        if let failure = error as? SQLiteFailure {
            self = failure
        } else if let error = error as? DatabaseError {
            self.init(
                code: error.extendedResultCode.rawValue, message: error.message ?? "no reason given"
            )
        } else {
            self.init(code: SQLITE_ERROR, message: String(describing: error))
        }
    }

    private var primaryCode: Int32 { code & 0xFF }

    /// Whether the file, not what was asked, is the reason: nothing else can be stored either.
    package var isOfTheFile: Bool {
        isLasting || primaryCode == SQLITE_FULL || primaryCode == SQLITE_BUSY
    }

    /// Whether something in the file is not what was written.
    ///
    /// That stops what needs it, and nothing else: the next call may not.
    package var isDamage: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }

    /// Whether the disk failed, so that what the file holds may not be what it seems to be.
    ///
    /// After a failed write or sync the kernel may have dropped the pages and call the next sync
    /// a success, so nothing may be acknowledged until the file has been opened again.
    package var isLasting: Bool {
        let codes = [
            SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PROTOCOL,
        ]
        return codes.contains(primaryCode)
    }

    /// The same, with what it is about, where nobody has said so yet.
    package func about(_ subject: String) -> SQLiteFailure {
        var failure = self
        failure.subject = failure.subject ?? subject
        return failure
    }

    package var description: String {
        (subject.map { "\($0): " } ?? "") + "SQLite error \(code): \(message)"
    }
}
