import FoundationEssentials
import GRDB
import GRDBSQLite
package import Marketplace
import MeteringAPI

extension SQLiteStore {
    package func loadCatalog() async throws(StoreError) -> Catalog {
        try await read { connection in
            var catalog = Catalog()
            let rows = try Statement("SELECT kind, id, body FROM catalog", on: connection)
            while try rows.step() {
                guard let kind = CatalogFact.Kind(rawValue: rows.text(0)) else {
                    throw SQLiteFailure(
                        code: SQLITE_CORRUPT, message: "unknown kind of fact \(rows.text(0))")
                }
                do {
                    catalog.put(try CatalogFact(kind: kind, body: rows.text(2)))
                } catch {
                    throw SQLiteFailure(
                        code: SQLITE_CORRUPT,
                        message: "the \(kind.rawValue) \(rows.text(1)) cannot be read: \(error)")
                }
            }
            return catalog
        }
    }

    package func usedDimensions(of productCode: String) async throws(StoreError) -> Set<String> {
        // A series is there only because a record is.
        try await read { connection in
            let rows = try Statement(
                "SELECT DISTINCT dimension FROM series WHERE product_code = ?", on: connection)
            rows.bind(1, productCode)
            var dimensions: Set<String> = []
            while try rows.step() { dimensions.insert(rows.text(0)) }
            return dimensions
        }
    }

    package func usage(
        _ filter: UsageFilter, after cursor: String?, limit: Int
    ) async throws(StoreError) -> ReportPage<RecordedUsage> {
        var conditions = Conditions(filter)
        if let cursor { conditions.addPosition(try UsagePosition(cursor)) }
        let query = conditions
        return try await read { connection in
            let rows = try Statement(query.selectingRecords, on: connection)
            rows.bind(query.values + [.integer(Int64(limit) + 1)])
            var page = ReportPage<RecordedUsage>(items: [], nextCursor: nil)
            var last: UsagePosition?
            while try rows.step() {
                guard page.items.count < limit else {
                    page.nextCursor = last?.cursor
                    break
                }
                page.items.append(try rows.recordedUsage())
                last = UsagePosition(
                    hour: rows.integer(0), series: rows.integer(1), occurrence: rows.integer(2))
            }
            return page
        }
    }

    package func totals(
        of filter: UsageFilter, by groupings: [UsageGrouping], after cursor: String?, limit: Int
    ) async throws(StoreError) -> ReportPage<UsageTotal> {
        var conditions = Conditions(filter)
        if let cursor {
            conditions.addGroup(
                try TotalPosition(cursor, members: groupings.count), of: groupings)
        }
        let query = conditions
        return try await read { connection in
            let rows = try Statement(query.selectingTotals(by: groupings), on: connection)
            rows.bind(query.values + [.integer(Int64(limit) + 1)])
            var page = ReportPage<UsageTotal>(items: [], nextCursor: nil)
            while try rows.step() {
                guard page.items.count < limit else {
                    let last = page.items.last?.group ?? []
                    page.nextCursor = try TotalPosition(group: last).cursor
                    break
                }
                page.items.append(rows.total(members: groupings.count))
            }
            return page
        }
    }

    /// Reads in one snapshot, on a connection that cannot write and a queue of its own.
    private func read<Result: Sendable>(
        _ work: @escaping @Sendable (OpaquePointer) throws -> Result
    ) async throws(StoreError) -> Result {
        do {
            return try await pool.read { database in
                guard let connection = database.sqliteConnection else {
                    throw SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
                }
                return try work(connection)
            }
        } catch {
            throw StoreError(.notStored, cause: SQLiteFailure(error).description)
        }
    }
}

/// Where a page of records ended: the primary key of its last.
struct UsagePosition: Sendable, Hashable {
    let hour: Int64
    let series: Int64
    let occurrence: Int64

    var cursor: String { "\(hour).\(series).\(occurrence)" }

    init(hour: Int64, series: Int64, occurrence: Int64) {
        self.hour = hour
        self.series = series
        self.occurrence = occurrence
    }

    init(_ cursor: String) throws(StoreError) {
        let numbers = cursor.split(separator: ".", omittingEmptySubsequences: false).map {
            Int64($0)
        }
        guard numbers.count == 3, let hour = numbers[0], let series = numbers[1],
            let occurrence = numbers[2]
        else { throw StoreError(.unknownCursor, cause: "not three numbers") }
        self.init(hour: hour, series: series, occurrence: occurrence)
    }
}

/// Where a page of totals ended: the members of its last group.
struct TotalPosition: Sendable, Hashable {
    let group: [String?]

    init(group: [String?]) {
        self.group = group
    }

    /// JSON as hexadecimal digits, which need no quoting wherever a cursor goes.
    var cursor: String {
        get throws {
            try JSONEncoder().encode(group).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
    }

    init(_ cursor: String, members: Int) throws(StoreError) {
        let digits = cursor.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue ?? 0 }
        let bytes = stride(from: 1, to: digits.count, by: 2).map {
            UInt8(digits[$0 - 1] * 16 + digits[$0])
        }
        guard let group = try? JSONDecoder().decode([String?].self, from: Data(bytes)),
            group.count == members
        else { throw StoreError(.unknownCursor, cause: "not a group of \(members)") }
        self.group = group
    }
}

extension Statement {
    /// The row of a record, in the order in which `Conditions` selects.
    fileprivate func recordedUsage() throws(SQLiteFailure) -> RecordedUsage {
        guard let operation = OperationName(storedNumber: integer(7)),
            let space = UsageSeries.Space(rawValue: UInt8(clamping: integer(10)))
        else {
            throw SQLiteFailure(code: SQLITE_CORRUPT, message: "unknown operation or space")
        }
        let series = UsageSeries(
            space: space, productCode: text(11), licenseARN: optionalText(12),
            buyerAccountID: text(13), resourceID: optionalText(14), dimension: text(15),
            region: text(16))
        let entry = UsageEntry(
            id: recordID(3), series: series, timestamp: Timestamp(milliseconds: integer(5)),
            quantity: Quantity(millionths: integer(4)),
            allocations: try AllocationText.decode(optionalText(9)), operation: operation,
            recordedAt: Timestamp(milliseconds: integer(6)))
        return RecordedUsage(entry, isBilledTwice: integer(8) != 0)
    }

    /// The row of a total: the members of its group, then its sums.
    fileprivate func total(members: Int) -> UsageTotal {
        let count = Int32(members)
        return UsageTotal(
            group: (0..<count).map { optionalText($0) },
            quantity: QuantitySum(wholes: integer(count), millionths: integer(count + 1)),
            records: Int(integer(count + 2)), billedTwice: Int(integer(count + 3)))
    }
}
