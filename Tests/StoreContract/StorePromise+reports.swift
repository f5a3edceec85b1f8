import Marketplace
import MeteringAPI

extension StorePromise {
    static let listings: [StorePromise] = [
        StorePromise("Each condition of a filter selects the records that have it") { store in
            try await record(variety, in: store)
            for (name, filter) in oneConditionEach {
                let expected = variety.filter { filter.includes($0.series, at: $0.timestamp) }
                try expect(
                    !expected.isEmpty && expected.count < variety.count, "\(name) selects some")
                try expectEqual(
                    Set(try await store.allUsage(filter).map(\.id)), Set(expected.map(\.id)),
                    "the usage by \(name)")
            }
        },
        StorePromise("All conditions of a filter must hold") { store in
            try await record(variety, in: store)
            var filter = UsageFilter()
            filter.productCode = "prod"
            filter.buyerAccountID = "444455556666"
            filter.dimension = "users"
            filter.from = .noon
            filter.to = .noon.adding(hours: 1)
            let expected = variety.filter { filter.includes($0.series, at: $0.timestamp) }
            try expectEqual(
                Set(try await store.allUsage(filter).map(\.id)), Set(expected.map(\.id)), "usage")
            filter.region = "mars-north-1"
            try expectEqual(try await store.allUsage(filter), [], "usage of an unknown region")
        },
        StorePromise("Times of a filter are exact: from is included, to is not") { store in
            let entries = (0..<3).map { offset in
                UsageEntry.sample(
                    offset, .sample(dimension: "\(offset)"),
                    at: Timestamp(milliseconds: Timestamp.noon.milliseconds + Int64(offset)))
            }
            try await record(entries, in: store)
            var filter = UsageFilter()
            filter.from = entries[1].timestamp
            filter.to = entries[2].timestamp
            try expectEqual(
                try await store.allUsage(filter), [RecordedUsage(entries[1])], "usage")
        },
        StorePromise("Pages of any size give every record once, by hour from the oldest") { store in
            try await record(variety.reversed(), in: store)
            let whole = try await store.allUsage()
            try expectEqual(
                whole.map(\.timestamp.hour), variety.map(\.timestamp.hour).sorted(), "the hours")
            for limit in 1...variety.count + 1 {
                try expectEqual(
                    try await store.allUsage(limit: limit), whole, "pages of \(limit)")
            }
        },
        StorePromise("A page ends with the item that makes it longer than its bytes") { store in
            let entries = (0..<6).map { number in
                var entry = UsageEntry.sample(number, at: .noon.adding(hours: Int64(number)))
                entry.allocations = [
                    RecordedAllocation(
                        quantity: entry.quantity,
                        tags: ["text": String(repeating: "x", count: 5000)])
                ]
                return entry
            }
            try await record(entries, in: store)
            for (bytes, count) in [(1, 1), (5000, 1), (10_000, 2), (.max, 6)] {
                var ids: [MeteringRecordID] = []
                var cursor: String?
                repeat {
                    let page = try await store.usage(
                        UsageFilter(), after: cursor, within: PageBounds(items: 9, bytes: bytes))
                    try expect(
                        (1...count).contains(page.items.count), "\(bytes) bytes are \(count)")
                    ids += page.items.map(\.id)
                    cursor = page.nextCursor
                } while cursor != nil
                try expectEqual(ids, entries.map(\.id), "the ids of pages of \(bytes) bytes")
            }
            let totals = try await store.totals(
                of: UsageFilter(), by: [.hour], after: nil,
                within: PageBounds(items: 9, bytes: 1))
            try expectEqual(totals.items.count, 1, "totals of a byte")
            let rest = try await store.totals(
                of: UsageFilter(), by: [.hour], after: totals.nextCursor, limit: 9)
            try expectEqual(rest.items.count, 5, "the totals after them")
        },
        StorePromise("Records that come while pages are read do not repeat or hide others") {
            store in
            let old = (0..<6).map { UsageEntry.sample($0, at: .noon.adding(hours: Int64($0))) }
            try await record(old, in: store)
            let first = try await store.usage(UsageFilter(), after: nil, limit: 3)
            _ = try await store.record(.sample(9, at: .noon.adding(hours: 6)))
            let rest = try await store.usage(UsageFilter(), after: first.nextCursor, limit: 9)
            try expectEqual(
                (first.items + rest.items).prefix(6).map(\.id), old.map(\.id), "the ids")
        },
        StorePromise("A cursor that it never gave out is refused") { store in
            try await record(variety, in: store)
            let numbers = [
                "99999999999999999999", "\(Int.max)", "-1", "00", "+0", "0.0.00", "0.+0.0",
                String(repeating: "0", count: 40_000), "5b6e756c6c205d", "5B6E756C6C5D",
            ]
            for cursor in ["", "next", "1.2", "1.2.3.4", "1.2.x", "\u{0}"] + numbers {
                try await expectError(.unknownCursor, "usage after \"\(cursor)\"") {
                    _ = try await store.usage(UsageFilter(), after: cursor, limit: 1)
                }
                try await expectError(.unknownCursor, "totals after \"\(cursor)\"") {
                    _ = try await store.totals(
                        of: UsageFilter(), by: [.region], after: cursor, limit: 1)
                }
            }
        },
        StorePromise("The dimensions in use are those of the product's records") { store in
            try await record(variety, in: store)
            try expectEqual(
                try await store.usedDimensions(of: "prod"),
                [ExactText("users"), ExactText("gigabytes")], "of prod")
            try expectEqual(
                try await store.usedDimensions(of: "other"), [ExactText("users")], "of other")
            try expectEqual(try await store.usedDimensions(of: "PROD"), [], "of PROD")
        },
    ]

