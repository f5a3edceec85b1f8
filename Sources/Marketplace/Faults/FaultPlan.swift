package import MeteringAPI

/// What is to go wrong, for whom and how often.
package struct FaultPlan: Sendable, Hashable {
    /// What shares are drawn from: the same requests in the same order meet the same faults.
    package var seed: UInt64
    /// Whether AWS's request quotas hold.
    package var enforcesQuotas: Bool
    package var rules: [FaultRule]

    package init(seed: UInt64 = 1, enforcesQuotas: Bool = false, rules: [FaultRule] = []) {
        self.seed = seed
        self.enforcesQuotas = enforcesQuotas
        self.rules = rules
    }

    package var isEmpty: Bool { rules.isEmpty && !enforcesQuotas }
}

/// One thing that goes wrong.
package struct FaultRule: Sendable, Hashable {
    package var match: Match
    package var frequency: Frequency
    package var effect: Effect

    package init(match: Match, frequency: Frequency, effect: Effect) {
        self.match = match
        self.frequency = frequency
        self.effect = effect
    }

    /// Which requests it concerns; what is absent does not matter.
    package struct Match: Sendable, Hashable {
        package var operation: OperationName?
        package var accessKeyID: String?
        package var accountID: String?
        package var productCode: String?
        /// Which records; a request is concerned if one of its records is.
        package var record: FaultRecord?

        package init() {}
    }

    /// How many of the requests that match a rule meet it.
    package enum Frequency: Sendable, Hashable {
        case always
        /// So many times, and then never again.
        case next(Int)
        /// Thousandths of the requests that match.
        case share(thousandths: Int64)
    }

    /// What happens to a request that meets a rule.
    package enum Effect: Sendable, Hashable {
        case error(MeteringException)
        /// The request waits for so many milliseconds, and is then answered.
        case latency(milliseconds: Int64)
        /// No answer comes until the client gives up.
        case stall
        /// The connection is cut, and nothing was done.
        case cutBeforeWork
        /// The connection is cut after all was done: the client does not know.
        case cutAfterCommit
        /// The records are not recorded, and come back among the unprocessed.
        case unprocessed
        /// HTTP 500 with a body that is no JSON.
        case noJSON
        /// HTTP 503 from something before AWS, in HTML.
        case proxyError
        /// The server judges signatures as if its clock were so many seconds ahead.
        case clockSkew(seconds: Int64)
    }
}

/// A record by what it says, or what is asked of records; nil does not matter.
package struct FaultRecord: Sendable, Hashable {
    package var dimension: String?
    package var buyerAccountID: String?
    package var customerIdentifier: String?
    package var licenseARN: String?
    package var quantity: Quantity?
    package var hour: Hour?

    package init() {}

    /// Whether a record says what is asked for here.
    func includes(_ record: FaultRecord) -> Bool {
        matches(dimension, record.dimension) && matches(buyerAccountID, record.buyerAccountID)
            && matches(customerIdentifier, record.customerIdentifier)
            && matches(licenseARN, record.licenseARN) && matches(quantity, record.quantity)
            && matches(hour, record.hour)
    }
}

private func matches(_ asked: String?, _ value: String?) -> Bool {
    asked.map { value?.hasSameBytes(as: $0) == true } ?? true
}

private func matches<Value: Equatable>(_ asked: Value?, _ value: Value?) -> Bool {
    asked.map { $0 == value } ?? true
}

/// A request as fault rules see it.
package struct FaultCall: Sendable {
    package var operation: OperationName
    package var accessKeyID: String
    package var accountID: String?
    package var productCode: String?
    package var region: String
    package var records: [FaultRecord]

    package init(operation: OperationName, accessKeyID: String, region: String) {
        self.operation = operation
        self.accessKeyID = accessKeyID
        self.region = region
        records = []
    }
}

extension FaultRule.Match {
    /// The records that are concerned; nil where the request is not.
    ///
    /// A rule that asks nothing of records concerns all of them.
    package func records(of call: FaultCall) -> [Int]? {
        guard matches(operation, call.operation), matches(accessKeyID, call.accessKeyID),
            matches(accountID, call.accountID), matches(productCode, call.productCode)
        else { return nil }
        guard let record else { return Array(call.records.indices) }
        let concerned = call.records.indices.filter { record.includes(call.records[$0]) }
        return concerned.isEmpty ? nil : concerned
    }
}
