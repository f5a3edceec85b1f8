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

extension Answers {
    /// A rule, with what has become of it.
    struct ShownRule: Sendable {
        let rule: FaultRule
        let fired: Int
        let remaining: Int?
    }

    private static let record = Shape<FaultRecord>(
        "FaultRecord",
        [
            .member("dimension", \.dimension), .member("buyerAccountId", \.buyerAccountID),
            .member("customerIdentifier", \.customerIdentifier),
            .member("licenseArn", \.licenseARN), .member("quantity", \.quantity),
            .member("hour", \.hour?.start),
        ])

    private static let rule = Shape<ShownRule>(
        "FaultRuleState",
        [
            .member("operation") { $0.rule.match.operation.map(Choice.init) },
            .member("accessKeyId", \.rule.match.accessKeyID),
            .member("accountId", about: "The caller's.", \.rule.match.accountID),
            .member("productCode", \.rule.match.productCode),
            .optional(
                "record", about: "Requests with such a record.", record, \.rule.match.record),
            .member("next", about: "So many times only.", \.rule.frequency.count),
            .member(
                "share", about: "0.001 to 1 of the requests that match.",
                \.rule.frequency.share),
            .member("error", \.rule.effect.error),
            .member("latency", about: "Seconds.", \.rule.effect.latency),
            .member("stall", \.rule.effect.isStall), .member("cut", \.rule.effect.cut),
            .member("unprocessed", \.rule.effect.isUnprocessed),
            .member("response", \.rule.effect.response),
            .member(
                "clockSkew", about: "Seconds that the server seems to be ahead.",
                \.rule.effect.clockSkew),
            .member("fired", about: "How often it has.", \.fired),
            .member("remaining", about: "How often it will.", \.remaining),
        ])

    static let faultPlan = Shape<FaultState>(
        "FaultPlan",
        [
            .member("seed") { Int64(bitPattern: $0.plan.seed) },
            .member("quotas", about: "Whether AWS's request quotas hold.", \.plan.enforcesQuotas),
            .list("rules", listOf: rule) { state in
                state.plan.rules.indices.map { index in
                    ShownRule(
                        rule: state.plan.rules[index], fired: state.fired[index],
                        remaining: state.remaining(of: index))
                }
            },
        ])
}

extension FaultRule.Frequency {
    fileprivate var count: Int? {
        if case .next(let count) = self { count } else { nil }
    }

    fileprivate var share: Thousandths? {
        if case .share(let thousandths) = self { Thousandths(thousandths) } else { nil }
    }
}

// The one thing that happens, as the member that says so.
extension FaultRule.Effect {
    fileprivate var error: Choice<FaultError>? {
        if case .error(let exception) = self {
            FaultError(rawValue: exception.name).map(Choice.init)
        } else {
            nil
        }
    }

    fileprivate var latency: Thousandths? {
        if case .latency(let milliseconds) = self { Thousandths(milliseconds) } else { nil }
    }

    fileprivate var isStall: Bool? {
        if case .stall = self { true } else { nil }
    }

    fileprivate var cut: Choice<FaultCut>? {
        switch self {
        case .cutBeforeWork: Choice(.beforeWork)
        case .cutAfterCommit: Choice(.afterCommit)
        default: nil
        }
    }

    fileprivate var isUnprocessed: Bool? {
        if case .unprocessed = self { true } else { nil }
    }

    fileprivate var response: Choice<FaultResponse>? {
        switch self {
        case .noJSON: Choice(.noJSON)
        case .proxyError: Choice(.proxy)
        default: nil
        }
    }

    fileprivate var clockSkew: Int64? {
        if case .clockSkew(let seconds) = self { seconds } else { nil }
    }
}

extension ControlAPI {
    func faults() -> ControlResult {
        ControlResult(Answers.faultPlan, state.faults.current)
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
        return ControlResult(Answers.faultPlan, changed)
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
                    body: "FaultRecordBody",
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

    static let faultRule = Schema(body: "FaultRule", ruleFields)

    static let faultPlanBody = Schema(
        body: "FaultPlanBody",
        [
            Field(.seed, "What shares are drawn from; 1 when absent."),
            Field("quotas", .boolean, "Whether AWS's request quotas hold."),
            Field("rules", .list(.object(faultRule))),
        ])
}
