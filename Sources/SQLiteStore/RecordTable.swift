import FoundationEssentials
import Marketplace
import MeteringAPI

/// The records of usage.
///
/// Used on the writing connection only.
struct RecordTable {
    private let insert: Statement
    private let findFirst: Statement
    private let findLastOccurrence: Statement

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        insert = try Statement(
            """
            INSERT INTO usage_record (
                hour, series, occurrence, id, quantity, timestamp, recorded_at, operation,
                billed_twice, allocations
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """, on: connection)
        findFirst = try Statement(
            """
            SELECT id, quantity, timestamp, recorded_at, allocations FROM usage_record
            WHERE hour = ? AND series = ? ORDER BY occurrence LIMIT 1
            """, on: connection)
        findLastOccurrence = try Statement(
            """
            SELECT occurrence FROM usage_record
            WHERE hour = ? AND series = ? ORDER BY occurrence DESC LIMIT 1
            """, on: connection)
    }

    /// Adds a record; false if there is one of its key.
    func insert(
        _ entry: UsageEntry, allocations: String?, series: Int64, occurrence: Int64,
        isBilledTwice: Bool
    ) throws(SQLiteFailure) -> Bool {
        insert.bind(1, entry.timestamp.hour.ordinal)
        insert.bind(2, series)
        insert.bind(3, occurrence)
        insert.bind(4, entry.id)
        insert.bind(5, entry.quantity.millionths)
        insert.bind(6, entry.timestamp.milliseconds)
        insert.bind(7, entry.recordedAt.milliseconds)
        insert.bind(8, entry.operation.storedNumber)
        insert.bind(9, Int64(isBilledTwice ? 1 : 0))
        insert.bind(10, allocations)
        return try insert.run() == 1
    }

    /// The first record of a series in an hour, as an entry meets it.
    func first(
        at hour: Hour, in series: Int64, metBy entry: UsageEntry
    ) throws(SQLiteFailure) -> EarlierRecord? {
        findFirst.bind(1, hour.ordinal)
        findFirst.bind(2, series)
        defer { findFirst.reset() }
        guard try findFirst.step() else { return nil }
        let allocations = try AllocationText.decode(findFirst.optionalText(4))
        return EarlierRecord(
            id: findFirst.recordID(0), quantity: Quantity(millionths: findFirst.integer(1)),
            timestamp: Timestamp(milliseconds: findFirst.integer(2)),
            recordedAt: Timestamp(milliseconds: findFirst.integer(3)),
            hasSameAllocations: entry.hasAllocations(allocations))
    }

    /// The next free number where a series has more than one record an hour.
    func nextOccurrence(of entry: UsageEntry, _ series: Int64) throws(SQLiteFailure) -> Int64 {
        findLastOccurrence.bind(1, entry.timestamp.hour.ordinal)
        findLastOccurrence.bind(2, series)
        defer { findLastOccurrence.reset() }
        return try findLastOccurrence.step() ? findLastOccurrence.integer(0) + 1 : 1
    }
}

/// Allocations as the text of a record's column: NULL for none, else JSON such as
/// `[{"quantity":2500000,"tags":{"team":"a"}}]` with quantities in millionths.
enum AllocationText {
    private struct Stored: Codable {
        var quantity: Int64
        var tags: [String: String]
    }

    static func encode(_ allocations: [RecordedAllocation]) throws(SQLiteFailure) -> String {
        let stored = allocations.map { Stored(quantity: $0.quantity.millionths, tags: $0.tags) }
        do {
            return String(decoding: try JSONEncoder().encode(stored), as: UTF8.self)
        } catch {
            throw SQLiteFailure(error)
        }
    }

    static func decode(_ text: String?) throws(SQLiteFailure) -> [RecordedAllocation] {
        guard let text else { return [] }
        do {
            return try JSONDecoder().decode([Stored].self, from: Data(text.utf8)).map {
                RecordedAllocation(quantity: Quantity(millionths: $0.quantity), tags: $0.tags)
            }
        } catch {
            throw SQLiteFailure(error)
        }
    }
}

extension OperationName {
    /// The number that stands for it in a file; numbers in use never change.
    var storedNumber: Int64 {
        switch self {
        case .batchMeterUsage: 1
        case .meterUsage: 2
        case .registerUsage: 3
        case .resolveCustomer: 4
        }
    }

    init?(storedNumber: Int64) {
        guard let operation = Self.allCases.first(where: { $0.storedNumber == storedNumber }) else {
            return nil
        }
        self = operation
    }
}
