import Marketplace
import MeteringAPI

/// The conditions of a report in SQL, with the values that are bound to them.
struct Conditions: Sendable {
    private var terms: [String] = []
    private(set) var values: [SQLValue] = []

    init(_ filter: UsageFilter) {
        add("s.product_code = ?", filter.productCode)
        add("s.buyer_account_id = ?", filter.buyerAccountID)
        add("s.dimension = ?", filter.dimension)
        add("s.license_arn = ?", filter.licenseARN)
        add("s.resource_id = ?", filter.resourceID)
        add("s.region = ?", filter.region)
        // The hour leads to the rows, the timestamp is exact.
        if let from = filter.from {
            add("r.hour >= ? AND r.timestamp >= ?", from.hour.ordinal, from.milliseconds)
        }
        if let to = filter.to {
            add("r.hour <= ? AND r.timestamp < ?", to.hour.ordinal, to.milliseconds)
        }
    }

    mutating func addPosition(_ position: UsagePosition) {
        add(
            "(r.hour, r.series, r.occurrence) > (?, ?, ?)", position.hour, position.series,
            position.occurrence)
    }

    /// Leaves what comes after a group, in the order of SQLite's `ORDER BY`: NULL first, then text
    /// by bytes.
    mutating func addGroup(_ position: TotalPosition, of groupings: [UsageGrouping]) {
        var alternatives: [String] = []
        var group: [SQLValue] = []
        for index in groupings.indices {
            let equal = groupings[..<index].map { "\($0.expression) IS ?" }
            let isMissing = position.group[index] == nil
            let expression = groupings[index].expression
            let after = isMissing ? "\(expression) IS NOT NULL" : "\(expression) > ?"
            alternatives.append((equal + [after]).joined(separator: " AND "))
            group += position.group[..<index].map(SQLValue.text)
            if !isMissing { group.append(.text(position.group[index])) }
        }
        // Without groupings there is one row, and nothing after it.
        terms.append(
            alternatives.isEmpty
                ? "FALSE" : alternatives.map { "(\($0))" }.joined(separator: " OR "))
        values += group
    }

    /// Rows of records by primary key.
    ///
    /// The join's order is fixed, because a walk through the hours is what pages are made of.
    var selectingRecords: String {
        """
        SELECT r.hour, r.series, r.occurrence, r.id, r.quantity, r.timestamp, r.recorded_at,
            r.operation, r.billed_twice, r.allocations, s.space, s.product_code, s.license_arn,
            s.buyer_account_id, s.resource_id, s.dimension, s.region
        \(fromWhere)
        ORDER BY r.hour, r.series, r.occurrence LIMIT ?
        """
    }

    /// Rows of sums.
    ///
    /// Wholes and millionths are summed apart, because millionths alone do not fit in 64 bits;
    /// SQLite fails rather than round where even that overflows.
    func selectingTotals(by groupings: [UsageGrouping]) -> String {
        let members = groupings.map { $0.expression + ", " }.joined()
        let numbers = groupings.indices.map { "\($0 + 1)" }.joined(separator: ", ")
        return """
            SELECT \(members)sum(r.quantity / \(Quantity.millionthsInOne)),
                sum(r.quantity % \(Quantity.millionthsInOne)), count(*), sum(r.billed_twice)
            \(fromWhere)
            \(numbers.isEmpty ? "" : "GROUP BY \(numbers)")
            HAVING count(*) > 0
            \(numbers.isEmpty ? "" : "ORDER BY \(numbers)") LIMIT ?
            """
    }

    private var fromWhere: String {
        let condition = terms.isEmpty ? "TRUE" : terms.map { "(\($0))" }.joined(separator: " AND ")
        return """
            FROM usage_record AS r CROSS JOIN series AS s ON s.id = r.series
            WHERE \(condition)
            """
    }

    private mutating func add(_ term: String, _ text: String?) {
        guard let text else { return }
        terms.append(term)
        values.append(.text(text))
    }

    private mutating func add(_ term: String, _ integers: Int64...) {
        terms.append(term)
        values += integers.map(SQLValue.integer)
    }
}

extension UsageGrouping {
    /// What a record is grouped under; times in the form of `RecordedUsage.member`.
    fileprivate var expression: String {
        switch self {
        case .productCode: "s.product_code"
        case .dimension: "s.dimension"
        case .buyerAccountId: "s.buyer_account_id"
        case .licenseArn: "s.license_arn"
        case .resourceId: "s.resource_id"
        case .region: "s.region"
        case .hour: time("%Y-%m-%dT%H:00:00Z")
        case .day: time("%Y-%m-%d")
        case .month: time("%Y-%m")
        }
    }

    private func time(_ format: String) -> String {
        "strftime('\(format)', r.hour * 3600, 'unixepoch')"
    }
}
