import ArgumentParser
import CSQLite

/// Inserts rows like Turnpike's, so many in a transaction, each on disk before the next begins.
@main
struct SQLiteLoop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sqlite-loop", abstract: "Measures SQLite alone; prints rows per second.")

    @Option(help: "The file, which must not exist.")
    var file: String

    @Option(help: "How long rows are inserted, in seconds.")
    var seconds = 5.0

    @Option(help: "Rows in a transaction.")
    var rows: Int

    func run() throws {
        let database = try Database(path: file)
        try database.execute("PRAGMA journal_mode = WAL")
        try database.execute("PRAGMA synchronous = FULL")
        try database.execute(
            """
            CREATE TABLE usage_record (
                hour INTEGER NOT NULL, series INTEGER NOT NULL, occurrence INTEGER NOT NULL,
                id BLOB NOT NULL, quantity INTEGER NOT NULL, timestamp INTEGER NOT NULL,
                recorded_at INTEGER NOT NULL, operation INTEGER NOT NULL,
                billed_twice INTEGER NOT NULL, allocations TEXT,
                PRIMARY KEY (hour, series, occurrence)
            ) STRICT, WITHOUT ROWID
            """)
        let insert = try database.prepare(
            "INSERT INTO usage_record VALUES (?, ?, 0, ?, ?, ?, ?, 1, 0, NULL)")
        let clock = ContinuousClock()
        let start = clock.now
        var inserted: Int64 = 0
        while clock.now - start < .seconds(seconds) {
            try database.execute("BEGIN IMMEDIATE")
            for _ in 0..<rows {
                try database.run(insert, Row(number: inserted))
                inserted += 1
            }
            try database.execute("COMMIT")
        }
        print(Double(inserted) / ((clock.now - start) / .seconds(1)))
    }
}

/// One record of one of 100,000 series, hour after hour.
struct Row {
    let number: Int64

    var hour: Int64 { 490_000 + number / 100_000 }
    var series: Int64 { number % 100_000 }
    var timestamp: Int64 { hour * 3_600_000 }
    var id: (UInt64, UInt64) { (UInt64(bitPattern: number), UInt64.random(in: 0 ... .max)) }
}

/// The few calls of SQLite's interface that the loop makes.
final class Database {
    private var connection: OpaquePointer?

    init(path: String) throws {
        try check(
            sqlite3_open_v2(
                path, &connection,
                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE,
                nil))
    }

    deinit { sqlite3_close_v2(connection) }

    func execute(_ text: String) throws {
        try check(sqlite3_exec(connection, text, nil, nil, nil))
    }

    func prepare(_ text: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(connection, text, -1, &statement, nil))
        guard let statement else { throw ValidationError("not a statement: \(text)") }
        return statement
    }

    func run(_ statement: OpaquePointer, _ row: Row) throws {
        sqlite3_bind_int64(statement, 1, row.hour)
        sqlite3_bind_int64(statement, 2, row.series)
        withUnsafeBytes(of: row.id) {
            _ = sqlite3_bind_blob(
                statement, 3, $0.baseAddress, 16,
                unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        }
        sqlite3_bind_int64(statement, 4, row.number % 100)
        sqlite3_bind_int64(statement, 5, row.timestamp)
        sqlite3_bind_int64(statement, 6, row.timestamp)
        let status = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard status == SQLITE_DONE else { throw ValidationError("SQLite's code \(status)") }
    }

    private func check(_ status: Int32) throws {
        guard status == SQLITE_OK else {
            throw ValidationError(
                "SQLite's code \(status): \(String(cString: sqlite3_errmsg(connection)))")
        }
    }
}
