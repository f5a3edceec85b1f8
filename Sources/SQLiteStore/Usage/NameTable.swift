import DurableFile
import GRDBSQLite
import Marketplace
import MeteringAPI

/// The numbers that records have instead of texts, from 1.
///
/// The table is the truth; a bounded part of it is kept in memory. Used on the writing connection
/// only.
struct NameTable {
    private var known: [ExactText: UInt32] = [:]
    private var knownDimensions: Set<UInt64> = []
    /// The subject that was asked for last: the records of a request mostly have it in common.
    private var last: (subject: UsageSeries.Subject, names: SeriesNames)?
    /// Dimensions in the order in which records came.
    private var dimensions: [(name: String, number: UInt32)] = []
    /// Where in it the next record's dimension is expected.
    private var nextDimension = 0
    private let limit: Int
    private let find: PreparedStatement
    private let insert: PreparedStatement
    private let useDimension: PreparedStatement

    init(on connection: OpaquePointer, limit: Int) throws(SQLiteFailure) {
        self.limit = limit
        find = try PreparedStatement("SELECT id FROM name WHERE text = ?", on: connection)
        insert = try PreparedStatement(
            "INSERT INTO name (text, checksum) VALUES (?, ?)", on: connection)
        useDimension = try PreparedStatement(
            """
            INSERT OR IGNORE INTO used_dimension (product, dimension, checksum) VALUES (?, ?, ?)
            """, on: connection)
    }

    /// The numbers of a series' names; new names get new numbers.
    mutating func numbers(of series: UsageSeries) throws(SQLiteFailure) -> SeriesNames {
        let dimension = try number(ofDimension: series.dimension)
        if let last, last.subject === series.subject { return last.names.with(dimension) }
        let names = SeriesNames(
            usage: SeriesNames.Usage(
                product: try number(of: series.productCode), region: try number(of: series.region),
                buyer: try number(of: series.buyerAccountID), dimension: dimension,
                resource: try number(of: series.resourceID)),
            license: try number(of: series.licenseARN), space: series.space)
        last = (series.subject, names)
        return names
    }

    /// The number of a dimension, which nearly always is the one behind the record before, or the
    /// first of a request: to compare a name takes a tenth of looking it up.
    private mutating func number(ofDimension name: String) throws(SQLiteFailure) -> UInt32 {
        for place in [nextDimension, 0] where place < dimensions.count {
            guard dimensions[place].name.hasSameBytes(as: name) else { continue }
            nextDimension = place + 1
            return dimensions[place].number
        }
        let number = try number(of: name)
        if dimensions.count == StoreLimits.dimensionsInOrder { dimensions.removeAll() }
        dimensions.append((name, number))
        nextDimension = dimensions.count
        return number
    }

    /// Notes that a product's dimension has usage.
    mutating func use(_ usage: SeriesNames.Usage) throws(SQLiteFailure) {
        let pair = UInt64(usage.product) << 32 | UInt64(usage.dimension)
        guard !knownDimensions.contains(pair) else { return }
        useDimension.bind(1, Int64(usage.product))
        useDimension.bind(2, Int64(usage.dimension))
        useDimension.bind(
            3,
            Self.checksum(product: Int64(usage.product), dimension: Int64(usage.dimension)))
        try useDimension.run()
        if knownDimensions.count >= limit { knownDimensions.removeAll(keepingCapacity: true) }
        knownDimensions.insert(pair)
    }

    /// Forgets what is in memory, which a rolled back transaction may have put there.
    mutating func forget() {
        known.removeAll(keepingCapacity: true)
        knownDimensions.removeAll(keepingCapacity: true)
        dimensions.removeAll()
        last = nil
    }

    private mutating func number(of text: String?) throws(SQLiteFailure) -> UInt32 {
        guard let text else { return 0 }
        let name = ExactText(text)
        if let number = known[name] { return number }
        let number = try stored(text)
        if known.count >= limit { known.removeAll(keepingCapacity: true) }
        known[name] = number
        return number
    }

    private func stored(_ text: String) throws(SQLiteFailure) -> UInt32 {
        find.bind(1, text)
        defer { find.reset() }
        var number: Int64
        if try find.step() {
            number = find.integer(0)
        } else {
            insert.bind(1, text)
            insert.bind(2, Self.checksum(text))
            try insert.run()
            number = insert.insertedRow
        }
        guard let number = UInt32(exactly: number) else {
            throw SQLiteFailure(code: SQLITE_FULL, message: "there are four thousand million names")
        }
        return number
    }

    /// What is stored beside a product's dimension.
    static func checksum(product: Int64, dimension: Int64) -> Int64 {
        var checksum = Checksum()
        checksum.add(product)
        checksum.add(dimension)
        return checksum.value
    }

    /// What is stored beside a name.
    static func checksum(_ text: String) -> Int64 {
        var checksum = Checksum()
        checksum.add(text)
        return checksum.value
    }
}

/// A series by the numbers of its names.
struct SeriesNames: Sendable, Hashable {
    /// A series without its space and licence, 0 for no resource.
    struct Usage: Sendable, Hashable {
        let product: UInt32
        let region: UInt32
        let buyer: UInt32
        var dimension: UInt32
        let resource: UInt32
    }

    var usage: Usage
    /// 0 for none.
    let license: UInt32
    let space: UsageSeries.Space

    /// The same in another dimension.
    func with(_ dimension: UInt32) -> SeriesNames {
        var names = self
        names.usage.dimension = dimension
        return names
    }
}

/// The texts of numbers, as one report reads them.
struct NameReader {
    private var known: [UInt32: String] = [:]
    private let find: PreparedStatement
    private let findNumber: PreparedStatement

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        find = try PreparedStatement("SELECT text, checksum FROM name WHERE id = ?", on: connection)
        findNumber = try PreparedStatement("SELECT id FROM name WHERE text = ?", on: connection)
    }

    /// Nil for 0, which stands for none.
    mutating func text(of number: UInt32) throws(SQLiteFailure) -> String? {
        guard number != 0 else { return nil }
        if let text = known[number] { return text }
        find.bind(1, Int64(number))
        defer { find.reset() }
        guard try find.step(), NameTable.checksum(find.text(0)) == find.integer(1) else {
            throw SQLiteFailure(
                code: SQLITE_CORRUPT, message: "name \(number) is not what was written")
        }
        let text = find.text(0)
        known[number] = text
        return text
    }

    /// Nil where no record has the name.
    func number(of text: String) throws(SQLiteFailure) -> UInt32? {
        findNumber.bind(1, text)
        defer { findNumber.reset() }
        return try findNumber.step() ? UInt32(truncatingIfNeeded: findNumber.integer(0)) : nil
    }
}
