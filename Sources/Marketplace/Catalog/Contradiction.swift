/// Why a change of the catalog is refused; it names every fault that was found.
package struct Contradiction: Error, Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The request makes no sense by itself, or refers to what does not exist.
        case invalid
        /// What should be changed does not exist.
        case notFound
        /// The request contradicts what the marketplace already knows.
        case conflict
    }

    /// One fault: a member of the request and what is wrong with it.
    package struct Fault: Sendable, Hashable {
        package var field: String
        package var reason: String

        package init(_ field: String, _ reason: String) {
            self.field = field
            self.reason = reason
        }
    }

    package var kind: Kind
    package var faults: [Fault]

    package init(_ kind: Kind, _ faults: [Fault]) {
        self.kind = kind
        self.faults = faults
    }

    package init(_ kind: Kind, _ field: String, _ reason: String) {
        self.init(kind, [Fault(field, reason)])
    }
}

/// Collects the faults of one request, those of its own before those of the marketplace.
struct FaultCollector {
    private var invalid: [Contradiction.Fault] = []
    private var conflicts: [Contradiction.Fault] = []

    mutating func check(
        _ holds: Bool, _ field: String, _ reason: @autoclosure () -> String
    ) {
        if !holds { invalid.append(Contradiction.Fault(field, reason())) }
    }

    mutating func conflict(
        unless holds: Bool, _ field: String, _ reason: @autoclosure () -> String
    ) {
        if !holds { conflicts.append(Contradiction.Fault(field, reason())) }
    }

    func finish() throws(Contradiction) {
        if !invalid.isEmpty { throw Contradiction(.invalid, invalid) }
        if !conflicts.isEmpty { throw Contradiction(.conflict, conflicts) }
    }
}
