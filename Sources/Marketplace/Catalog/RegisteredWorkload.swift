package import MeteringAPI

/// A task or pod whose first RegisterUsage succeeded: it runs, and is metered, until it is stopped.
///
/// Its later calls are not refused any more.
package struct RegisteredWorkload: Sendable, Hashable, Codable {
    package var productCode: String
    package var accountID: String
    package var resourceID: String
    package var region: String
    /// When it registered; nil for what was stopped, and for what an earlier version, which did
    /// not meter, registered.
    package var runningSince: Timestamp?
    /// When it was stopped; what it ran is recorded when the hour ends.
    package var stoppedAt: Timestamp?
    /// Whether nobody pays, because the seller tries its own product.
    package var isFree: Bool?
    /// Whole seconds of runs that were stopped.
    package var finishedSeconds: Int64?
    /// Whole seconds that are recorded.
    package var recordedSeconds: Int64?
    /// The hour that is recorded next, counted from the epoch.
    package var nextHour: Int64?
    /// Whether no credential stands for it, as where signatures are not checked.
    package var isAssumed: Bool?
    /// When it called last, within an hour; known of those only that no credential stands for.
    package var lastCallAt: Timestamp?

    package init(productCode: String, accountID: String, resourceID: String, region: String) {
        self.productCode = productCode
        self.accountID = accountID
        self.resourceID = resourceID
        self.region = region
    }

    /// The dimension that the seconds are recorded in.
    package static let dimension = "runtime"
    /// A run of a second is billed as one of a minute.
    package static let shortestRun: Int64 = 60

    /// How old the last call may look before another is written down, in seconds.
    static let callPrecision: Int64 = 3600

    /// The first call of a run.
    package func started(at now: Timestamp, isFree: Bool) -> RegisteredWorkload {
        var workload = called(at: now)
        workload.runningSince = now
        workload.stoppedAt = nil
        workload.isFree = isFree
        workload.nextHour = nextHour ?? now.hour.ordinal
        return workload
    }

    /// The same after a call.
    func called(at now: Timestamp) -> RegisteredWorkload {
        guard isAssumed == true else { return self }
        var workload = self
        workload.lastCallAt = now
        return workload
    }

    /// Whether the call of this moment is to be written down, because it puts off the end.
    func isLongSilent(at now: Timestamp) -> Bool {
        guard let lastCallAt, runningSince != nil else { return false }
        return now >= lastCallAt.adding(seconds: Self.callPrecision)
    }

    /// The workload once it was stopped at a time.
    package func stopped(at now: Timestamp) -> RegisteredWorkload {
        var workload = self
        guard let runningSince else {
            workload.stoppedAt = stoppedAt ?? now
            workload.isFree = isFree ?? true
            return workload
        }
        let milliseconds = max(0, now.milliseconds(since: runningSince))
        let seconds = (milliseconds + 999) / 1000
        workload.finishedSeconds = (finishedSeconds ?? 0) + max(seconds, Self.shortestRun)
        workload.runningSince = nil
        workload.stoppedAt = now
        return workload
    }

    /// Whole seconds that it has run, all in all.
    package func seconds(at now: Timestamp) -> Int64 {
        let running = runningSince.map { max(0, now.milliseconds(since: $0)) / 1000 } ?? 0
        return (finishedSeconds ?? 0) + running
    }

    /// When the hour ends that is recorded next; nil where nothing is metered.
    package var nextRecordAt: Timestamp? {
        guard isFree == false, let nextHour else { return nil }
        return Hour(ordinal: nextHour + 1).start
    }

    /// When it ends unless it calls again; nil where a credential stands for it.
    private var silentEnd: Timestamp? {
        guard runningSince != nil else { return nil }
        return lastCallAt?.adding(seconds: MarketplaceLimits.assumedWorkloadSeconds)
    }

    /// When something happens to it by itself: an hour is recorded, it ends, or it is over and
    /// forgotten; nil where nothing will.
    var nextMoment: Timestamp? {
        if isOver { return stoppedAt }
        guard let nextRecordAt else { return silentEnd }
        return silentEnd.map { min($0, nextRecordAt) } ?? nextRecordAt
    }

    /// Lets happen what is due at a moment; gives what is to be recorded then.
    mutating func pass(_ moment: Timestamp, id: MeteringRecordID) -> UsageEntry? {
        if let silentEnd, silentEnd <= moment { self = stopped(at: silentEnd) }
        guard let nextRecordAt, nextRecordAt <= moment else { return nil }
        return recordHour(id: id)
    }

    /// How many hours will be recorded through a moment.
    func hours(through end: Timestamp) -> Int {
        guard !isOver, let nextRecordAt else { return 0 }
        let last = silentEnd ?? stoppedAt ?? end
        let ahead = min(last.adding(seconds: 3600), end).milliseconds(since: nextRecordAt)
        return Int(max(0, ahead.flooredQuotient(Hour.millisecondsPerHour) + 1))
    }

    /// Whether it neither runs nor has anything to be recorded.
    package var isOver: Bool {
        runningSince == nil && stoppedAt != nil
            && (isFree != false || finishedSeconds ?? 0 <= recordedSeconds ?? 0)
    }

    /// Takes the next hour for recorded, and gives what is to be recorded of it.
    ///
    /// The same hour gives the same quantity, however often it is asked for.
    package mutating func recordHour(id: MeteringRecordID) -> UsageEntry? {
        guard let end = nextRecordAt, let hour = nextHour else { return nil }
        let seconds = seconds(at: end)
        let new = seconds - (recordedSeconds ?? 0)
        recordedSeconds = seconds
        nextHour = hour + 1
        guard new > 0 else { return nil }
        return UsageEntry(
            id: id,
            series: UsageSeries(
                space: .runtime, productCode: productCode, buyerAccountID: accountID,
                resourceID: resourceID, dimension: Self.dimension, region: region),
            timestamp: Hour(ordinal: hour).start, quantity: Quantity(millionths: new * 1_000_000),
            operation: .registerUsage, recordedAt: end)
    }
}

extension RegisteredWorkload {
    /// What a workload is known by: it registers for one product, in one region.
    package struct Name: Sendable, Hashable {
        /// Neither a region nor an account nor a product's code has a space in it.
        let exact: ExactText

        var text: String { exact.text }
    }

    package var name: Name {
        Name(exact: ExactText("\(region) \(accountID) \(resourceID) \(productCode)"))
    }
}
