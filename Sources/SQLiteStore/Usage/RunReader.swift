import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// Walks the records that a report includes, by hour from the oldest.
///
/// It reads hour by hour even where only one product is asked for: the index leads to a product's
/// runs within an hour, and a month has no more than 744 hours.
struct RunReader {
    private let filter: UsageFilter
    private let numbers: FilterNumbers?
    private let nextHour: PreparedStatement
    private let runs: PreparedStatement

    init(
        _ filter: UsageFilter, _ names: NameReader, on connection: OpaquePointer
    ) throws(SQLiteFailure) {
        self.filter = filter
        numbers = try FilterNumbers(filter, names)
        nextHour = try PreparedStatement(
            "SELECT min(hour) FROM usage_run WHERE hour >= ?", on: connection)
        runs = try PreparedStatement(
            """
            SELECT \(UsageRun.columns) FROM usage_run INDEXED BY usage_run_by_hour
            WHERE hour = ? AND product BETWEEN ? AND ? ORDER BY product, id
            """, on: connection)
    }

    /// Calls the body with each run from a position on, and the positions in it that the filter
    /// includes; it says whether to go on.
    func forEachRun(
        after start: UsagePosition?,
        _ body: (UsageRun, [Int]) throws(SQLiteFailure) -> Bool
    ) throws(SQLiteFailure) {
        guard let numbers else { return }
        let first = filter.from?.hour.ordinal ?? .min
        var hour = try followingHour(max(first, start?.hour ?? .min))
        while let current = hour, current <= filter.to?.hour.ordinal ?? .max {
            let start = start?.hour == current ? start : nil
            do throws(SQLiteFailure) {
                guard try readHour(current, numbers, after: start, body) else { return }
            } catch {
                throw error.about("the usage of \(Hour(ordinal: current).start.iso8601)")
            }
            hour = current == .max ? nil : try followingHour(current + 1)
        }
    }

    private func followingHour(_ hour: Int64) throws(SQLiteFailure) -> Int64? {
        nextHour.bind(1, hour)
        defer { nextHour.reset() }
        return try nextHour.step() ? nextHour.optionalInteger(0) : nil
    }

    private func readHour(
        _ hour: Int64, _ numbers: FilterNumbers, after start: UsagePosition?,
        _ body: (UsageRun, [Int]) throws(SQLiteFailure) -> Bool
    ) throws(SQLiteFailure) -> Bool {
        runs.bind(1, hour)
        runs.bind(2, Int64(max(numbers.product ?? 0, start?.product ?? 0)))
        runs.bind(3, Int64(numbers.product ?? .max))
        defer { runs.reset() }
        while try runs.step() {
            // A run before the position is passed over before its records are read.
            if let start, start.isAfter(run: runs.integer(0), product: runs.integer(2)) { continue }
            let run = try UsageRun(runs)
            let included = run.records.indices.filter { position in
                let isShown = start?.run == run.id && position <= start?.position ?? 0
                return !isShown && includes(run.records[position], in: run.key, numbers)
            }
            if !included.isEmpty, try !body(run, included) { return false }
        }
        return true
    }

    private func includes(
        _ record: PackedRecord, in key: UsageRun.Key, _ numbers: FilterNumbers
    ) -> Bool {
        guard numbers.includes(record, in: key) else { return false }
        guard filter.from != nil || filter.to != nil else { return true }
        let timestamp = record.timestamp(inHour: key.hour)
        return (filter.from.map { timestamp >= $0 } ?? true)
            && (filter.to.map { timestamp < $0 } ?? true)
    }
}

/// The names of a filter as numbers.
private struct FilterNumbers {
    let product: UInt32?
    let region: UInt32?
    let buyer: UInt32?
    let dimension: UInt32?
    let license: UInt32?
    let resource: UInt32?

    /// Nil where no record has one of the names.
    init?(_ filter: UsageFilter, _ names: NameReader) throws(SQLiteFailure) {
        var isKnown = true
        func number(_ text: String?) throws(SQLiteFailure) -> UInt32? {
            guard let text else { return nil }
            let number = try names.number(of: text)
            if number == nil { isKnown = false }
            return number
        }
        product = try number(filter.productCode)
        region = try number(filter.region)
        buyer = try number(filter.buyerAccountID)
        dimension = try number(filter.dimension)
        license = try number(filter.licenseARN)
        resource = try number(filter.resourceID)
        guard isKnown else { return nil }
    }

    func includes(_ record: PackedRecord, in key: UsageRun.Key) -> Bool {
        (region == nil || region == key.region)
            && (product == nil || product == key.product)
            && (buyer == nil || buyer == record.buyer)
            && (dimension == nil || dimension == record.dimension)
            && (license == nil || license == record.license)
            && (resource == nil || resource == record.resource)
    }
}

/// Where a page of records ended: the place of its last.
struct UsagePosition: Sendable, Hashable {
    let hour: Int64
    let product: UInt32
    let run: Int64
    let position: Int

    var cursor: String {
        "\(hour).\(product).\(run * Int64(UsageRun.maximumCount) + Int64(position))"
    }

    init(_ run: UsageRun, position: Int) {
        hour = run.key.hour
        product = run.key.product
        self.run = run.id
        self.position = position
    }

    init(_ cursor: String) throws(StoreError) {
        let numbers = cursor.split(separator: ".", omittingEmptySubsequences: false).map {
            WholeNumber.read($0)
        }
        guard numbers.count == 3, let hour = numbers[0],
            let product = numbers[1].flatMap({ UInt32(exactly: $0) }), let place = numbers[2]
        else { throw StoreError(.unknownCursor, cause: "not three numbers") }
        self.hour = hour
        self.product = product
        let (run, position) = place.quotientAndRemainder(dividingBy: Int64(UsageRun.maximumCount))
        self.run = run
        self.position = Int(position)
    }

    /// Whether it comes after all records of a run of its hour.
    fileprivate func isAfter(run: Int64, product: Int64) -> Bool {
        Int64(self.product) == product && run < self.run
    }
}
