import DurableFile
import GRDB
import GRDBSQLite
import Marketplace
import MeteringAPI

// How format 1, with a row for each record, becomes format 2.
extension FileFormat {
    /// Packs the rows of format 1.
    static func packUsage(_ database: Database) throws {
        let connection = try database.pointer
        let rows = try PreparedStatement(
            """
            SELECT r.hour, r.occurrence, r.id, r.quantity, r.timestamp, r.recorded_at,
                r.operation, r.billed_twice, r.allocations, s.space, s.product_code,
                s.license_arn, s.buyer_account_id, s.resource_id, s.dimension, s.region
            FROM usage_record AS r JOIN series AS s ON s.id = r.series ORDER BY r.hour
            """, on: connection)
        var names = try NameTable(on: connection, limit: MemoryLimits().names)
        var runs = try RunTable(on: connection)
        var hour: Int64?
        while try rows.step() {
            if hour != rows.integer(0) { try runs.flush() }
            hour = rows.integer(0)
            let entry = try rows.entry()
            let series = try names.numbers(of: entry.series)
            let allocations = rows.optionalText(8)
            var flags: PackedRecord.Flags = rows.integer(1) == 0 ? .oncePerHour : []
            if rows.integer(7) != 0 { flags.insert(.billedTwice) }
            if allocations != nil { flags.insert(.hasAllocations) }
            let key = UsageRun.Key(
                hour: entry.timestamp.hour.ordinal, product: series.usage.product,
                region: series.usage.region)
            _ = runs.append(PackedRecord(entry, series, flags), to: key, allocations: allocations)
            try names.use(series.usage)
        }
        try runs.flush()
    }

    /// Gives the facts of the catalog and the client tokens their checksums.
    static func addChecksums(_ database: Database) throws {
        try database.execute(
            sql: "ALTER TABLE catalog ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
        for row in try Row.fetchAll(database, sql: "SELECT kind, id, body FROM catalog") {
            let checksum = CatalogTable.checksum(kind: row[0], id: row[1], body: row[2])
            try database.execute(
                sql: "UPDATE catalog SET checksum = ? WHERE kind = ? AND id = ?",
                arguments: [checksum, row[0] as String, row[1] as String])
        }
        try addTokenChecksums(database)
    }
}

private func addTokenChecksums(_ database: Database) throws {
    try database.execute(
        sql: "ALTER TABLE client_token ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
    let connection = try database.pointer
    let tokens = try TokenTable(on: connection)
    let rows = try PreparedStatement(
        "SELECT \(TokenTable.columns) FROM client_token", on: connection)
    var known: [(ClientToken, TokenTable.Remembered)] = []
    while try rows.step() { known.append(TokenTable.token(in: rows)) }
    for (token, remembered) in known { try tokens.put(token, remembered) }
}

extension PreparedStatement {
    /// The entry of a row of format 1.
    fileprivate func entry() throws(SQLiteFailure) -> UsageEntry {
        guard let operation = OperationName(storedNumber: UInt8(clamping: integer(6))),
            let space = UsageSeries.Space(rawValue: UInt8(clamping: integer(9)))
        else {
            throw SQLiteFailure(code: SQLITE_CORRUPT, message: "unknown operation or space")
        }
        return UsageEntry(
            id: recordID(2),
            series: UsageSeries(
                space: space, productCode: text(10), licenseARN: optionalText(11),
                buyerAccountID: text(12), resourceID: optionalText(13), dimension: text(14),
                region: text(15)),
            timestamp: Timestamp(milliseconds: integer(4)),
            quantity: Quantity(millionths: integer(3)), operation: operation,
            recordedAt: Timestamp(milliseconds: integer(5)))
    }
}
