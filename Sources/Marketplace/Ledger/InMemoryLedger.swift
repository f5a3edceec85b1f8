import MeteringAPI
import Synchronization

/// The ledger in memory: the simplest correct one, and the oracle for the others.
package final class InMemoryLedger: UsageLedger {
    private let state = Mutex(State())

    package init() {}

    package func record(_ entries: [UsageEntry]) async throws(StoreError) -> [RecordOutcome] {
        state.withLock { state in entries.map { state.record($0) } }
    }

    /// Everything recorded, in the order in which it was.
    package var entries: [UsageEntry] { state.withLock(\.entries) }
}

private struct HourKey: Hashable {
    let series: UsageSeries
    let hour: Hour
}

private struct TokenKey: Hashable {
    let scope: ClientToken.Scope
    let token: String
}

private struct RememberedToken {
    let requestDigest: UInt128
    let id: MeteringRecordID
    let expiresAt: Timestamp
}

private struct State {
    var entries: [UsageEntry] = []
    var byHour: [HourKey: Int] = [:]
    var tokens: [TokenKey: RememberedToken] = [:]

    mutating func record(_ entry: UsageEntry) -> RecordOutcome {
        if let token = entry.clientToken,
            let known = tokens[TokenKey(scope: token.scope, token: token.token)],
            entry.recordedAt < known.expiresAt
        {
            return known.requestDigest == token.requestDigest
                ? .tokenReplayed(known.id) : .tokenConflict
        }
        let key = HourKey(series: entry.series, hour: entry.timestamp.hour)
        if entry.isOncePerHour, let index = byHour[key] {
            return meet(entries[index], with: entry)
        }
        if entry.isOncePerHour { byHour[key] = entries.count }
        entries.append(entry)
        remember(entry, id: entry.id)
        return .recorded(entry.id)
    }

    private mutating func meet(_ first: UsageEntry, with entry: UsageEntry) -> RecordOutcome {
        let earlier = EarlierRecord(
            id: first.id, quantity: first.quantity, timestamp: first.timestamp,
            recordedAt: first.recordedAt,
            hasSameAllocations: Set(first.allocations) == Set(entry.allocations))
        guard first.quantity == entry.quantity else { return .conflict(earlier) }
        remember(entry, id: first.id)
        return .alreadyRecorded(earlier)
    }

    private mutating func remember(_ entry: UsageEntry, id: MeteringRecordID) {
        guard let token = entry.clientToken else { return }
        tokens[TokenKey(scope: token.scope, token: token.token)] = RememberedToken(
            requestDigest: token.requestDigest, id: id,
            expiresAt: entry.recordedAt.adding(seconds: ClientToken.lifetime))
    }
}
