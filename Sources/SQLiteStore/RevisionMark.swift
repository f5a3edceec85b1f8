import GRDBSQLite
import Marketplace

/// The revision of the catalog, as the file has it and as the writer knows it.
///
/// The number is in the file's header, which is written in the same transaction as what the
/// revision is about; so it says the truth also after a transaction of which nobody knows whether
/// it was stored. Used on the writing connection only.
struct RevisionMark {
    private let connection: OpaquePointer
    private(set) var current: CatalogRevision
    /// The revision before the transaction that is under way.
    private var before: CatalogRevision

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        self.connection = connection
        current = try Self.stored(on: connection)
        before = current
    }

    /// The revision in the file; that usage was forgotten before it is taken for granted, because
    /// the file does not say.
    static func stored(on connection: OpaquePointer) throws(SQLiteFailure) -> CatalogRevision {
        let statement = try Statement("PRAGMA user_version", on: connection)
        defer { statement.reset() }
        let number = try statement.step() ? statement.integer(0) : 0
        return CatalogRevision(number: number, forgottenAt: number)
    }

    /// Whether entries that were decided on a revision may be recorded.
    func holds(_ revision: CatalogRevision?) -> Bool {
        revision.map { $0.number == current.number } ?? true
    }

    /// Goes on to the next revision, in the transaction that is under way.
    mutating func advance(hasForgotten: Bool) throws(SQLiteFailure) {
        var next = current.next(hasForgotten: hasForgotten)
        if Int32(exactly: next.number) == nil {
            // The header has 32 bits. Only a file that was damaged or changed by hand gets here.
            next = CatalogRevision(number: 1, forgottenAt: 1)
        }
        try Statement("PRAGMA user_version = \(next.number)", on: connection).run()
        current = next
    }

    mutating func begin() {
        before = current
    }

    /// Goes back to the revision before the transaction, which is undone.
    mutating func undo() {
        current = before
    }
}
