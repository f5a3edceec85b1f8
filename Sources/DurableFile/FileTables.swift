/// The tables of a durable file as its one writer has them, and what is kept of them in memory.
///
/// It is called in a transaction of the writing connection, and nowhere else.
package protocol FileTables: SendableMetatype {
    /// What is to be done.
    associatedtype Work: FileWork
    /// What became of it.
    associatedtype Answer: Sendable

    /// Called before each transaction.
    mutating func begin()
    /// Does the work of one caller; one that is refused, or that damage is in the way of, has
    /// written nothing.
    mutating func perform(_ work: Work, guarding pages: PageGuard) throws(SQLiteFailure) -> Answer
    /// Writes what the transaction has collected, before it is committed.
    mutating func flush() throws(SQLiteFailure)
    /// Forgets what a transaction that is undone may have put into memory; says whether the same
    /// work may succeed in another.
    mutating func undo(after failure: SQLiteFailure) -> Bool
    /// Called when a transaction is on the disk.
    mutating func didCommit(calls: Int, seconds: Double)
}

/// What a caller of a durable file wants to have done.
package protocol FileWork: Sendable {
    /// How much room it takes in the queue.
    var weight: Int { get }
}
