package import Marketplace
package import MeteringAPI
import Synchronization

/// The store in memory: the simplest correct one, and the oracle for the others.
package final class InMemoryStore: MarketplaceStore {
    private let state = Mutex(State())

    package init() {}

    package func record(
        _ entries: [UsageEntry], decidedOn revision: CatalogRevision?
    ) async throws(StoreError) -> [RecordOutcome] {
        let outcomes = state.withLock { state -> [RecordOutcome]? in
            guard state.admits(revision) else { return nil }
            defer { state.tokens.sweep() }
            return entries.map { state.record($0) }
        }
        guard let outcomes else { throw .outdated }
        return outcomes
    }

    package func loadCatalog() async throws(StoreError) -> Catalog {
        state.withLock(\.catalog)
    }

    package func facts(_ query: FactQuery) async throws(StoreError) -> [CatalogFact] {
        let facts = state.withLock(\.facts)
        switch query {
        case .key(let key): return facts[key].map { [$0] } ?? []
        case .owned(let kind, let owner):
            return facts.values.filter { fact in
                fact.key.kind == kind && fact.owner?.hasSameBytes(as: owner) == true
            }.sorted { ExactText($0.key.id) < ExactText($1.key.id) }
        case .due(let kind, let end, let limit):
            let due = facts.values.compactMap { fact in
                fact.key.kind == kind ? fact.moment.map { (moment: $0, fact: fact) } : nil
            }.filter { $0.moment <= end }
            return due.sorted { left, right in
                (left.moment, ExactText(left.fact.key.id)) < (
                    right.moment, ExactText(right.fact.key.id)
                )
            }.prefix(limit).map(\.fact)
        case .all(let kind, let id, let limit):
            return Array(
                facts.values.filter { fact in
                    fact.key.kind == kind
                        && (id.map { ExactText($0) < ExactText(fact.key.id) } ?? true)
                }.sorted { ExactText($0.key.id) < ExactText($1.key.id) }.prefix(limit))
        }
    }

    package func assumedWorkloads() async throws(StoreError) -> Int {
        state.withLock { $0.facts.values.count(where: \.isAssumedWorkload) }
    }

    package func catalogChanges(
        after revision: CatalogRevision
    ) async throws(StoreError) -> CatalogUpdate? {
        state.withLock { state in
            guard let keys = state.log.keys(after: revision, through: state.catalog.revision)
            else { return nil }
            return CatalogUpdate(
                changes: keys.map { state.current($0) },
                revision: state.catalog.revision)
        }
    }

    package func save(
        _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome {
        state.withLock { state in
            guard state.isCurrent(revision) else { return .stale }
            let used = products.filter { state.hasUsage(of: $0.text) }
            guard used.isEmpty else { return .used(products: used) }
            if !products.isEmpty {
                state.revise(.factsOfUsage)
            } else if changes.contains(where: { $0.key != nil }) {
                state.revise(.facts)
            }
            for change in changes { state.apply(change) }
            return .saved(state.catalog.revision)
        }
    }

    package func events(
        after number: Int64, within bounds: PageBounds
    ) async throws(StoreError) -> [NumberedEvent] {
        let events = state.withLock(\.events)
        var left = bounds
        return Array(
            events.drop { $0.number <= number }.prefix { left.take($0.event.byteCount) })
    }

    package func deliveries(
        _ filter: DeliveryFilter, after number: Int64, limit: Int
    ) async throws(StoreError) -> [Delivery] {
        let deliveries = state.withLock(\.deliveries)
        return Array(
            deliveries.lazy.filter { $0.number > number && filter.includes($0) }.prefix(limit))
    }

    package func claim(
        _ target: String, for claimant: String, at time: Timestamp, until end: Timestamp
    ) async throws(StoreError) -> DeliveryClaim {
        state.withLock { state in
            if let held = state.claims[ExactText(target)], !held.admits(claimant, at: time) {
                return held
            }
            let claim = DeliveryClaim(claimant: claimant, until: end)
            state.claims[ExactText(target)] = claim
            return claim
        }
    }

    package func settle(
        _ delivery: Delivery, by claimant: String
    ) async throws(StoreError) -> Bool {
        state.withLock { state in
            guard let claim = state.claims[ExactText(delivery.target)],
                claim.claimant.hasSameBytes(as: claimant),
                let index = state.deliveries.firstIndex(where: { $0.number == delivery.number })
            else { return false }
            state.deliveries[index] = delivery
            return true
        }
    }

    package func outbox(
        of target: String, at time: Timestamp, limit: Int
    ) async throws(StoreError) -> Outbox {
        let filter = DeliveryFilter(target: target, state: .waiting)
        let waiting = state.withLock(\.deliveries).filter(filter.includes)
        return Outbox(
            due: Array(waiting.lazy.filter { $0.time <= time }.prefix(limit)),
            next: waiting.map(\.time).min())
    }

    @discardableResult
    package func forgetUsage(
        saving changes: [CatalogChange], expecting revision: CatalogRevision?
    ) async throws(StoreError) -> SaveOutcome {
        state.withLock { state in
            guard state.isCurrent(revision) else { return .stale }
            state.forgetUsage()
            for change in changes { state.apply(change) }
            return .saved(state.catalog.revision)
        }
    }

    @discardableResult
    package func forgetEverything() async throws(StoreError) -> CatalogRevision {
        state.withLock { state in
            state.forgetEverything()
            return state.catalog.revision
        }
    }

    package func usage(
        _ filter: UsageFilter, after cursor: String?, within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<RecordedUsage> {
        let matching = state.withLock { state in state.records.filter(filter.includes) }
        let sorted = matching.enumerated().sorted { left, right in
            (left.element.timestamp.hour, left.offset) < (
                right.element.timestamp.hour, right.offset
            )
        }
        return try page(sorted.map(\.element), after: cursor, bounds, size: \.byteCount)
    }

    package func totals(
        of filter: UsageFilter, by groupings: [UsageGrouping], after cursor: String?,
        within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<UsageTotal> {
        var totals: [[ExactText?]: UsageTotal] = [:]
        for record in state.withLock(\.records) where filter.includes(record) {
            let members = groupings.map { record.member($0) }
            let group = members.map { $0.map(ExactText.init) }
            var total =
                totals[group]
                ?? UsageTotal(group: members, quantity: QuantitySum(), records: 0, billedTwice: 0)
            total.quantity += record.quantity
            total.records += 1
            total.billedTwice += record.isBilledTwice ? 1 : 0
            totals[group] = total
        }
        let sorted = totals.sorted { left, right in
            left.key.lexicographicallyPrecedes(right.key, by: isBefore)
        }
        return try page(sorted.map(\.value), after: cursor, bounds, size: \.byteCount)
    }

    package func usedDimensions(of productCode: String) async throws(StoreError) -> Set<ExactText> {
        let records = state.withLock(\.records)
        return Set(
            records.map(\.series).filter { $0.productCode.hasSameBytes(as: productCode) }
                .map { ExactText($0.dimension) })
    }

    package func waitingDeliveries() async throws(StoreError) -> [WaitingDeliveries] {
        let waiting = state.withLock(\.deliveries).filter { $0.state == .waiting }
        return Dictionary(grouping: waiting) { ExactText($0.target) }.map { target, deliveries in
            WaitingDeliveries(
                target: target.text, count: deliveries.count,
                oldestEvent: deliveries.map(\.event).min() ?? 0)
        }.sorted { ExactText($0.target) < ExactText($1.target) }
    }

    /// Memory has no transactions.
    package var activity: StoreActivity { StoreActivity() }

    /// Memory has no pages that a disk could change.
    package var findings: [String] { [] }

    package func backup() async throws(StoreError) -> StoreCopy? { nil }

    /// How many client tokens it remembers.
    package var rememberedTokens: Int { state.withLock(\.tokens.count) }

    package func close() async {}
}

/// The part of a list that begins where the cursor says, which is a count of what came before.
private func page<Item>(
    _ items: [Item], after cursor: String?, _ bounds: PageBounds, size: (Item) -> Int
) throws(StoreError) -> ReportPage<Item> {
    // No cursor was given out for more than there is; adding to one would overflow.
    guard
        let start = WholeNumber.read(cursor ?? "0", in: 0...Int64(items.count)).map(Int.init)
    else {
        throw StoreError(.unknownCursor, cause: "not a count of what there is")
    }
    var left = bounds
    let shown = items[start...].prefix { left.take(size($0)) }
    return ReportPage(
        items: Array(shown),
        nextCursor: shown.endIndex < items.count ? String(shown.endIndex) : nil)
}

/// The order of groups: what has no such member comes first, then by bytes.
private func isBefore(_ left: ExactText?, _ right: ExactText?) -> Bool {
    guard let right else { return false }
    return left.map { $0 < right } ?? true
}

extension UsageFilter {
    fileprivate func includes(_ record: RecordedUsage) -> Bool {
        includes(record.series, at: record.timestamp)
    }
}

private struct HourKey: Hashable {
    let series: UsageSeries
    let hour: Hour
}

private struct State {
    var catalog = Catalog()
    /// The facts that are looked up.
    var facts: [CatalogFact.Key: CatalogFact] = [:]
    var log = CatalogLog()
    /// The number of the last event, forgotten ones included.
    var lastEvent: Int64 = 0
    /// The number of the last delivery, forgotten ones included.
    var lastDelivery: Int64 = 0
    var events: [NumberedEvent] = []
    /// By ascending number.
    var deliveries: [Delivery] = []
    /// By target.
    var claims: [ExactText: DeliveryClaim] = [:]
    var records: [RecordedUsage] = []
    var byHour: [HourKey: Int] = [:]
    var tokens = RememberedTokens()

    /// The first record of this usage in another space, whose licence or product does not matter.
    var byUsage: [HourKey: [Int]] = [:]

    /// Whether entries that were decided on a revision may be recorded.
    func admits(_ revision: CatalogRevision?) -> Bool {
        revision.map(catalog.revision.admits) ?? true
    }

    /// Whether a change that was made on a revision may be saved.
    func isCurrent(_ revision: CatalogRevision?) -> Bool {
        revision.map { $0.number == catalog.revision.number } ?? true
    }

    mutating func revise(_ change: CatalogRevision.Change) {
        catalog.revision = catalog.revision.next(after: change)
    }

    func hasUsage(of productCode: String) -> Bool {
        let code = ExactText(productCode)
        return records.contains { ExactText($0.series.productCode) == code }
    }

    /// Forgets usage and what happened; numbers and revisions are not given again.
    mutating func forgetUsage() {
        self = State(
            catalog: catalog, facts: facts.filter { $0.key.kind != .registeredWorkload }, log: log,
            lastEvent: lastEvent, lastDelivery: lastDelivery)
        revise(.forgetsUsage)
    }

    /// Forgets all but the numbers that were given.
    mutating func forgetEverything() {
        let revision = catalog.revision.next(after: .forgetsEverything)
        self = State(
            log: CatalogLog(after: revision.number), lastEvent: lastEvent,
            lastDelivery: lastDelivery)
        catalog.revision = revision
    }

    mutating func apply(_ change: CatalogChange) {
        if let key = change.key {
            log.add(key, catalog.revision.number)
            if key.kind.isLookedUp { return look(after: change) }
        }
        catalog.apply(change)
        switch change {
        case .put: break
        case .remove(let key):
            guard key.kind == .eventTarget else { return }
            deliveries.removeAll { $0.target.hasSameBytes(as: key.id) }
            claims[ExactText(key.id)] = nil
        case .publish(let event, let planned):
            lastEvent += 1
            events.append(NumberedEvent(number: lastEvent, event: event))
            for delivery in planned {
                lastDelivery += 1
                deliveries.append(delivery.delivery(number: lastDelivery, event: lastEvent))
            }
        }
    }

    /// How the fact of a key is now.
    func current(_ key: CatalogFact.Key) -> CatalogChange {
        guard key.kind.isLookedUp else { return catalog.current(key) }
        return facts[key].map { .put($0) } ?? .remove(key)
    }

    private mutating func look(after change: CatalogChange) {
        switch change {
        case .put(let fact): facts[fact.key] = fact
        case .remove(let key): if key.kind.isRemovable { facts[key] = nil }
        case .publish: break
        }
    }

    mutating func record(_ entry: UsageEntry) -> RecordOutcome {
        if let token = entry.clientToken,
            let known = tokens.find(token),
            entry.recordedAt < known.expiresAt
        {
            return known.requestDigest == token.requestDigest
                ? .tokenReplayed(known.id) : .tokenConflict
        }
        let key = HourKey(series: entry.series, hour: entry.timestamp.hour)
        if entry.isOncePerHour, let index = byHour[key] {
            return meet(records[index], with: entry)
        }
        let twin = twin(of: entry)
        if entry.isOncePerHour { byHour[key] = records.count }
        byUsage[usageKey(entry), default: []].append(records.count)
        records.append(RecordedUsage(entry, isBilledTwice: twin != nil))
        remember(entry, id: entry.id)
        return .recorded(
            entry.id, billedTwiceWith: twin.map { EarlierRecord($0, metBy: entry) })
    }

    private func usageKey(_ entry: UsageEntry) -> HourKey {
        var series = entry.series
        if series.space.hasTwin {
            series = UsageSeries(
                space: .product, productCode: series.productCode,
                buyerAccountID: series.buyerAccountID, resourceID: series.resourceID,
                dimension: series.dimension, region: series.region)
        }
        return HourKey(series: series, hour: entry.timestamp.hour)
    }

    /// The first record of the same usage in the other of the two spaces.
    private func twin(of entry: UsageEntry) -> RecordedUsage? {
        guard entry.series.space.hasTwin else { return nil }
        return byUsage[usageKey(entry)]?.map { records[$0] }
            .first { $0.series.space.hasTwin && $0.series.space != entry.series.space }
    }

    private mutating func meet(_ first: RecordedUsage, with entry: UsageEntry) -> RecordOutcome {
        let earlier = EarlierRecord(first, metBy: entry)
        guard first.quantity == entry.quantity else { return .conflict(earlier) }
        remember(entry, id: first.id)
        return .alreadyRecorded(earlier)
    }

    private mutating func remember(_ entry: UsageEntry, id: MeteringRecordID) {
        guard let token = entry.clientToken else { return }
        tokens.remember(token, id: id, at: entry.recordedAt)
    }
}

extension EarlierRecord {
    fileprivate init(_ record: RecordedUsage, metBy entry: UsageEntry) {
        self.init(
            id: record.id, quantity: record.quantity, timestamp: record.timestamp,
            recordedAt: record.recordedAt,
            hasSameAllocations: entry.hasAllocations(record.allocations))
    }
}
