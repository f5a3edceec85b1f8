/// Why a durable file did not do what was asked of it.
package struct WriteError: Error, Sendable {
    /// What that means for whoever asked.
    package enum Reason: Sendable {
        /// Nothing of it is stored.
        case notStored
        /// More waits than may; nothing of it is stored.
        case overloaded
        /// What it needs is not what was written; nothing of it is stored.
        case damaged
        /// A restart may find it stored, or not.
        case unknownOutcome
    }

    package let reason: Reason
    /// A sentence or a part of one.
    package let cause: String

    init(_ reason: Reason, cause: String) {
        self.reason = reason
        self.cause = cause
    }

    /// Why something could not be read or written that left nothing behind.
    init(_ failure: SQLiteFailure, guardedBy pages: PageGuard) {
        self.init(failure.isDamage ? .damaged : .notStored, cause: pages.explain(failure))
    }

    static let closed = WriteError(.notStored, cause: "the store is closed")
}
