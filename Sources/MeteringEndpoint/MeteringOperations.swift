import AWSWire
import Marketplace
import MarketplaceHost
import MeteringAPI

/// The four operations: typed request in, answer out; rules decide, the ledger keeps.
struct MeteringOperations: Sendable {
    let state: MarketplaceState
    let forge: RegistrationKeyForge
    /// Records, by their place in the request, that a fault leaves unprocessed.
    var unprocessed: Set<Int> = []

    func answer(
        _ operation: OperationName, _ document: JSONDocument, in context: RuleContext
    ) async -> EndpointAnswer {
        switch operation {
        case .batchMeterUsage:
            await answer(document, context) { (request: BatchMeterUsageRequest) in
                (request.violations(of: context.contract.model), batchMeterUsage)
            }
        case .meterUsage:
            await answer(document, context) { (request: MeterUsageRequest) in
                (request.violations(of: context.contract.model), meterUsage)
            }
        case .registerUsage:
            await answer(document, context) { (request: RegisterUsageRequest) in
                (request.violations(of: context.contract.model), registerUsage)
            }
        case .resolveCustomer:
            await answer(document, context) { (request: ResolveCustomerRequest) in
                (request.violations(of: context.contract.model), resolveCustomer)
            }
        case .getEntitlements:
            await answer(document, context) { (request: GetEntitlementsRequest) in
                (request.violations(of: context.contract.model), getEntitlements)
            }
        }
    }

    private typealias Operation<Request> =
        (Request, RuleContext) async throws(Refusal) -> EndpointAnswer

