package import MeteringAPI

/// Where usage is kept.
///
/// Every implementation passes the same suite.
package protocol UsageLedger: Sendable {
    /// Records each entry at most once, durably, and says in their order what became of them.
    ///
    /// Entries of one call are recorded together or not at all, and are decided in order: the
    /// second of two with one key meets the first. When the call returns, what it reports is on
    /// stable storage. A cancelled caller is answered like any other, so that it can know.
    ///
    /// Throws `outdated` where the store's revision does not admit usage that was decided on this
    /// one; nil is for entries that no catalog was asked about.
    func record(
        _ entries: [UsageEntry], decidedOn revision: CatalogRevision?
    ) async throws(StoreError) -> [RecordOutcome]
}

/// What became of an entry.
///
/// A duplicate is an outcome; only the machinery throws.
package enum RecordOutcome: Sendable, Hashable {
    /// It is the first of its key. Where the same usage was already recorded in the other of the
    /// two spaces (by product, by licence), the buyer is now billed twice, and the earliest such
    /// record is here.
    case recorded(MeteringRecordID, billedTwiceWith: EarlierRecord?)
    /// The same quantity was recorded before.
    case alreadyRecorded(EarlierRecord)
    /// Another quantity was recorded before, and stays.
    case conflict(EarlierRecord)
    /// The token came before with the same request, which was answered with this id.
    case tokenReplayed(MeteringRecordID)
    /// The token came before with another request.
    case tokenConflict
}

/// The record that an entry met.
package struct EarlierRecord: Sendable, Hashable {
    package var id: MeteringRecordID
    package var quantity: Quantity
    package var timestamp: Timestamp
    package var recordedAt: Timestamp
    /// Whether its allocations are those of the entry that met it.
    package var hasSameAllocations: Bool

    package init(
        id: MeteringRecordID, quantity: Quantity, timestamp: Timestamp, recordedAt: Timestamp,
        hasSameAllocations: Bool
    ) {
        self.id = id
        self.quantity = quantity
        self.timestamp = timestamp
        self.recordedAt = recordedAt
        self.hasSameAllocations = hasSameAllocations
    }
}

/// The machinery of a store failed.
package struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, and what is known of the state after it.
    package enum Code: Sendable, Hashable, CaseIterable {
        /// More waits to be recorded than the store's bound; nothing was stored.
        case overloaded
        /// A cursor that this store never gave out.
        case unknownCursor
        /// The entries were decided on a revision that they must not be recorded after; nothing was
        /// stored.
        case outdated
        /// Nothing was stored, and the store knows it.
        case notStored
        /// What would have to be read is damaged, so that it cannot be said; nothing was stored.
        case damaged
        /// Whether it was stored is unknown until the same request is sent again.
        case unknownOutcome
    }

    package let code: Code
    /// What failed, for the log.
    package let cause: String

    package init(_ code: Code, cause: String) {
        self.code = code
        self.cause = cause
    }

    package var description: String { "\(code): \(cause)" }

    /// What a store throws for entries that were decided on another revision than its own.
    package static let outdated = StoreError(
        .outdated, cause: "the catalog has changed since the usage was decided")
}
