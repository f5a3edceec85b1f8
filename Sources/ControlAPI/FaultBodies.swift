import AWSWire
package import Documents
package import Marketplace
import MarketplaceHost
import MeteringAPI

// Fault plans as the control API and seed files have them.

/// Where a connection is cut.
enum FaultCut: String, CaseIterable {
    case beforeWork, afterCommit
}

/// What is answered instead of what AWS would.
enum FaultResponse: String, CaseIterable {
    case noJSON, proxy
}

/// An error of the model by its name on the wire.
struct FaultError: RawRepresentable, CaseIterable {
    let exception: MeteringException

    init?(rawValue: String) {
        guard let exception = MeteringException.allCases.first(where: { $0.name == rawValue })
        else { return nil }
        self.exception = exception
    }

    private init(_ exception: MeteringException) { self.exception = exception }

    var rawValue: String { exception.name }

    static var allCases: [FaultError] { MeteringException.allCases.map { FaultError($0) } }
}

extension ObjectReader {
    /// Reads a whole plan.
    package func faultPlan() -> FaultPlan {
        let plan = FaultPlan(
            seed: UInt64(bitPattern: number(.seed) ?? 1),
            enforcesQuotas: flag("quotas") ?? false,
            rules: objects("rules", required: false).compactMap { $0.faultRule() })
        finish()
        return plan
    }

    /// Reads one rule; nil where it is rejected.
    package func faultRule() -> FaultRule? {
        var match = FaultRule.Match()
        if has("operation") { match.operation = choice("operation") }
        match.accessKeyID = optionalText("accessKeyId")
        match.accountID = optionalText("accountId")
        match.productCode = optionalText("productCode")
        if has("record") {
            match.record = object("record")?.faultRecord()
            if let operation = match.operation,
                operation != .batchMeterUsage, operation != .meterUsage
            {
                reject("record", "\(operation.rawValue) has no records")
            }
        }
        let frequency = faultFrequency()
        let effect = faultEffect()
        if case .clockSkew = effect,
            match.record != nil || match.productCode != nil || match.accountID != nil
        {
            reject("clockSkew", "it is known by operation and accessKeyId only: it comes first")
        }
        if case .unprocessed = effect, match.operation != .batchMeterUsage {
            reject(
                "unprocessed", "only BatchMeterUsage has unprocessed records: name the operation")
        }
        finish()
        return effect.map { FaultRule(match: match, frequency: frequency, effect: $0) }
    }

    private func faultRecord() -> FaultRecord {
        var record = FaultRecord()
        record.dimension = optionalText("dimension")
        record.buyerAccountID = optionalText("buyerAccountId")
        record.customerIdentifier = optionalText("customerIdentifier")
        record.licenseARN = optionalText("licenseArn")
        record.quantity = quantity("quantity")
        record.hour = time("hour")?.hour
        finish()
        return record
    }

    private func faultFrequency() -> FaultRule.Frequency {
        if has("next"), has("share") { reject("share", "it excludes next") }
        let share = number(.ruleShare)
        if let count = number(.ruleCount) { return .next(Int(clamping: count)) }
        return share.map { .share(thousandths: $0) } ?? .always
    }

    /// The one thing that happens.
    private func faultEffect() -> FaultRule.Effect? {
        let names = [
            "error", "latency", "stall", "cut", "unprocessed", "response", "clockSkew",
        ]
        let given = names.filter { has($0) }
        if given.count != 1 {
            reject(
                given.dropFirst().first ?? "error",
                "a rule has one of \(names.joined(separator: ", "))")
        }
        var effect: FaultRule.Effect?
        for name in given.reversed() {
            switch name {
            case "error":
                if let error: FaultError = choice(name) { effect = .error(error.exception) }
            case "latency": effect = .latency(milliseconds: number(.latency) ?? 0)
            case "stall": effect = .stall; mustBeTrue(name)
            case "cut":
                if let cut: FaultCut = choice(name) {
                    effect = cut == .beforeWork ? .cutBeforeWork : .cutAfterCommit
                }
            case "unprocessed": effect = .unprocessed; mustBeTrue(name)
            case "response":
                if let response: FaultResponse = choice(name) {
                    effect = response == .noJSON ? .noJSON : .proxyError
                }
            default: effect = .clockSkew(seconds: number(.clockSkew) ?? 0)
            }
        }
        return effect
    }

    private func mustBeTrue(_ name: String) {
        if flag(name) == false { reject(name, "leave it out where it should not happen") }
    }
}

