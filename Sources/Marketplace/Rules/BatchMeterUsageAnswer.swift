package import MeteringAPI

extension BatchMeterUsageRules {
    /// The answer, and why, once the ledger has said what became of each entry.
    package static func answer(
        _ request: BatchMeterUsageRequest, _ decision: Decision, _ outcomes: [RecordOutcome]
    ) -> (result: BatchMeterUsageResult, records: [RecordExplanation]) {
        let records = request.usageRecords ?? []
        var result = BatchMeterUsageResult(results: [])
        result.results.reserveCapacity(records.count)
        var explained: [RecordExplanation] = []
        explained.reserveCapacity(records.count)
        for index in records.indices {
            switch decision.places[index] {
            case .notSubscribed(let reason):
                result.results.append(
                    UsageRecordResult(
                        usageRecord: records[index], meteringRecordID: nil,
                        status: .customerNotSubscribed))
                explained.append(RecordExplanation(index: index, outcome: .notSubscribed(reason)))
            case .unprocessed:
                result.unprocessedRecords.append(records[index])
                explained.append(RecordExplanation(index: index, outcome: .unprocessed))
            case .entry(let entry):
                explained.append(
                    RecordExplanation(
                        index: index, entry: decision.entries[entry], outcome: outcomes[entry]))
                guard let (id, status) = outcomes[entry].answer else {
                    result.unprocessedRecords.append(records[index])
                    continue
                }
                result.results.append(
                    UsageRecordResult(
                        usageRecord: records[index], meteringRecordID: id, status: status))
            }
        }
        return (result, explained)
    }
}

extension RecordOutcome {
    /// What a batch's answer says of the record; nil where it should be sent again.
    fileprivate var answer: (MeteringRecordID?, UsageRecordStatus)? {
        switch self {
        case .recorded(let id, _), .tokenReplayed(let id): (id, .success)
        case .alreadyRecorded(let earlier): (earlier.id, .success)
        case .conflict, .tokenConflict: (nil, .duplicateRecord)
        case .unprocessed: nil
        }
    }
}

extension MeterUsageRules {
    /// The answer once the ledger has said what became of the entry.
    package static func answer(
        _ entry: UsageEntry, _ outcome: RecordOutcome
    ) throws(Refusal) -> MeterUsageResult {
        switch outcome {
        case .recorded(let id, _), .tokenReplayed(let id):
            return MeterUsageResult(meteringRecordID: id.description)
        case .alreadyRecorded(let earlier):
            return MeterUsageResult(meteringRecordID: earlier.id.description)
        case .conflict(let earlier):
            throw Refusal(
                .duplicateRequest, .firstWriteWins,
                "\(earlier.quantity) was recorded first, as \(earlier.id), and is billed; "
                    + "\(entry.quantity) was not recorded")
        case .tokenConflict:
            throw Refusal(
                .idempotencyConflict, .clientToken,
                "the ClientToken came before with another request")
        case .unprocessed:
            throw Refusal(.internalServiceError, .store, "the record could not be stored")
        }
    }
}
