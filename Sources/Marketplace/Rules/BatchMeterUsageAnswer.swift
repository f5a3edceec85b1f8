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
            case .entry(let entry):
                let outcome = outcomes[entry]
                explained.append(
                    RecordExplanation(
                        index: index, entry: decision.entries[entry], outcome: outcome))
                result.add(records[index], outcome)
            }
        }
        return (result, explained)
    }
}

extension BatchMeterUsageResult {
    fileprivate mutating func add(_ record: UsageRecord, _ outcome: RecordOutcome) {
        let id: MeteringRecordID?
        switch outcome {
        case .recorded(let recorded, _), .tokenReplayed(let recorded): id = recorded
        case .alreadyRecorded(let earlier): id = earlier.id
        case .conflict, .tokenConflict: id = nil
        case .unprocessed:
            unprocessedRecords.append(record)
            return
        }
        results.append(
            UsageRecordResult(
                usageRecord: record, meteringRecordID: id,
                status: id == nil ? .duplicateRecord : .success))
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
