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

    private var known: [Usage: [Variant]] = [:]
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

    /// All series of the usage that this one reports, itself included if it is known.
    mutating func variants(of series: UsageSeries) throws(SQLiteFailure) -> [Variant] {
        let usage = Usage(series)
        if let variants = known[usage] { return variants }
        bind(series, to: find)
        defer { find.reset() }
        var variants: [Variant] = []
        while try find.step() {
            guard let space = UsageSeries.Space(rawValue: UInt8(clamping: find.integer(1))) else {
                continue
            }
            variants.append(
                Variant(
                    id: find.integer(0), space: space,
                    licenseARN: find.optionalText(2).map(ExactText.init)))
        }
        remember(variants, of: usage)
        return variants
    }

    /// Gives a series that is not among its variants a number.
    mutating func add(_ series: UsageSeries, to variants: [Variant]) throws(SQLiteFailure) -> Int64
    {
        bind(series, to: insert)
        insert.bind(6, Int64(series.space.rawValue))
        insert.bind(7, series.licenseARN)
        try insert.run()
        let id = insert.insertedRow
        let variant = Variant(
            id: id, space: series.space, licenseARN: series.licenseARN.map(ExactText.init))
        remember(variants + [variant], of: Usage(series))
        return id
    }

    /// Forgets what is in memory, which a rolled back transaction may have put there.
    mutating func forget() {
        known.removeAll()
    }

    /// Starts over when full: which series will come again cannot be known, and the table has all.
    private mutating func remember(_ variants: [Variant], of usage: Usage) {
        if known.count >= limit { known.removeAll(keepingCapacity: true) }
        known[usage] = variants
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

/// A series without its space and licence.
private struct Usage: Hashable {
    let buyer: ExactText
    let product: ExactText
    let dimension: ExactText
    let region: ExactText
    let resource: ExactText?

    init(_ series: UsageSeries) {
        buyer = ExactText(series.buyerAccountID)
        product = ExactText(series.productCode)
        dimension = ExactText(series.dimension)
        region = ExactText(series.region)
        resource = series.resourceID.map(ExactText.init)
    }
}
