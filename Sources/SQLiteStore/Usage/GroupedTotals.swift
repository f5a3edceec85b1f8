import DurableFile
import Marketplace
import MeteringAPI

/// Adds up records by group, for one page of a report.
///
/// Groups are told apart by numbers, one member after the other, because most records belong to a
/// group that is known. Only the groups that the page can show are kept, so that a report of a
/// hundred million groups takes no more memory than one of a few.
struct GroupedTotals {
    private let groupings: [UsageGrouping]
    private let limit: Int
    /// The groups of the page lie between these two; no bound where nil.
    private let floor: [String?]?
    private var ceiling: [String?]?

    /// For each grouping, the number of what a group is so far, by that before it and its member.
    private var levels: [[UInt64: UInt32]]
    /// By the number of the last level; nil where the page does not show it.
    private var groups: [Group?] = []
    private var times: [String: UInt32] = [:]

    private struct Group {
        let members: [UInt32]
        var total: UsageTotal
    }

    init(by groupings: [UsageGrouping], after position: TotalPosition?, limit: Int) {
        self.groupings = groupings
        self.limit = limit
        floor = position?.group
        levels = groupings.map { _ in [:] }
    }

    /// Adds records of a run.
    mutating func add(
        _ run: UsageRun, _ positions: [Int], _ names: inout NameReader
    ) throws(SQLiteFailure) {
        let ofRun = groupings.map { member($0, of: run.key) }
        for position in positions {
            let record = run.records[position]
            let number = number(of: record, ofRun)
            if number == groups.count {
                let members = groupings.indices.map { ofRun[$0] ?? record.member(groupings[$0]) }
                groups.append(try group(members, run.key, &names))
            }
            groups[number]?.total.add(record)
        }
        if levels.reduce(0, { $0 + $1.count }) > StoreLimits.groupNumbers { forgetWhatIsNotShown() }
    }

    /// The page, in order, of so many bytes and what the last of them adds.
    func page(bytes: Int) throws -> ReportPage<UsageTotal> {
        let totals = groups.compactMap { $0?.total }.sorted { $0.group.isBefore($1.group) }
        var left = PageBounds(items: limit, bytes: bytes)
        let items = Array(totals.prefix { left.take($0.byteCount) })
        let cursor =
            totals.count > items.count
            ? try TotalPosition(group: items.last?.group ?? []).cursor : nil
        return ReportPage(items: items, nextCursor: cursor)
    }

    /// The number of a record's group; that of a new one is the count of those there are.
    private mutating func number(of record: PackedRecord, _ ofRun: [UInt32?]) -> Int {
        var number: UInt32 = 0
        for level in groupings.indices {
            let member = ofRun[level] ?? record.member(groupings[level])
            let key = UInt64(number) << 32 | UInt64(member)
            number = levels[level].number(of: key)
        }
        return Int(number)
    }

    /// A new group, or nil where the page does not show it.
    private func group(
        _ members: [UInt32], _ key: UsageRun.Key, _ names: inout NameReader
    ) throws(SQLiteFailure) -> Group? {
        var texts: [String?] = []
        for (grouping, member) in zip(groupings, members) {
            let time = key.time(grouping)
            texts.append(time == nil ? try names.text(of: member) : time)
        }
        guard floor.map({ $0.isBefore(texts) }) ?? true,
            ceiling.map({ texts.isBefore($0) }) ?? true
        else { return nil }
        let total = UsageTotal(
            group: texts, quantity: QuantitySum(), records: 0, billedTwice: 0)
        return Group(members: members, total: total)
    }

    private mutating func forgetWhatIsNotShown() {
        let shown = groups.compactMap(\.self)
            .sorted { $0.total.group.isBefore($1.total.group) }.prefix(limit + 1)
        if shown.count > limit { ceiling = shown.last?.total.group }
        levels = groupings.map { _ in [:] }
        groups = []
        for group in shown {
            var number: UInt32 = 0
            for (level, member) in group.members.enumerated() {
                number = levels[level].number(of: UInt64(number) << 32 | UInt64(member))
            }
            groups.append(group)
        }
    }

    /// The member that all records of a run have, by number; nil where each has its own.
    private mutating func member(_ grouping: UsageGrouping, of key: UsageRun.Key) -> UInt32? {
        switch grouping {
        case .productCode: return key.product
        case .region: return key.region
        case .dimension, .buyerAccountId, .licenseArn, .resourceId: return nil
        case .hour, .day, .month:
            return times.number(of: key.time(grouping) ?? "")
        }
    }
}

extension Dictionary where Value == UInt32 {
    /// The number of a key; a new key gets the next.
    fileprivate mutating func number(of key: Key) -> UInt32 {
        if let known = self[key] { return known }
        let number = UInt32(count)
        self[key] = number
        return number
    }
}

extension PackedRecord {
    /// The number of a name that a record has for itself.
    fileprivate func member(_ grouping: UsageGrouping) -> UInt32 {
        switch grouping {
        case .dimension: dimension
        case .buyerAccountId: buyer
        case .licenseArn: license
        case .resourceId: resource
        case .productCode, .region, .hour, .day, .month: 0
        }
    }
}

extension UsageRun.Key {
    /// The member of a grouping by time; nil for the others.
    fileprivate func time(_ grouping: UsageGrouping) -> String? {
        let text = Hour(ordinal: hour).start.iso8601
        return switch grouping {
        case .hour: text
        case .day: text.prefix { $0 != "T" }.description
        case .month: text.prefix { $0 != "T" }.dropLast(3).description
        case .productCode, .dimension, .buyerAccountId, .licenseArn, .resourceId, .region: nil
        }
    }
}

extension UsageTotal {
    fileprivate mutating func add(_ record: PackedRecord) {
        quantity += Quantity(millionths: record.quantity)
        records += 1
        if record.flags.contains(.billedTwice) { billedTwice += 1 }
    }
}

extension [String?] {
    /// The order of groups: what has no such member comes first, then by bytes.
    fileprivate func isBefore(_ other: [String?]) -> Bool {
        for (left, right) in zip(self, other) {
            guard let right else {
                if left == nil { continue }
                return false
            }
            guard let left else { return true }
            if ExactText(left) < ExactText(right) { return true }
            if ExactText(right) < ExactText(left) { return false }
        }
        return false
    }
}
