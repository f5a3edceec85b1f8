package import AWSWire
package import Marketplace
import MarketplaceHost
package import MeteringAPI

extension BatchMeterUsage: ServedOperation {
    /// That of the first record's licence where the request has no product of its own.
    package static func product(in body: JSONValue, _ catalog: Catalog) -> Product? {
        // A null is absent.
        guard body["ProductCode"].map({ $0.kind == .null }) ?? true,
            let records = body["UsageRecords"], records.kind == .list
        else { return body["ProductCode"].flatMap { catalog.products[$0.text] } }
        var elements = records.elements
        return elements.next()?["LicenseArn"]
            .flatMap { catalog.agreement(licenseARN: $0.text) }
            .flatMap { catalog.products[$0.productCode] }
    }

    package static func faultRecords(
        in body: JSONValue, by accountID: String
    ) -> [FaultRecord] {
        guard let list = body["UsageRecords"], list.kind == .list else { return [] }
        return list.elements.map {
            FaultRecord($0, dimension: "Dimension", quantity: "Quantity")
        }
    }

    package static func perform(
        _ request: BatchMeterUsageRequest, _ context: RuleContext, with means: OperationMeans
    ) async throws(Refusal) -> EndpointAnswer {
        var ids = BufferedRandom(ids: request.usageRecords?.count ?? 0)
        let decision = try BatchMeterUsageRules.decide(request, in: context, ids: &ids)
        var outcomes: [RecordOutcome?] = []
        if !decision.entries.isEmpty {
            do throws(StoreError) {
                outcomes = try await record(decision, context, with: means)
            } catch {
                if error.code == .outdated { return .outdated }
                guard error.code == .notStored else { throw Refusal(error) }
                outcomes = Array(repeating: nil, count: decision.entries.count)
            }
        }
        let (result, records) = BatchMeterUsageRules.answer(
            request, decision, outcomes, leavingOut: means.unprocessed)
        let nobody =
            decision.entries.isEmpty && !decision.places.isEmpty
            && means.unprocessed.isDisjoint(with: decision.places.indices)
        return EndpointAnswer(
            result,
            Explanation(rule: nobody ? .subscription : .firstWriteWins, records: records))
    }

    /// What became of the entries of a decision, in their order; nil where a fault leaves one out.
    private static func record(
        _ decision: BatchMeterUsageRules.Decision, _ context: RuleContext,
        with means: OperationMeans
    ) async throws(StoreError) -> [RecordOutcome?] {
        let revision = context.catalog.revision
        guard !means.unprocessed.isEmpty else {
            return try await means.state.store.record(decision.entries, decidedOn: revision)
        }
        let left = Set(
            means.unprocessed.compactMap { index in
                guard decision.places.indices.contains(index),
                    case .entry(let entry) = decision.places[index]
                else { return nil as Int? }
                return entry
            })
        let kept = decision.entries.indices.filter { !left.contains($0) }
        let recorded = try await means.state.store.record(
            kept.map { decision.entries[$0] }, decidedOn: revision)
        var outcomes = [RecordOutcome?](repeating: nil, count: decision.entries.count)
        for (entry, outcome) in zip(kept, recorded) { outcomes[entry] = outcome }
        return outcomes
    }
}
