package import MeteringAPI

/// Which of its catalogs a store had when a request was decided.
///
/// A store gives its catalog another revision when usage that was decided on an earlier one must
/// not be recorded any more: when something was forgotten, or when a product lost what usage hangs
/// on. Other changes leave it as it is, so that requests under way need not be decided again.
package struct CatalogRevision: Sendable, Hashable {
    /// The revision's number, which no earlier revision of the store has had.
    package var number: Int64
    /// The number of the first revision after usage was last forgotten, as far as is known.
    package var forgottenAt: Int64

    package init(number: Int64 = 0, forgottenAt: Int64 = 0) {
        self.number = number
        self.forgottenAt = forgottenAt
    }

    /// Whether usage was forgotten after the earlier revision.
    package func hasForgotten(since earlier: CatalogRevision) -> Bool {
        earlier.number < forgottenAt
    }

    /// The revision after this one.
    package func next(hasForgotten: Bool) -> CatalogRevision {
        CatalogRevision(number: number + 1, forgottenAt: hasForgotten ? number + 1 : forgottenAt)
    }
}

/// What became of changes that a store was asked to save.
package enum SaveOutcome: Sendable, Hashable {
    /// They are stored, and the catalog has this revision.
    case saved(CatalogRevision)
    /// Nothing is stored: these products, which should have had no usage, have some.
    case used(products: Set<ExactText>)
}
