import GRDBSQLite

/// A prepared statement of SQLite's own interface, bound and stepped for every row.
///
/// GRDB's statements carry arguments and rows in arrays of values, which costs several times as
/// much as the row itself, and their text ends at the first NUL. So what is written and read by
/// the row comes here; GRDB keeps connections, migrations and queues.
///
/// It belongs to a connection and is used where that is: on the connection's queue.
package final class PreparedStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer

    package init(_ sql: String, on connection: OpaquePointer) throws(SQLiteFailure) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw SQLiteFailure(code, on: connection) }
        self.handle = handle
        self.connection = connection
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Moves to the next row; false at the end.
    package func step() throws(SQLiteFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw SQLiteFailure(code, on: connection)
        }
    }

    /// Lets go of the row and its locks; the bound values stay until they are bound anew.
    package func reset() {
        sqlite3_reset(handle)
    }

    /// Steps to the end and resets; says how many rows a change has touched.
    @discardableResult
    package func run() throws(SQLiteFailure) -> Int {
        defer { reset() }
        while try step() {}
        return Int(sqlite3_changes(connection))
    }
}

extension PreparedStatement {
    /// The number of the row that was inserted last on this connection.
    package var insertedRow: Int64 { sqlite3_last_insert_rowid(connection) }
}

// Positions count from 1, as in SQL. Binding fails only for positions that the statement does not
// have or values beyond SQLite's limit of a thousand million bytes, which no caller can send.
extension PreparedStatement {
    package func bind(_ position: Int32, _ value: Int64) {
        sqlite3_bind_int64(handle, position, value)
    }

    package func bind(_ position: Int32, _ value: String?) {
        guard var value else {
            sqlite3_bind_null(handle, position)
            return
        }
        value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else {
                    // A null pointer would be bound as NULL, which is not the empty text.
                    _ = sqlite3_bind_text(handle, position, "", 0, copied)
                    return
                }
                _ = sqlite3_bind_text(handle, position, start, Int32(characters.count), copied)
            }
        }
    }

    /// Binds sixteen bytes, the greatest first.
    package func bind(_ position: Int32, _ value: UInt128) {
        withUnsafeBytes(of: value.bigEndian) { bytes in
            _ = sqlite3_bind_blob(handle, position, bytes.baseAddress, 16, copied)
        }
    }

    /// Binds bytes that stay where they are until the statement has been run.
    package func bind(_ position: Int32, borrowing bytes: UnsafeRawBufferPointer) {
        sqlite3_bind_blob64(handle, position, bytes.baseAddress, UInt64(bytes.count), nil)
    }
}

extension PreparedStatement {
    /// Binds the columns of another statement's row, as they are.
    package func bindAll(_ count: Int, from row: PreparedStatement) {
        for index in 0..<Int32(count) {
            sqlite3_bind_value(handle, index + 1, sqlite3_column_value(row.handle, index))
        }
    }
}

// Columns count from 0, as in SQLite's interface.
extension PreparedStatement {
    package func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    /// Nil where the column is NULL.
    package func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
    }

    package func optionalText(_ column: Int32) -> String? {
        guard let text = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    package func text(_ column: Int32) -> String {
        optionalText(column) ?? ""
    }

    /// Calls the body with a column's bytes, which last no longer than that.
    package func withBlob<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result)
        -> Result
    {
        let start = sqlite3_column_blob(handle, column)
        let count = start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Sixteen bytes as a number, zero if they are not sixteen; the schema checks their length.
    package func wide(_ column: Int32) -> UInt128 {
        guard let bytes = sqlite3_column_blob(handle, column),
            sqlite3_column_bytes(handle, column) == 16
        else { return 0 }
        return UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self))
    }
}

/// Tells SQLite to copy what is bound before the call returns.
private var copied: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
