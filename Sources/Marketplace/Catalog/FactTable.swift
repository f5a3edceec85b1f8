import HashTreeCollections
import MeteringAPI

/// Facts by their ids, which are compared byte by byte.
///
/// It is a tree that shares what two copies have in common: an edit works on a copy while requests
/// read the original, and must not cost more where there are many facts.
package struct FactTable<Fact: Sendable>: Sendable {
    private var facts = TreeDictionary<ExactText, Fact>()

    package init() {}

    package var count: Int { facts.count }

    package var isEmpty: Bool { facts.isEmpty }

    /// The ids, in no order.
    package var keys: some Collection<String> { facts.keys.lazy.map(\.text) }

    /// The facts, in no order.
    package var values: some Collection<Fact> { facts.values }

    package internal(set) subscript(id: String) -> Fact? {
        get { facts[ExactText(id)] }
        set { facts[ExactText(id)] = newValue }
    }

    /// The fact of this id, or else the one that is given, to be changed where it is.
    subscript(id: String, default fallback: @autoclosure () -> Fact) -> Fact {
        get { facts[ExactText(id), default: fallback()] }
        _modify { yield &facts[ExactText(id), default: fallback()] }
    }

    /// Puts a fact in the place of the one of its id, which is returned.
    mutating func update(_ fact: Fact, id: String) -> Fact? {
        facts.updateValue(fact, forKey: ExactText(id))
    }
}

extension FactTable: Equatable where Fact: Equatable {}

extension FactTable: ExpressibleByDictionaryLiteral {
    /// Facts as a test writes them; of two with one id, the later one counts.
    package init(dictionaryLiteral elements: (String, Fact)...) {
        for (id, fact) in elements { facts[ExactText(id)] = fact }
    }
}
