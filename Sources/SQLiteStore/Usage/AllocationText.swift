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
}
