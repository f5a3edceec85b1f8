package import MeteringAPI

/// Gives a copy of a store's file part by part; nil at the end.
package typealias StoreCopy = @Sendable () async throws -> [UInt8]?

/// Where a whole marketplace is kept: its catalog, its usage, and the reports over it.
///
/// Every implementation passes the same suite.
package protocol MarketplaceStore: UsageLedger {
    /// Reads the catalog as it was last saved, with its revision, without the facts that are looked
    /// up.
    func loadCatalog() async throws(StoreError) -> Catalog

    /// Looks facts up: in the order of their moments where those are asked for, else of their ids.
    func facts(_ query: FactQuery) async throws(StoreError) -> [CatalogFact]

    /// How many workloads there are that no known credential stands for.
    func assumedWorkloads() async throws(StoreError) -> Int

    /// What happened to the catalog after a revision; nil where the store cannot say, because that
    /// revision is too old or none of its own, or everything was forgotten since.
    ///
    /// It can say of each of the last `MarketplaceLimits.rememberedRevisions`. A server that was
    /// overtaken by another brings its catalog up to date with it.
    func catalogChanges(
        after revision: CatalogRevision
    ) async throws(StoreError) -> CatalogUpdate?

    /// Saves the changes in order, durably, all or none; a later one of the same key wins.
    ///
    /// Changes of facts make another revision. Each event gets a greater number than any before,
    /// also than those that were forgotten.
    ///
    /// Nothing is saved where the catalog has another revision than the expected one; nil is for
    /// changes that hang on no others. Where products are named they must have no usage when the
    /// changes are stored, and usage that was decided before is not recorded after it.
    func save(
        _ changes: [CatalogChange], expecting revision: CatalogRevision?,
        ifUnused products: Set<ExactText>
    ) async throws(StoreError) -> SaveOutcome

    /// What happened after an event of this number, in order, within the bounds; 0 is before all.
    func events(
        after number: Int64, within bounds: PageBounds
    ) async throws(StoreError) -> [NumberedEvent]

    /// Deliveries after one of this number that the filter includes, in order, at most `limit`.
    ///
    /// They come into being with their event, and those of a target go when it is removed.
    func deliveries(
        _ filter: DeliveryFilter, after number: Int64, limit: Int
    ) async throws(StoreError) -> [Delivery]

    /// What waits to be delivered to a target: at most `limit` of what is due by this real time.
    func outbox(
        of target: String, at time: Timestamp, limit: Int
    ) async throws(StoreError) -> Outbox

    /// Claims a target for a server until a real time, and gives the claim that holds from now on:
    /// another server's where it has not ended by this time.
    ///
    /// A server may claim a target again, also after it was started again, and ends a claim by
    /// claiming it until now. Claims go with their target, and with usage.
    func claim(
        _ target: String, for claimant: String, at time: Timestamp, until end: Timestamp
    ) async throws(StoreError) -> DeliveryClaim

    /// Stores what became of an attempt to deliver; false where the delivery is not there any more,
    /// or where the server was not the last to claim its target.
    func settle(_ delivery: Delivery, by claimant: String) async throws(StoreError) -> Bool

    /// Forgets every record, client token, workload, event and delivery and saves the changes, all
    /// or none.
    ///
    /// Nothing that was decided before is recorded after it. The expected revision counts as in
    /// `save`.
    @discardableResult
    func forgetUsage(
        saving changes: [CatalogChange], expecting revision: CatalogRevision?
    ) async throws(StoreError) -> SaveOutcome

    /// Forgets all that there is, the catalog included, which gets another revision.
    @discardableResult
    func forgetEverything() async throws(StoreError) -> CatalogRevision

    /// The records that the filter includes, by hour from the oldest, within the bounds.
    ///
    /// Records of one hour come in an order of the store's own, which stays as it is. A cursor
    /// that it never gave out throws `unknownCursor`.
    func usage(
        _ filter: UsageFilter, after cursor: String?, within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<RecordedUsage>

    /// Sums of the records that the filter includes, a row for each group, ordered by group.
    ///
    /// Members are compared by bytes, and a missing one comes first. Without groupings there is
    /// one row, or none where nothing is recorded.
    func totals(
        of filter: UsageFilter, by groupings: [UsageGrouping], after cursor: String?,
        within bounds: PageBounds
    ) async throws(StoreError) -> ReportPage<UsageTotal>

    /// The dimensions of the product that have usage.
    func usedDimensions(of productCode: String) async throws(StoreError) -> Set<ExactText>

    /// What waits to be delivered, for each target with something that waits, in the order of the
    /// targets' ids.
    func waitingDeliveries() async throws(StoreError) -> [WaitingDeliveries]

    /// What the store has done since it was opened; to ask costs next to nothing.
    var activity: StoreActivity { get }

    /// Sentences about what was found to be damaged since the store was opened, and still is.
    var findings: [String] { get }

    /// The parts of a copy of the store's file as it is at this moment, one after the other, nil at
    /// the end; nil where there is no file. It throws where a part of the file is damaged.
    func backup() async throws(StoreError) -> StoreCopy?

    /// Finishes what is under way and lets go of files and threads; nothing may be asked after.
    func close() async
}

extension MarketplaceStore {
    /// Saves changes that hang on no usage, and on no other changes.
    package func save(_ changes: [CatalogChange]) async throws(StoreError) {
        _ = try await save(changes, expecting: nil, ifUnused: [])
    }
}

// Parts of lists that are bounded by their items alone.
extension MarketplaceStore {
    package func events(
        after number: Int64, limit: Int
    ) async throws(StoreError) -> [NumberedEvent] {
        try await events(after: number, within: PageBounds(items: limit))
    }

    package func usage(
        _ filter: UsageFilter, after cursor: String?, limit: Int
    ) async throws(StoreError) -> ReportPage<RecordedUsage> {
        try await usage(filter, after: cursor, within: PageBounds(items: limit))
    }

    package func totals(
        of filter: UsageFilter, by groupings: [UsageGrouping], after cursor: String?, limit: Int
    ) async throws(StoreError) -> ReportPage<UsageTotal> {
        try await totals(
            of: filter, by: groupings, after: cursor, within: PageBounds(items: limit))
    }
}
