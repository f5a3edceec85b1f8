/// Why a change of the catalog is refused; it names all that was found.
package struct Contradiction: Error, Sendable, Hashable {
    /// Why an edit is refused.
    package enum Kind: Sendable, Hashable {
        /// The request makes no sense by itself, or refers to what does not exist.
        case invalid
        /// What should be changed does not exist.
        case notFound
        /// The request contradicts what the marketplace already knows.
        case conflict
    }

    /// A member of the request and what is wrong with it.
    package struct Objection: Sendable, Hashable {
        package var field: String
        package var reason: String

        package init(_ field: String, _ reason: String) {
            self.field = field
            self.reason = reason
        }
    }

    package var kind: Kind
    package var objections: [Objection]

    package init(_ kind: Kind, _ objections: [Objection]) {
        self.kind = kind
        self.objections = objections
    }

    package init(_ kind: Kind, _ field: String, _ reason: String) {
        self.init(kind, [Objection(field, reason)])
    }
}

/// Collects what is wrong with one request, those of its own before those of the marketplace.
struct ObjectionCollector {
    private var invalid: [Contradiction.Objection] = []
    private var conflicts: [Contradiction.Objection] = []

    mutating func check(
        _ holds: Bool, _ field: String, _ reason: @autoclosure () -> String
    ) {
        if !holds { invalid.append(Contradiction.Objection(field, reason())) }
    }

    mutating func conflict(
        unless holds: Bool, _ field: String, _ reason: @autoclosure () -> String
    ) {
        if !holds { conflicts.append(Contradiction.Objection(field, reason())) }
    }

    func finish() throws(Contradiction) {
        if !invalid.isEmpty { throw Contradiction(.invalid, invalid) }
        if !conflicts.isEmpty { throw Contradiction(.conflict, conflicts) }
    }
}