    /// Types, then constraints, then the operation, as AWS's framework does.
    private func answer<Request: AWSJSONRequest>(
        _ document: JSONDocument, _ context: RuleContext,
        _ prepare: (Request) -> ([Violation], Operation<Request>)
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
        let (violations, operation) = prepare(decoded.request)
        var answer: EndpointAnswer
        if violations.isEmpty {
            do throws(Refusal) {
                answer = try await operation(decoded.request, context)
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

    private func batchMeterUsage(
        _ request: BatchMeterUsageRequest, _ context: RuleContext
    ) async throws(Refusal) -> EndpointAnswer {
        var ids = BufferedRandom(ids: request.usageRecords?.count ?? 0)
        let decision = try BatchMeterUsageRules.decide(request, in: context, ids: &ids)
        var outcomes: [RecordOutcome?] = []
        if !decision.entries.isEmpty {
            do throws(StoreError) {
                outcomes = try await record(decision, context)
            } catch {
                if error.code == .outdated { return .outdated }
                guard error.code == .notStored else { throw Refusal(error) }
                outcomes = Array(repeating: nil, count: decision.entries.count)
            }
        }
        let (result, records) = BatchMeterUsageRules.answer(
            request, decision, outcomes, leavingOut: unprocessed)
        let nobody =
            decision.entries.isEmpty && !decision.places.isEmpty
            && unprocessed.isDisjoint(with: decision.places.indices)
        return EndpointAnswer(
            result,
            Explanation(rule: nobody ? .subscription : .firstWriteWins, records: records))
    }

    /// What became of the entries of a decision, in their order; nil where a fault leaves one out.
    private func record(
        _ decision: BatchMeterUsageRules.Decision, _ context: RuleContext
    ) async throws(StoreError) -> [RecordOutcome?] {
        let revision = context.catalog.revision
        guard !unprocessed.isEmpty else {
            return try await state.store.record(decision.entries, decidedOn: revision)
        }
        let left = Set(
            unprocessed.compactMap { index in
                guard decision.places.indices.contains(index),
                    case .entry(let entry) = decision.places[index]
                else { return nil as Int? }
                return entry
            })
        let kept = decision.entries.indices.filter { !left.contains($0) }
        let recorded = try await state.store.record(
            kept.map { decision.entries[$0] }, decidedOn: revision)
        var outcomes = [RecordOutcome?](repeating: nil, count: decision.entries.count)
        for (entry, outcome) in zip(kept, recorded) { outcomes[entry] = outcome }
        return outcomes
    }

    private func meterUsage(
        _ request: MeterUsageRequest, _ context: RuleContext
    ) async throws(Refusal) -> EndpointAnswer {
        var ids = SystemRandomNumberGenerator()
        switch try MeterUsageRules.decide(request, in: context, ids: &ids) {
        case .dryRun:
            return EndpointAnswer(
                MeterUsageResult(meteringRecordID: MeterUsageResult.dryRunID),
                Explanation(
                    rule: .dryRun, records: [RecordExplanation(index: 0, outcome: .dryRun)]))
        case .record(let entry):
            let outcomes: [RecordOutcome]
            do throws(StoreError) {
                outcomes = try await state.store.record(
                    [entry], decidedOn: context.catalog.revision)
            } catch {
                if error.code == .outdated { return .outdated }
                throw Refusal(error)
            }
            let record = RecordExplanation(index: 0, entry: entry, outcome: outcomes[0])
            let explanation = Explanation(
                rule: entry.isOncePerHour && !outcomes[0].isOfToken
                    ? .firstWriteWins : .clientToken,
                records: [record])
            do throws(Refusal) {
                return EndpointAnswer(try MeterUsageRules.answer(entry, outcomes[0]), explanation)
            } catch {
                var answer = EndpointAnswer(error)
                answer.explanation.records = [record]
                return answer
            }
        }
    }

    private func registerUsage(
        _ request: RegisterUsageRequest, _ context: RuleContext
    ) async throws(Refusal) -> EndpointAnswer {
        var context = context
        let queries = RegisterUsageRules.lookUps(for: request, in: context)
        do throws(StoreError) {
            context.catalog = try await state.looking(up: queries, in: context.catalog)
        } catch {
            throw Refusal(error)
        }
        let decided = context
        let decision = try RegisterUsageRules.decide(request, in: decided)
        do {
            let key = try await forge.ready(decision.key)
            let signature = try await forge.sign(
                RegistrationClaims(
                    productCode: key.productCode, publicKeyVersion: key.version,
                    nonce: request.nonce, issuedAt: context.now),
                with: key)
            if decision.firstCall != nil {
                try await state.edit(lookingUp: { _, _ in queries }) {
                    try $0.register(request, in: decided)
                }
            }
            let result = RegisterUsageResult(
                publicKeyRotationTimestamp: key.supersededAt, signature: signature)
            return EndpointAnswer(
                result,
                Explanation(
                    rule: .subscription,
                    reason: decision.reason))
        } catch let error as StoreError {
            throw Refusal(error)
        } catch let refusal as Refusal {
            throw refusal
        } catch is MarketplaceState.Overtaken {
            throw .outdated
        } catch {
            throw Refusal(.internalServiceError, .store, "the answer could not be signed")
        }
    }

    private func getEntitlements(
        _ request: GetEntitlementsRequest, _ context: RuleContext
    ) async throws(Refusal) -> EndpointAnswer {
        let result = try GetEntitlementsRules.decide(request, in: context)
        return EndpointAnswer(
            result,
            Explanation(
                rule: .product,
                reason: "\(result.entitlements.count) entitlements of agreements that are active"))
    }

    private func resolveCustomer(
        _ request: ResolveCustomerRequest, _ context: RuleContext
    ) async throws(Refusal) -> EndpointAnswer {
        let finding: ResolveCustomerRules.Finding
        do throws(StoreError) {
            finding = try await TokenText.find(request.registrationToken ?? "", in: state.store)
        } catch {
            throw Refusal(error)
        }
        let result = try ResolveCustomerRules.decide(finding, in: context)
        return EndpointAnswer(
            result,
            Explanation(
                rule: .registrationToken,
                reason: finding.reason(for: result.customerAWSAccountID)))
    }
}

extension CatalogEdit {
    /// Lets a workload run whose first call was decided on an earlier catalog, if the call may
    /// succeed on this one.
    fileprivate mutating func register(
        _ request: RegisterUsageRequest, in earlier: RuleContext
    ) throws(Refusal) {
        guard !catalog.revision.hasForgotten(since: earlier.catalog.revision) else {
            throw .outdated
        }
        var context = earlier
        context.catalog = catalog
        context.now = now
        guard let call = try RegisterUsageRules.decide(request, in: context).firstCall
        else { return }
        start(call.workload, isFree: call.isFree)
    }
}

extension ResolveCustomerRules.Finding {
    /// Why a token was resolved; its id tells which one it was, and its text stays unsaid.
    fileprivate func reason(for account: String) -> String {
        guard case .known(let token) = self else { return "the token stands for \(account)" }
        return "the token stands for the agreement \(token.agreementID) of account \(account), "
            + "tokenId \(token.digest)"
    }
}

extension RecordOutcome {
    /// Whether an earlier request with the ClientToken decided.
    fileprivate var isOfToken: Bool {
        switch self {
        case .tokenReplayed, .tokenConflict: true
        default: false
        }
    }
}

extension Refusal {
    /// What a failing store is answered with.
    fileprivate init(_ error: StoreError) {
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
