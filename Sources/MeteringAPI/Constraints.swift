// The model's constraints, request by request, in the model's order.

extension BatchMeterUsageRequest {
    /// What in this request breaks the model's constraints; empty when nothing does.
    public func violations(of model: APIModel) -> [Violation] {
        var checker = ConstraintChecker()
        checker.require(usageRecords != nil, "usageRecords")
        let records = usageRecords ?? []
        checker.count(records.count, "usageRecords", in: 0...ModelLimits.usageRecords)
        // By index and inlined, because a copy of a record counts half a dozen references.
        for index in records.indices {
            checker.check(records[index], "usageRecords.\(index + 1).member", model)
        }
        if model.requiresBatchProductCode { checker.require(productCode != nil, "productCode") }
        checker.productCode(productCode, model)
        return checker.violations
    }
}

extension MeterUsageRequest {
    /// What in this request breaks the model's constraints; empty when nothing does.
    public func violations(of model: APIModel) -> [Violation] {
        var checker = ConstraintChecker()
        checker.require(productCode != nil, "productCode")
        checker.productCode(productCode, model)
        checker.require(timestamp != nil, "timestamp")
        checker.require(usageDimension != nil, "usageDimension")
        checker.text(
            usageDimension, "usageDimension", length: 1...ModelLimits.text, pattern: .nonEmpty)
        checker.check(quantity, "usageQuantity", bothMayBeAbsent: true)
        checker.check(allocations, "usageAllocations", model)
        checker.text(clientToken, "clientToken", length: 1...ModelLimits.clientToken)
        return checker.violations
    }
}

extension RegisterUsageRequest {
    /// What in this request breaks the model's constraints; empty when nothing does.
    public func violations(of model: APIModel) -> [Violation] {
        var checker = ConstraintChecker()
        checker.require(productCode != nil, "productCode")
        checker.productCode(productCode, model)
        checker.require(publicKeyVersion != nil, "publicKeyVersion")
        checker.integer(publicKeyVersion, "publicKeyVersion", in: 1...Int64(Int32.max))
        checker.text(nonce, "nonce", length: 0...ModelLimits.text)
        return checker.violations
    }
}

extension ResolveCustomerRequest {
    /// What in this request breaks the model's constraints; empty when nothing does.
    public func violations(of model: APIModel) -> [Violation] {
        var checker = ConstraintChecker()
        checker.require(registrationToken != nil, "registrationToken")
        checker.text(registrationToken, "registrationToken", pattern: .nonEmpty)
        return checker.violations
    }
}

extension ConstraintChecker {
    fileprivate mutating func productCode(_ code: String?, _ model: APIModel) {
        text(
            code, "productCode", length: model.productCodeMinimumLength...ModelLimits.text,
            pattern: .productCode)
    }

    @inline(__always)
    fileprivate mutating func check(
        _ record: UsageRecord, _ path: @autoclosure () -> String, _ model: APIModel
    ) {
        require(record.timestamp != nil, path() + ".timestamp")
        if model.requiresCustomerIdentifier {
            require(record.customerIdentifier != nil, path() + ".customerIdentifier")
        }
        text(
            record.customerIdentifier, path() + ".customerIdentifier", length: 0...ModelLimits.text)
        require(record.dimension != nil, path() + ".dimension")
        text(
            record.dimension, path() + ".dimension", length: 1...ModelLimits.text,
            pattern: .nonEmpty)
        check(record.quantity, path() + ".quantity", bothMayBeAbsent: true)
        check(record.allocations, path() + ".usageAllocations", model)
        text(
            record.customerAWSAccountID, path() + ".customerAWSAccountId",
            length: 1...ModelLimits.text, pattern: .accountID)
        text(record.licenseARN, path() + ".licenseArn", pattern: .licenseARN)
    }

    /// A quantity may be sent in one of two forms, never in both.
    fileprivate mutating func check(
        _ quantity: SentQuantity, _ path: @autoclosure () -> String, bothMayBeAbsent: Bool
    ) {
        integer(quantity.integer, path(), in: 0...ModelLimits.quantity)
        text(
            quantity.decimal, path() + "AsDecimal", length: 1...ModelLimits.decimal,
            pattern: .decimal)
        if quantity.integer != nil, let decimal = quantity.decimal {
            violate(
                path() + "AsDecimal", .scalar(decimal),
                "Member must be null when the whole-number quantity is present")
        }
        if !bothMayBeAbsent, quantity.integer == nil, quantity.decimal == nil {
            require(false, path())
        }
    }

    fileprivate mutating func check(
        _ allocations: [UsageAllocation]?, _ path: @autoclosure () -> String, _ model: APIModel
    ) {
        guard let allocations else { return }
        count(allocations.count, path(), in: 1...ModelLimits.usageAllocations)
        for (index, allocation) in allocations.enumerated() {
            let member = "\(path()).\(index + 1).member"
            check(
                allocation.quantity, member + ".allocatedUsageQuantity", bothMayBeAbsent: false)
            guard let tags = allocation.tags else { continue }
            count(tags.count, member + ".tags", in: 1...ModelLimits.tags)
            for (tagIndex, tag) in tags.enumerated() {
                check(tag, "\(member).tags.\(tagIndex + 1).member")
            }
        }
    }

    private mutating func check(_ tag: Tag, _ path: @autoclosure () -> String) {
        require(tag.key != nil, path() + ".key")
        text(tag.key, path() + ".key", length: 1...ModelLimits.tagKey, pattern: .tag)
        require(tag.value != nil, path() + ".value")
        text(tag.value, path() + ".value", length: 1...ModelLimits.tagValue, pattern: .tag)
    }
}
