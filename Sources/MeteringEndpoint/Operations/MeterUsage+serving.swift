package import AWSWire
package import Marketplace
import MarketplaceHost
package import MeteringAPI

extension MeterUsage: ServedOperation {
    package static func faultRecords(
        in body: JSONValue, by accountID: String
    ) -> [FaultRecord] {
        var record = FaultRecord(body, dimension: "UsageDimension", quantity: "UsageQuantity")
        // The workload reports for the account that it runs in.
        record.buyerAccountID = accountID
        return [record]
    }

    package static func perform(
        _ request: MeterUsageRequest, _ context: RuleContext, with means: OperationMeans
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
                outcomes = try await means.state.store.record(
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
