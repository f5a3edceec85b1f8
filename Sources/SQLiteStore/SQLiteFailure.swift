import GRDB
import GRDBSQLite

/// SQLite refused, with its extended code and its own words.
struct SQLiteFailure: Error, Sendable, CustomStringConvertible {
    let code: Int32
    let message: String

    init(_ code: Int32, on connection: OpaquePointer) {
        self.code =
            sqlite3_extended_errcode(connection) == 0
            ? code : sqlite3_extended_errcode(connection)
        message = String(cString: sqlite3_errmsg(connection))
    }

    init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// What GRDB reports, in the same form.
    init(_ error: any Error) {
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
    var isOfTheFile: Bool {
        isLasting || primaryCode == SQLITE_FULL || primaryCode == SQLITE_BUSY
    }

    /// Whether what the file holds can no longer be trusted to be what was written.
    ///
    /// After a failed write or sync the kernel may have dropped the pages and call the next sync
    /// a success, so nothing may be acknowledged until the file has been opened again.
    var isLasting: Bool {
        let codes = [
            SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_READONLY, SQLITE_CANTOPEN,
            SQLITE_PROTOCOL,
        ]
        return codes.contains(primaryCode)
    }

    var description: String { "SQLite error \(code): \(message)" }
}
