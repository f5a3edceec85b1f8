package import MeteringAPI

extension BatchMeterUsageRules {
    /// The answer, and why, once the ledger has said what became of each entry.
    ///
    /// An entry without an outcome was not stored this time and comes back unprocessed, and so does
    /// each record that is left out, by its place in the request.
    package static func answer(
        _ request: BatchMeterUsageRequest, _ decision: Decision, _ outcomes: [RecordOutcome?],
        leavingOut leftOut: Set<Int> = []
    ) -> (result: BatchMeterUsageResult, records: [RecordExplanation]) {
        let records = request.usageRecords ?? []
        var result = BatchMeterUsageResult(results: [])
        result.results.reserveCapacity(records.count)
        var explained: [RecordExplanation] = []
        explained.reserveCapacity(records.count)
        for index in records.indices {
            switch decision.places[index] {
            case .notSubscribed where leftOut.contains(index):
                result.unprocessedRecords.append(records[index])
                explained.append(RecordExplanation(index: index, outcome: .unprocessed))
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
                guard let (id, status) = outcome?.answer else {
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
    /// What a batch's answer says of the record.
    fileprivate var answer: (MeteringRecordID?, UsageRecordStatus) {
        switch self {
        case .recorded(let id, _), .tokenReplayed(let id): (id, .success)
        case .alreadyRecorded(let earlier): (earlier.id, .success)
        case .conflict, .tokenConflict: (nil, .duplicateRecord)
        }
    }
}
