import MeteringAPI

extension SeededGenerator {
    mutating func usageRecord() -> UsageRecord {
        var record = UsageRecord()
        record.timestamp = maybe { $0.timestamp() }
        record.customerIdentifier = maybe { $0.text(maximumLength: 12) }
        record.customerAWSAccountID = maybe { $0.text(maximumLength: 12) }
        record.dimension = maybe { $0.text(maximumLength: 12) }
        record.licenseARN = maybe { $0.text(maximumLength: 12) }
        record.quantity = quantity()
        record.allocations = maybe { $0.allocations() }
        return record
    }

    mutating func allocations() -> [UsageAllocation] {
        (0..<Int.random(in: 0...3, using: &self)).map { _ in
            UsageAllocation(quantity: quantity(), tags: tags())
        }
    }

    mutating func timestamp() -> Timestamp {
        Timestamp(
            milliseconds: Int64.random(in: .min ... .max, using: &self)
                >> Int64.random(in: 0..<63, using: &self))
    }

    mutating func quantity() -> SentQuantity {
        SentQuantity(
            integer: maybe { Int64.random(in: -5...Int64(Int32.max) + 5, using: &$0) },
            decimal: maybe { $0.text(maximumLength: 20) })
    }

    private mutating func tags() -> [MeteringAPI.Tag]? {
        maybe { generator in
            (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                MeteringAPI.Tag(
                    key: generator.maybe { $0.text(maximumLength: 5) },
                    value: generator.maybe { $0.text(maximumLength: 5) })
            }
        }
    }

    /// A value, or nothing one time in four.
    mutating func maybe<Value>(_ value: (inout SeededGenerator) -> Value) -> Value? {
        chance(oneIn: 4) ? nil : value(&self)
    }
}
