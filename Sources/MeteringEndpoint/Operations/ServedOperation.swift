package import AWSWire
package import Marketplace
import MarketplaceHost
package import MeteringAPI

/// An operation as the endpoint serves it.
package protocol ServedOperation: AWSJSONOperation {
    /// Whether it changes nothing: then the audit trail leaves it out, as AWS's does, and a reset
    /// that overtakes it does it no harm.
    static var onlyReads: Bool { get }

    /// The product that a request names, before anything about it is checked: its contract says
    /// how the request is read.
    static func product(in body: JSONValue, _ catalog: Catalog) -> Product?

    /// What the store must be asked for before the product can be known; nil where nothing must,
    /// so that nothing of the body is read before it is known who asks.
    static var lookUps: (@Sendable (JSONValue) -> [FactQuery])? { get }

    /// The usage that a request reports, as fault rules see it.
    static func faultRecords(in body: JSONValue, by accountID: String) -> [FaultRecord]

    /// Answers a request that breaks no constraint; rules decide, the ledger keeps.
    static func perform(
        _ request: Request, _ context: RuleContext, with means: OperationMeans
    ) async throws(Refusal) -> EndpointAnswer

    /// Types, then constraints, then the operation, as AWS's framework does.
    ///
    /// A requirement, so that each operation has a copy of its own.
    static func answer(
        _ document: JSONDocument, _ context: RuleContext, with means: OperationMeans
    ) async -> EndpointAnswer
}

/// What operations are done with.
package struct OperationMeans: Sendable {
    let state: MarketplaceState
    let forge: RegistrationKeyForge
    /// Records, by their place in the request, that a fault leaves unprocessed.
    var unprocessed: Set<Int> = []
}

/// The operations that are served, by what `X-Amz-Target` names them.
enum ServedOperations {
    static let all: [any ServedOperation.Type] = [
        BatchMeterUsage.self, MeterUsage.self, RegisterUsage.self, ResolveCustomer.self,
        GetEntitlements.self,
    ]

    /// Those of `all` with their targets: to compare a few takes less than to look one up.
    private static let targets = all.map { (target: $0.name.target, operation: $0) }

    /// The operation that a target names.
    static func named(_ target: String) -> (any ServedOperation.Type)? {
        targets.first { $0.target.hasSameBytes(as: target) }?.operation
    }
}

extension ServedOperation {
    package static var onlyReads: Bool { false }

    package static func product(in body: JSONValue, _ catalog: Catalog) -> Product? {
        body["ProductCode"].flatMap { catalog.products[$0.text] }
    }

    package static var lookUps: (@Sendable (JSONValue) -> [FactQuery])? { nil }

    package static func faultRecords(
        in body: JSONValue, by accountID: String
    ) -> [FaultRecord] { [] }

    package static func answer(
        _ document: JSONDocument, _ context: RuleContext, with means: OperationMeans
    ) async -> EndpointAnswer {
        let decoded: Decoded<Request>
        do throws(SerializationError) {
            decoded = try Request.decode(document.root, model: context.contract.model)
        } catch {
            return EndpointAnswer(
                ErrorEnvelope(error),
                Explanation(
                    rule: .types, reason: "\(error.path): \(error.message)",
                    contract: context.contract.name))
        }
        let violations = decoded.request.violations(of: context.contract.model)
        var answer: EndpointAnswer
        if violations.isEmpty {
            do throws(Refusal) {
                answer = try await perform(decoded.request, context, with: means)
            } catch {
                answer = EndpointAnswer(error)
            }
        } else {
            answer = EndpointAnswer(
                ErrorEnvelope(violations: violations),
                Explanation(
                    rule: .constraints,
                    reason: violations.prefix(3).map { "\($0.path): \($0.constraint)" }
                        .joined(separator: "; ")))
        }
        answer.explanation.contract = context.contract.name
        answer.explanation.ignoredMembers = decoded.ignoredMembers
        answer.explanation.notes = decoded.notes
        return answer
    }
}

extension Refusal {
    /// What a failing store is answered with.
    init(_ error: StoreError) {
        switch error.code {
        case .outdated: self = .outdated
        case .overloaded:
            self.init(.throttling, .store, "more waits to be recorded than the store takes")
        case .notStored, .unknownCursor:
            self.init(.internalServiceError, .store, "nothing was stored; send it again")
        case .damaged:
            self.init(
                .internalServiceError, .store,
                "what would decide it is damaged on the disk; nothing was stored: \(error.cause)")
        case .unknownOutcome:
            self.init(
                .internalServiceError, .store,
                "whether it was stored is unknown; the same request, sent again, is told truly")
        }
    }
}
