/// Every bound of the running marketplace.
package enum HostLimits {
    /// Deliveries that a target's worker reads at once.
    static let deliveriesAtOnce = 16
    /// Milliseconds that a courier's claim on a target holds.
    static let claimMilliseconds: Int64 = 60_000
    /// Milliseconds until a target that another server has is asked for again: that server gives
    /// it back as soon as it has nothing to deliver.
    static let claimPauseMilliseconds: Int64 = 1000
    /// Milliseconds that a target's worker sleeps, so that a real clock that is set is noticed.
    static let courierSleepMilliseconds: Int64 = 60_000
    /// How long a request that a fault stalls is kept.
    static let stall = Duration.seconds(900)
    /// Moments of agreements and workloads that happen in one edit.
    ///
    /// A few milliseconds' worth, or tens of them where each tells of several events: that long
    /// the other requests of an event loop may wait.
    package static let momentsInEdit = 500
    /// Hours of workloads that are recorded in one call of the store.
    static let containerEntriesAtOnce = 1000
    /// Bytes of the request log: beyond it the older calls lose what only the audit trail
    /// says, and then the older requests are forgotten.
    package static let requestLogBytes = 33 * 1_048_576
    /// Requests to the AWS endpoint that the request log has.
    package static let loggedRequests = 1000
    /// Logged requests that are looked at under the log's lock.
    static let loggedRequestsAtOnce = 64
    /// Times that the clock showed and that signatures may still carry; earlier ones are forgotten.
    static let shownTimes = 64
    /// Seconds of real time that a program may take to notice that the clock was moved.
    static let shownTimeSeconds: Int64 = 2
    /// Milliseconds that the timekeeper sleeps, so that a real clock that is set is noticed.
    static let timekeeperSleepMilliseconds: Int64 = 60_000
    /// Milliseconds that the timekeeper waits after a failure of the store.
    static let timekeeperPauseMilliseconds: Int64 = 1000
    /// Private keys that are kept ready to sign.
    static let parsedKeys = 256
}
