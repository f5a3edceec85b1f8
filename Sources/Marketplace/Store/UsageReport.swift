package import MeteringAPI

/// Which records a report is about; every condition that is set must hold.
package struct UsageFilter: Sendable, Hashable {
    package var productCode: String?
    package var buyerAccountID: String?
    package var dimension: String?
    package var licenseARN: String?
    package var resourceID: String?
    package var region: String?
    /// The earliest timestamp, inclusive.
    package var from: Timestamp?
    /// The latest timestamp, exclusive.
    package var to: Timestamp?

    package init() {}

    /// Whether usage of this series and moment meets every condition.
    package func includes(_ series: UsageSeries, at timestamp: Timestamp) -> Bool {
        matches(productCode, series.productCode)
            && matches(buyerAccountID, series.buyerAccountID)
            && matches(dimension, series.dimension)
            && matches(licenseARN, series.licenseARN)
            && matches(resourceID, series.resourceID)
            && matches(region, series.region)
            && (from.map { timestamp >= $0 } ?? true)
            && (to.map { timestamp < $0 } ?? true)
    }

    private func matches(_ condition: String?, _ member: String?) -> Bool {
        guard let condition else { return true }
        return member?.utf8.elementsEqual(condition.utf8) ?? false
    }
}

/// A record as it is stored.
package struct RecordedUsage: Sendable, Hashable {
    package var id: MeteringRecordID
    package var series: UsageSeries
    package var timestamp: Timestamp
    package var quantity: Quantity
    package var allocations: [RecordedAllocation]
    package var operation: OperationName
    package var recordedAt: Timestamp
    /// Whether the same usage had been recorded by licence when this came by product, or the
    /// other way round: the buyer is billed for both.
    package var isBilledTwice: Bool

    package init(_ entry: UsageEntry, isBilledTwice: Bool = false) {
        id = entry.id
        series = entry.series
        timestamp = entry.timestamp
        quantity = entry.quantity
        allocations = entry.allocations
        operation = entry.operation
        recordedAt = entry.recordedAt
        self.isBilledTwice = isBilledTwice
    }
}

extension RecordedUsage {
    /// The bytes that a list of records holds for it, about.
    package var byteCount: Int {
        allocations.reduce(256 + series.byteCount) { sum, allocation in
            allocation.tags.reduce(sum + 48) { $0 + 64 + $1.key.utf8.count + $1.value.utf8.count }
        }
    }

    /// What the record is grouped under.
    package func member(_ grouping: UsageGrouping) -> String? {
        switch grouping {
        case .productCode: series.productCode
        case .dimension: series.dimension
        case .buyerAccountId: series.buyerAccountID
        case .licenseArn: series.licenseARN
        case .resourceId: series.resourceID
        case .region: series.region
        case .hour: timestamp.hour.start.iso8601
        case .day: String(timestamp.iso8601.prefix(10))
        case .month: String(timestamp.iso8601.prefix(7))
        }
    }
}

/// Part of a list, and where the next part begins.
package struct ReportPage<Item: Sendable>: Sendable {
    package var items: [Item]
    /// What to pass for the next part; nil at the end.
    ///
    /// Its form is the store's own affair.
    package var nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }
}

/// How long a part of a list may get: as many items as it has, or so many bytes.
///
/// A part ends with the item that makes it longer, so that there is one at least.
package struct PageBounds: Sendable, Hashable {
    package var items: Int
    package var bytes: Int

    package init(items: Int, bytes: Int = .max) {
        self.items = items
        self.bytes = bytes
    }

    /// Counts one more item; false where the part has reached its bounds before it.
    package mutating func take(_ byteCount: Int) -> Bool {
        guard items > 0, bytes > 0 else { return false }
        items -= 1
        bytes -= byteCount
        return true
    }
}

/// What sums of usage can be grouped by.
package enum UsageGrouping: String, Sendable, CaseIterable {
    case productCode, dimension, buyerAccountId, licenseArn, resourceId, region, hour, day, month
}

/// The sum of one group.
package struct UsageTotal: Sendable, Hashable {
    /// The group's members in the order asked for; nil where a record has no such member.
    ///
    /// Times are ISO 8601: `2026-12-01T05:00:00Z`, `2026-12-01`, `2026-12`.
    package var group: [String?]
    package var quantity: QuantitySum
    package var records: Int
    /// How many of them are billed twice.
    package var billedTwice: Int

    /// The bytes that a list of totals holds for it, about.
    package var byteCount: Int { group.reduce(64) { $0 + 16 + ($1?.utf8.count ?? 0) } }

    package init(group: [String?], quantity: QuantitySum, records: Int, billedTwice: Int) {
        self.group = group
        self.quantity = quantity
        self.records = records
        self.billedTwice = billedTwice
    }
}
