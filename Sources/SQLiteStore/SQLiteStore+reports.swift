import DurableFile
import FoundationEssentials
import GRDB
import GRDBSQLite
package import Marketplace
package import MeteringAPI
import StoredForms

extension SQLiteStore {
    package func events(
        after number: Int64, within bounds: PageBounds
    ) async throws(StoreError) -> [NumberedEvent] {
        try await read("the events") { connection in
            let rows = try PreparedStatement(
                "SELECT number, body, checksum FROM event WHERE number > ? ORDER BY number LIMIT ?",
                on: connection)
            rows.bind(1, number)
            rows.bind(2, Int64(bounds.items))
            var events: [NumberedEvent] = []
            var left = bounds
            while try rows.step() {
                let body = rows.text(1)
                guard CatalogTable.checksum(event: body) == rows.integer(2),
                    let event = try? MarketplaceEvent(storedForm: body)
                else {
                    throw SQLiteFailure(
                        code: SQLITE_CORRUPT,
                        message: "event \(rows.integer(0)) is not what was written")
                }
                guard left.take(event.byteCount) else { break }
                events.append(NumberedEvent(number: rows.integer(0), event: event))
            }
            return events
        }
    }

    package func usedDimensions(of productCode: String) async throws(StoreError) -> Set<ExactText> {
        try await read("the dimensions that have usage") { connection in
            let rows = try PreparedStatement(
                """
                SELECT product, dimension, checksum FROM used_dimension
                WHERE product = (SELECT id FROM name WHERE text = ?)
                """, on: connection)
            rows.bind(1, productCode)
            var names = try NameReader(on: connection)
            var dimensions: Set<ExactText> = []
            while try rows.step() {
                let number = UInt32(truncatingIfNeeded: rows.integer(1))
                guard
                    NameTable.checksum(product: rows.integer(0), dimension: rows.integer(1))
                        == rows.integer(2), let name = try names.text(of: number)
                else {
                    throw SQLiteFailure(
                        code: SQLITE_CORRUPT,
                        message: "the used dimensions are not what was written")
                }
                dimensions.insert(ExactText(name))
            }
            return dimensions
        }
    }

    package func usage(
        _ filter: UsageFilter, after cursor: String?, within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<RecordedUsage> {
        let start: UsagePosition? = if let cursor { try UsagePosition(cursor) } else { nil }
        return try await read("the usage") { connection in
            var records = try RecordReader(on: connection)
            var page = ReportPage<RecordedUsage>(items: [], nextCursor: nil)
            var last: UsagePosition?
            var left = bounds
            let reader = try RunReader(filter, records.names, on: connection)
            try reader.forEachRun(after: start) { (run, positions) throws(SQLiteFailure) in
                for position in positions {
                    guard left.items > 0, left.bytes > 0 else {
                        page.nextCursor = last?.cursor
                        return false
                    }
                    let record = try records.usage(run, position)
                    _ = left.take(record.byteCount)
                    page.items.append(record)
                    last = UsagePosition(run, position: position)
                }
                return true
            }
            return page
        }
    }

    package func totals(
        of filter: UsageFilter, by groupings: [UsageGrouping], after cursor: String?,
        within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<UsageTotal> {
        var start: TotalPosition?
        if let cursor { start = try TotalPosition(cursor, members: groupings.count) }
        // Without groupings there is one row, and nothing after it.
        if start != nil, groupings.isEmpty { return ReportPage(items: [], nextCursor: nil) }
        let position = start
        return try await read("the usage") { connection in
            var names = try NameReader(on: connection)
            var totals = GroupedTotals(by: groupings, after: position, limit: bounds.items)
            let reader = try RunReader(filter, names, on: connection)
            try reader.forEachRun(after: nil) { (run, positions) throws(SQLiteFailure) in
                try totals.add(run, positions, &names)
                return true
            }
            return try totals.page(bytes: bounds.bytes)
        }
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
        // What it never gave out may be read as a group all the same.
        guard (try? self.cursor) == cursor else {
            throw StoreError(.unknownCursor, cause: "another spelling of a group")
        }
    }
}

/// Gives packed records their texts and allocations back.
private struct RecordReader {
    var names: NameReader
    private let allocations: AllocationReader

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        names = try NameReader(on: connection)
        allocations = try AllocationReader(on: connection)
    }

    mutating func usage(
        _ run: UsageRun, _ position: Int
    ) throws(SQLiteFailure) -> RecordedUsage {
        let record = run.records[position]
        guard let operation = OperationName(storedNumber: record.operation),
            let space = UsageSeries.Space(rawValue: record.space),
            let product = try names.text(of: run.key.product),
            let region = try names.text(of: run.key.region),
            let buyer = try names.text(of: record.buyer),
            let dimension = try names.text(of: record.dimension)
        else { throw UsageRun.damaged(run.id) }
        let series = UsageSeries(
            space: space, productCode: product, licenseARN: try names.text(of: record.license),
            buyerAccountID: buyer, resourceID: try names.text(of: record.resource),
            dimension: dimension, region: region)
        let entry = UsageEntry(
            id: record.id, series: series, timestamp: record.timestamp(inHour: run.key.hour),
            quantity: Quantity(millionths: record.quantity),
            allocations: record.flags.contains(.hasAllocations)
                ? try allocations.allocations(at: RecordPlace(run: run.id, position: position))
                : [],
            operation: operation,
            recordedAt: Timestamp(milliseconds: record.recordedAt))
        return RecordedUsage(entry, isBilledTwice: record.flags.contains(.billedTwice))
    }
}