extension JSONWriter {
    /// A plan, and what has fired of it.
    mutating func faults(_ state: FaultState) {
        member("seed", Int64(bitPattern: state.plan.seed))
        boolean("quotas", state.plan.enforcesQuotas)
        name("rules")
        list(state.plan.rules.indices) { writer, index in
            writer.object { writer in
                writer.rule(state.plan.rules[index])
                writer.member("fired", Int64(state.fired[index]))
                writer.member("remaining", state.remaining(of: index).map(Int64.init))
            }
        }
    }

    private mutating func rule(_ rule: FaultRule) {
        member("operation", rule.match.operation?.rawValue)
        member("accessKeyId", rule.match.accessKeyID)
        member("accountId", rule.match.accountID)
        member("productCode", rule.match.productCode)
        if let record = rule.match.record {
            name("record")
            object { $0.record(record) }
        }
        switch rule.frequency {
        case .always: break
        case .next(let count): member("next", Int64(count))
        case .share(let thousandths): decimal("share", thousandths: thousandths)
        }
        effect(rule.effect)
    }

    private mutating func record(_ record: FaultRecord) {
        member("dimension", record.dimension)
        member("buyerAccountId", record.buyerAccountID)
        member("customerIdentifier", record.customerIdentifier)
        member("licenseArn", record.licenseARN)
        if let quantity = record.quantity {
            name("quantity")
            literal(quantity.description)
        }
        time("hour", record.hour?.start)
    }

    private mutating func effect(_ effect: FaultRule.Effect) {
        switch effect {
        case .error(let exception): member("error", exception.name)
        case .latency(let milliseconds): decimal("latency", thousandths: milliseconds)
        case .stall: boolean("stall", true)
        case .cutBeforeWork: member("cut", FaultCut.beforeWork.rawValue)
        case .cutAfterCommit: member("cut", FaultCut.afterCommit.rawValue)
        case .unprocessed: boolean("unprocessed", true)
        case .noJSON: member("response", FaultResponse.noJSON.rawValue)
        case .proxyError: member("response", FaultResponse.proxy.rawValue)
        case .clockSkew(let seconds): member("clockSkew", seconds)
        }
    }
}

extension ControlAPI {
    func faults() -> ControlResult {
        ControlResult { $0.faults(state.faults.current) }
    }

    func putFaults(_ request: ControlRequest) throws -> ControlResult {
        state.faults.set(try request.read { $0.faultPlan() })
        return faults()
    }

    /// Adds a rule at the plan's end; all begin to count anew.
    func addFault(_ request: ControlRequest) throws -> ControlResult {
        let rule = try request.read { $0.faultRule() }
        let changed = state.faults.change { plan in
            if let rule { plan.rules.append(rule) }
        }
        return ControlResult { $0.faults(changed) }
    }

    func deleteFaults() -> ControlResult {
        state.faults.set(FaultPlan())
        return faults()
    }
}

extension Schema {
    private static let ruleFields: [Field] = [
        Field("operation", .choice(OperationName.allCases.map(\.rawValue))),
        Field("accessKeyId"), Field("accountId", .text, "The caller's."), Field("productCode"),
        Field(
            "record",
            .object(
                Schema(
                    "FaultRecord",
                    [
                        Field("dimension"), Field("buyerAccountId"), Field("customerIdentifier"),
                        Field("licenseArn"), Field("quantity", .quantity), Field("hour", .time),
                    ])), "Requests with such a record."),
        Field(.ruleCount, "So many times only."),
        Field(.ruleShare, "0.001 to 1 of the requests that match."),
        Field("error", .choice(FaultError.allCases.map(\.rawValue))),
        Field(.latency, "Seconds."), Field("stall", .boolean),
        Field("cut", .choice(FaultCut.allCases.map(\.rawValue))),
        Field("unprocessed", .boolean),
        Field("response", .choice(FaultResponse.allCases.map(\.rawValue))),
        Field(.clockSkew, "Seconds that the server seems to be ahead."),
    ]

    static let faultRule = Schema("FaultRule", ruleFields)

    static let faultPlanBody = Schema(
        "FaultPlanBody",
        [
            Field(.seed, "What shares are drawn from; 1 when absent."),
            Field("quotas", .boolean, "Whether AWS's request quotas hold."),
            Field("rules", .list(.object(faultRule))),
        ])

    static let faultPlan = Schema(
        "FaultPlan",
        [
            Field("seed", .integer, required: true), Field("quotas", .boolean, required: true),
            Field(
                "rules",
                .list(
                    .object(
                        Schema(
                            "FaultRuleState",
                            ruleFields + [
                                Field("fired", .integer, required: true, "How often it has."),
                                Field("remaining", .integer, "How often it will."),
                            ]))), required: true),
        ])
}
