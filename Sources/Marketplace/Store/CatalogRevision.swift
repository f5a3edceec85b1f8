package import MeteringAPI

/// The number of a state of a store's catalog, and the numbers of the states that matter to those
/// who knew an earlier one.
///
/// Each change of the catalog makes the next revision. Whoever changes the catalog says which
/// revision the change was made on, and whoever records usage on which it was decided. A change is
/// refused where the store has a later one by then. Usage is refused only where something came in
/// between that it must not overtake: something was forgotten, or a product lost what usage hangs
/// on. So requests under way need not be decided again after each change.
package struct CatalogRevision: Sendable, Hashable {
    /// The revision's number, which no earlier revision of the store has had.
    package var number: Int64
    /// The number of the earliest revision on which usage may have been decided that is recorded.
    package var fence: Int64
    /// The number of the first revision after usage was last forgotten.
    package var forgottenAt: Int64
    /// The number of the first revision after everything was last forgotten.
    package var emptiedAt: Int64

    package init(
        number: Int64 = 0, fence: Int64 = 0, forgottenAt: Int64 = 0, emptiedAt: Int64 = 0
    ) {
        self.number = number
        self.fence = fence
        self.forgottenAt = forgottenAt
        self.emptiedAt = emptiedAt
    }

    /// How a revision comes about.
    package enum Change: Sendable, Hashable, CaseIterable {
        /// Facts of the catalog are put or removed.
        case facts
        /// Facts are changed on which usage may hang that is being recorded.
        case factsOfUsage
        /// Usage is forgotten.
        case forgetsUsage
        /// Everything is forgotten.
        case forgetsEverything
    }

    /// The revision after this one.
    package func next(after change: Change) -> CatalogRevision {
        let next = number + 1
        return CatalogRevision(
            number: next, fence: change == .facts ? fence : next,
            forgottenAt: change == .forgetsUsage || change == .forgetsEverything
                ? next : forgottenAt,
            emptiedAt: change == .forgetsEverything ? next : emptiedAt)
    }

    /// Whether usage that was decided on the other revision is recorded on this one.
    package func admits(usageDecidedOn other: CatalogRevision) -> Bool {
        (fence...number).contains(other.number)
    }

    /// Whether usage was forgotten after the earlier revision.
    package func hasForgotten(since earlier: CatalogRevision) -> Bool {
        earlier.number < forgottenAt
    }

    /// Whether everything was forgotten after the earlier revision.
    package func isEmptied(since earlier: CatalogRevision) -> Bool {
        earlier.number < emptiedAt
    }
}

/// What became of changes that a store was asked to save.
package enum SaveOutcome: Sendable, Hashable {
    /// They are stored, and the catalog has this revision.
    case saved(CatalogRevision)
    /// Nothing is stored: the catalog has another revision than the one that was expected.
    case stale
    /// Nothing is stored: these products, which should have had no usage, have some.
    case used(products: Set<ExactText>)
}

/// What happened to a catalog since an earlier revision.
package struct CatalogUpdate: Sendable {
    /// For each fact that was changed since, how it is now: put, or removed.
    package var changes: [CatalogChange]
    /// The revision that they lead to.
    package var revision: CatalogRevision

    package init(changes: [CatalogChange], revision: CatalogRevision) {
        self.changes = changes
        self.revision = revision
    }
}