    static let totals: [StorePromise] = [
        StorePromise("Totals by any member add up what was recorded under it") { store in
            try await record(variety, in: store)
            let records = try await store.allUsage()
            for grouping in UsageGrouping.allCases {
                let totals = try await store.allTotals(by: [grouping])
                let groups = Dictionary(grouping: records) { $0.member(grouping) }
                try expectEqual(
                    totals.map { $0.group[0] },
                    groups.keys.sorted { ($0 ?? "") < ($1 ?? "") }, "groups by \(grouping)")
                for total in totals {
                    try expectEqual(
                        total, UsageTotal(of: groups[total.group[0]] ?? [], group: total.group),
                        "the total of \(total.group)")
                }
            }
        },
        StorePromise("Totals by several members are by each combination that occurs, in order") {
            store in
            try await record(variety, in: store)
            let groupings: [UsageGrouping] = [.licenseArn, .day, .dimension, .resourceId]
            let totals = try await store.allTotals(by: groupings)
            let records = try await store.allUsage()
            let groups = Dictionary(grouping: records) { record in
                groupings.map { record.member($0) }
            }
            try expectEqual(
                totals.map(\.group),
                groups.keys.sorted { left, right in
                    left.lexicographicallyPrecedes(right) { ($0 ?? "") < ($1 ?? "") }
                }, "the groups")
            for limit in 1...totals.count {
                try expectEqual(
                    try await store.allTotals(by: groupings, limit: limit), totals,
                    "pages of \(limit)")
            }
        },
        StorePromise("Totals are of what the filter includes") { store in
            try await record(variety, in: store)
            for (name, filter) in oneConditionEach {
                let records = try await store.allUsage(filter)
                try expectEqual(
                    try await store.allTotals(filter, by: []),
                    [UsageTotal(of: records, group: [])], "the total by \(name)")
            }
        },
        StorePromise("Totals of nothing have no rows") { store in
            try expectEqual(try await store.allTotals(by: []), [], "without groupings")
            try expectEqual(try await store.allTotals(by: [.month]), [], "by month")
        },
        StorePromise("Groups are told apart by bytes") { store in
            let dimensions = ["e\u{301}", "e\u{0}", "\u{E9}"]
            try await record(
                dimensions.enumerated().map {
                    .sample($0.offset, .sample(dimension: $0.element))
                }, in: store)
            try expectEqual(
                try await store.allTotals(by: [.dimension], limit: 1).map {
                    Array(($0.group[0] ?? "").utf8)
                }, [[101, 0], [101, 0xCC, 0x81], [0xC3, 0xA9]], "the groups")
        },
        StorePromise("Sums are exact far beyond 64 bits of millionths") { store in
            let largest = Quantity(millionths: 9_999_999_999_999_999)
            for call in 0..<10 {
                try await record(
                    (0..<100).map {
                        .sample(call * 100 + $0, .sample(buyer: "\(call)-\($0)"), quantity: largest)
                    }, in: store)
            }
            let totals = try await store.allTotals(by: [.productCode])
            try expectEqual(
                totals.map(\.quantity.description), ["9999999999999.999"], "the sum of a thousand")
            try expectEqual(totals.map(\.records), [1000], "the records")
        },
    ]
}

extension UsageTotal {
    fileprivate init(of records: [RecordedUsage], group: [String?]) {
        var sum = QuantitySum()
        for record in records { sum += record.quantity }
        self.init(
            group: group, quantity: sum, records: records.count,
            billedTwice: records.count(where: \.isBilledTwice))
    }
}

private func record(
    _ entries: [UsageEntry], in store: any MarketplaceStore
) async throws {
    for outcome in try await store.record(entries) {
        guard case .recorded = outcome else {
            throw BrokenPromise(description: "A sample got \(outcome).")
        }
    }
}

/// Records that differ in every member that reports know.
private let variety: [UsageEntry] = {
    let series: [UsageSeries] = [
        .sample(), .sample(license: "arn:l1"), .sample(license: "arn:l2"),
        .sample(buyer: "444455556666"), .sample(dimension: "gigabytes"),
        .sample(region: "eu-west-1"), .sample(product: "other"), .sample(resource: "i-1"),
    ]
    let hours: [Int64] = [0, 1, 13, 24 * 40]
    return hours.enumerated().flatMap { hour in
        series.enumerated().map { series in
            let number = hour.offset * 100 + series.offset
            return UsageEntry.sample(
                number, series.element, quantity: Quantity(millionths: Int64(number) * 700_001),
                at: .noon.adding(hours: hour.element))
        }
    }
}()

private let oneConditionEach: [(name: String, filter: UsageFilter)] = {
    func condition(_ name: String, _ set: (inout UsageFilter) -> Void) -> (String, UsageFilter) {
        var filter = UsageFilter()
        set(&filter)
        return (name, filter)
    }
    return [
        condition("product") { $0.productCode = "other" },
        condition("buyer") { $0.buyerAccountID = "444455556666" },
        condition("dimension") { $0.dimension = "gigabytes" },
        condition("licence") { $0.licenseARN = "arn:l1" },
        condition("resource") { $0.resourceID = "i-1" },
        condition("region") { $0.region = "eu-west-1" },
        condition("from") { $0.from = .noon.adding(hours: 13) },
        condition("to") { $0.to = .noon.adding(hours: 13) },
    ]
}()
