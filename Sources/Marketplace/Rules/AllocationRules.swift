import MeteringAPI

/// How a quantity may be split by tags (developer guide, "Vendor-metered tagging").
enum AllocationRules {
    /// The greatest number of different tag keys in one record.
    static let distinctTagKeys = 5

    /// Refuses tags that a record may not carry.
    static func checkTags(_ allocations: [UsageAllocation]?, at index: Int?) throws(Refusal) {
        guard let allocations else { return }
        var keys: Set<String> = []
        for (position, allocation) in allocations.enumerated() {
            let names = (allocation.tags ?? []).compactMap(\.key)
            guard Set(names).count == names.count else {
                throw Refusal(
                    .invalidTag, .tags,
                    "allocation \(position + 1) carries one tag key twice", at: index)
            }
            keys.formUnion(names)
        }
        guard keys.count <= distinctTagKeys else {
            throw Refusal(
                .invalidTag, .tags,
                "the record's allocations use \(keys.count) different tag keys; 5 are allowed",
                at: index)
        }
    }

    /// The allocations to record; refuses those that do not add up to the quantity.
    static func recorded(
        _ allocations: [UsageAllocation]?, of sent: SentQuantity, _ quantity: Quantity,
        at index: Int?
    ) throws(Refusal) -> [RecordedAllocation] {
        guard let allocations else { return [] }
        try checkForms(allocations, of: sent, at: index)
        var sum = QuantitySum()
        var tagSets: Set<[String: String]> = []
        var recorded: [RecordedAllocation] = []
        recorded.reserveCapacity(allocations.count)
        for (position, allocation) in allocations.enumerated() {
            let part = allocation.quantity.quantity ?? .zero
            sum += part
            let tags = Dictionary(
                (allocation.tags ?? []).map { ($0.key ?? "", $0.value ?? "") },
                uniquingKeysWith: { first, _ in first })
            guard tagSets.insert(tags).inserted else {
                throw Refusal(
                    .invalidUsageAllocations, .allocations,
                    "allocation \(position + 1) has the same tags as one before it", at: index)
            }
            recorded.append(RecordedAllocation(quantity: part, tags: tags))
        }
        guard sum == QuantitySum(quantity) else {
            throw Refusal(
                .invalidUsageAllocations, .allocations,
                "the allocations sum to \(sum), the quantity is \(quantity)", at: index)
        }
        return recorded
    }

    /// Every allocation speaks in the form of the record's quantity, or all in one form where the
    /// record has none.
    private static func checkForms(
        _ allocations: [UsageAllocation], of sent: SentQuantity, at index: Int?
    ) throws(Refusal) {
        let quantities = sent == SentQuantity() ? [] : [sent]
        let forms = (quantities + allocations.map(\.quantity)).map { $0.decimal != nil }
        guard let first = forms.first, let odd = forms.firstIndex(of: !first) else { return }
        let position = odd + 1 - quantities.count
        throw Refusal(
            .invalidUsageAllocations, .allocations,
            "allocation \(position) is \(first ? "a whole number" : "a decimal"), unlike "
                + (quantities.isEmpty ? "the allocations before it" : "the record's quantity"),
            at: index)
    }
}
