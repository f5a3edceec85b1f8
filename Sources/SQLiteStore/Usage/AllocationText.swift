import DurableFile
import FoundationEssentials
import Marketplace
import MeteringAPI

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

    /// What is stored beside the text.
    static func checksum(_ text: String, at place: RecordPlace) -> Int64 {
        var checksum = Checksum()
        checksum.add(place.run)
        checksum.add(Int64(place.position))
        checksum.add(text)
        return checksum.value
    }
}

/// Finds the allocations of records.
struct AllocationReader {
    private let find: PreparedStatement

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        find = try PreparedStatement(
            "SELECT body, checksum FROM usage_allocation WHERE run = ? AND position = ?",
            on: connection)
    }

    /// The allocations of a record that has some; throws if they are not there as they were
    /// written.
    func allocations(at place: RecordPlace) throws(SQLiteFailure) -> [RecordedAllocation] {
        find.bind(1, place.run)
        find.bind(2, Int64(place.position))
        defer { find.reset() }
        guard try find.step(),
            AllocationText.checksum(find.text(0), at: place) == find.integer(1)
        else { throw UsageRun.damaged(place.run) }
        return try AllocationText.decode(find.text(0))
    }
}
