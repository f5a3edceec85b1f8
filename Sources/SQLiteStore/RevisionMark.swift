import DurableFile
import GRDB
import GRDBSQLite
import Marketplace

/// The revision of the catalog, as the file has it and as the writer knows it.
///
/// It is written in the transaction of what the revision is about, so it says the truth also after
/// one of which nobody knows whether it was stored. Used on the writing connection only.
struct RevisionMark {
    private let replace: PreparedStatement
    private var stored: Stored
    /// What was stored before the transaction that is under way.
    private var before: Stored

    /// The revision, and since when the changes of facts are in the log of changes.
    private struct Stored {
        var revision: CatalogRevision
        /// The revision after which each change is in the log.
        var loggedAfter: Int64
    }

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        replace = try Self.replacing(on: connection)
        stored = try Self.read(on: connection)
        before = stored
    }

    private static let columns =
        "id, number, fence, forgotten_at, emptied_at, logged_after, checksum"

    private static func read(on connection: OpaquePointer) throws(SQLiteFailure) -> Stored {
        let rows = try PreparedStatement("SELECT \(columns) FROM catalog_revision", on: connection)
        guard try rows.step() else { throw damaged }
        let numbers = (1...5).map { rows.integer($0) }
        guard checksum(numbers) == rows.integer(6) else { throw damaged }
        return Stored(
            revision: CatalogRevision(
                number: numbers[0], fence: numbers[1], forgottenAt: numbers[2],
                emptiedAt: numbers[3]),
            loggedAfter: numbers[4])
    }

    private static var damaged: SQLiteFailure {
        SQLiteFailure(
            code: SQLITE_CORRUPT, message: "the revision of the catalog is not what was written")
    }

    private static func checksum(_ numbers: [Int64]) -> Int64 {
        var checksum = Checksum()
        for number in numbers { checksum.add(number) }
        return checksum.value
    }

    /// The revision in the file.
    static func stored(on connection: OpaquePointer) throws(SQLiteFailure) -> CatalogRevision {
        try read(on: connection).revision
    }

    /// What is wrong with the revision and the log of changes, as sentences.
    static func findings(on connection: OpaquePointer) throws(SQLiteFailure) -> [String] {
        do {
            let stored = try read(on: connection)
            _ = try CatalogLog.keys(after: stored.loggedAfter, on: connection)
            return []
        } catch {
            guard error.isDamage else { throw error }
            return [error.message]
        }
    }

    /// Gives the file of an earlier format, which had one number in its header, its revision.
    static func adopt(_ database: Database) throws {
        let connection = try database.pointer
        let header = try PreparedStatement("PRAGMA user_version", on: connection)
        let number = try header.step() ? max(header.integer(0), 0) : 0
        let revision = CatalogRevision(
            number: number, fence: number, forgottenAt: number, emptiedAt: number)
        try Self.write(
            Stored(revision: revision, loggedAfter: number), by: replacing(on: connection))
    }

    /// Copies the revision of a file to one that has another.
    static func copy(
        from source: OpaquePointer, to target: OpaquePointer
    ) throws(SQLiteFailure) {
        try write(try read(on: source), by: replacing(on: target))
    }

    /// Lets the log of changes begin anew, with no changes in it.
    static func forgetChanges(on connection: OpaquePointer) throws(SQLiteFailure) {
        var stored = try read(on: connection)
        stored.loggedAfter = stored.revision.number
        try write(stored, by: replacing(on: connection))
        try CatalogLog(on: connection).forget(through: stored.loggedAfter)
    }

    private static func replacing(
        on connection: OpaquePointer
    ) throws(SQLiteFailure) -> PreparedStatement {
        try PreparedStatement(
            "INSERT OR REPLACE INTO catalog_revision (\(columns)) VALUES (1, ?, ?, ?, ?, ?, ?)",
            on: connection)
    }

    private static func write(_ stored: Stored, by statement: PreparedStatement)
        throws(SQLiteFailure)
    {
        let revision = stored.revision
        let numbers = [
            revision.number, revision.fence, revision.forgottenAt, revision.emptiedAt,
            stored.loggedAfter,
        ]
        for (index, number) in numbers.enumerated() { statement.bind(Int32(index + 1), number) }
        statement.bind(6, checksum(numbers))
        try statement.run()
    }

    /// The revision within the transaction.
    var current: CatalogRevision { stored.revision }

    /// Whether entries that were decided on a revision may be recorded.
    func admits(_ revision: CatalogRevision?) -> Bool { revision.map(current.admits) ?? true }

    /// Whether a change that was made on a revision may be saved.
    func isCurrent(_ revision: CatalogRevision?) -> Bool {
        revision.map { $0.number == current.number } ?? true
    }

    /// Goes on to the next revision, in the transaction that is under way; gives the revision up to
    /// which the log of changes is not needed any more, where that is another than before.
    ///
    /// A change that is too large to be followed is not logged: the log begins behind it.
    mutating func advance(
        after change: CatalogRevision.Change, isLogged: Bool
    ) throws(SQLiteFailure) -> Int64? {
        let next = current.next(after: change)
        var loggedAfter = stored.loggedAfter
        if change == .forgetsEverything || !isLogged {
            loggedAfter = next.number
        } else if next.number - loggedAfter > 2 * MarketplaceLimits.rememberedRevisions {
            // As many again are kept before the old ones go, so that they go in bulk.
            loggedAfter = next.number - MarketplaceLimits.rememberedRevisions
        }
        defer { stored.loggedAfter = loggedAfter }
        stored.revision = next
        try Self.write(Stored(revision: next, loggedAfter: loggedAfter), by: replace)
        return loggedAfter == stored.loggedAfter ? nil : loggedAfter
    }

    mutating func begin() {
        before = stored
    }

    /// Goes back to the revision before the transaction, which is undone.
    mutating func undo() {
        stored = before
    }
}

extension RevisionMark {
    /// The keys of the facts that were changed after a revision, and the revision now; nil where
    /// the log does not reach back to it.
    static func changes(
        after revision: CatalogRevision, on connection: OpaquePointer
    ) throws(SQLiteFailure) -> (keys: [CatalogFact.Key], revision: CatalogRevision)? {
        let stored = try read(on: connection)
        guard (stored.loggedAfter...stored.revision.number).contains(revision.number) else {
            return nil
        }
        return (
            try CatalogLog.keys(after: revision.number, on: connection), stored.revision
        )
    }
}
