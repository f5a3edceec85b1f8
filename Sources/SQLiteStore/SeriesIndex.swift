import Marketplace
import MeteringAPI

/// The numbers that records name their series by.
///
/// The table is the truth; a bounded part of it is kept in memory, because most records are of a
/// series that was seen before. Used on the writing connection only.
struct SeriesIndex {
    /// One of the series by which the same usage is reported: by product, or by a licence.
    struct Variant {
        let id: Int64
        let space: UsageSeries.Space
        let licenseARN: ExactText?
    }

    /// Most usage is reported in one way only, and then no list is made for it.
    private var known: [Usage: Variant] = [:]
    private var furtherVariants: [Usage: [Variant]] = [:]
    private var names = Names()
    private let limit: Int
    private let find: Statement
    private let insert: Statement

    init(on connection: OpaquePointer, limit: Int) throws(SQLiteFailure) {
        self.limit = limit
        find = try Statement(
            """
            SELECT id, space, license_arn FROM series
            WHERE product_code = ? AND dimension = ? AND buyer_account_id = ? AND region = ?
                AND resource_id IS ?
            """, on: connection)
        insert = try Statement(
            """
            INSERT INTO series (
                product_code, dimension, buyer_account_id, region, resource_id, space, license_arn
            ) VALUES (?, ?, ?, ?, ?, ?, ?)
            """, on: connection)
    }

    /// The number of a series, which gets one if it is new, and the numbers of the series in
    /// which the same usage would be billed a second time.
    mutating func resolve(
        _ series: UsageSeries
    ) throws(SQLiteFailure) -> (number: Int64, twins: [Int64]) {
        if known.count >= limit { forget() }
        let usage = Usage(series, &names)
        if known[usage] == nil { try load(series, as: usage) }
        let first = known[usage]
        let others = furtherVariants.isEmpty ? [] : furtherVariants[usage] ?? []
        if let first, others.isEmpty, first.isOf(series) { return (first.id, []) }
        let variants = (first.map { [$0] } ?? []) + others
        let twins = variants.filter { $0.isTwin(of: series) }.map(\.id)
        if let same = variants.first(where: { $0.isOf(series) }) { return (same.id, twins) }
        return (try add(series, as: usage), twins)
    }

    /// Forgets what is in memory, which a rolled back transaction may have put there.
    mutating func forget() {
        known.removeAll(keepingCapacity: true)
        furtherVariants.removeAll()
        names.forget()
    }

    private mutating func load(_ series: UsageSeries, as usage: Usage) throws(SQLiteFailure) {
        bind(series, to: find)
        defer { find.reset() }
        while try find.step() {
            guard let space = UsageSeries.Space(rawValue: UInt8(clamping: find.integer(1))) else {
                continue
            }
            remember(
                Variant(
                    id: find.integer(0), space: space,
                    licenseARN: find.optionalText(2).map(ExactText.init)),
                of: usage)
        }
    }

    private mutating func add(
        _ series: UsageSeries, as usage: Usage
    ) throws(SQLiteFailure) -> Int64 {
        bind(series, to: insert)
        insert.bind(6, Int64(series.space.rawValue))
        insert.bind(7, series.licenseARN)
        try insert.run()
        let id = insert.insertedRow
        remember(
            Variant(
                id: id, space: series.space, licenseARN: series.licenseARN.map(ExactText.init)),
            of: usage)
        return id
    }

    private mutating func remember(_ variant: Variant, of usage: Usage) {
        if known[usage] == nil {
            known[usage] = variant
        } else {
            furtherVariants[usage, default: []].append(variant)
        }
    }

    private func bind(_ series: UsageSeries, to statement: Statement) {
        statement.bind(1, series.productCode)
        statement.bind(2, series.dimension)
        statement.bind(3, series.buyerAccountID)
        statement.bind(4, series.region)
        statement.bind(5, series.resourceID)
    }
}

extension SeriesIndex.Variant {
    func isOf(_ series: UsageSeries) -> Bool {
        space == series.space && licenseARN == series.licenseARN.map(ExactText.init)
    }

    /// Whether the same usage in this series and in the other one is billed twice.
    func isTwin(of series: UsageSeries) -> Bool {
        series.space != .resource && space != .resource && space != series.space
    }
}

/// A series without its space and licence, its texts as numbers.
private struct Usage: Hashable {
    let buyer: UInt32
    let product: UInt32
    let dimension: UInt32
    let region: UInt32
    let resource: UInt32

    init(_ series: UsageSeries, _ names: inout Names) {
        buyer = names.number(of: series.buyerAccountID)
        product = names.number(of: series.productCode)
        dimension = names.number(of: series.dimension)
        region = names.number(of: series.region)
        resource = series.resourceID.map { names.number(of: $0) } ?? 0
    }
}

/// Numbers for texts, from 1.
private struct Names {
    private var numbers: [ExactText: UInt32] = [:]

    mutating func number(of text: String) -> UInt32 {
        let text = ExactText(text)
        if let known = numbers[text] { return known }
        let number = UInt32(numbers.count + 1)
        numbers[text] = number
        return number
    }

    mutating func forget() {
        numbers.removeAll(keepingCapacity: true)
    }
}
