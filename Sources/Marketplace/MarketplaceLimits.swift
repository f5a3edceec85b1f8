/// Every bound of what a marketplace keeps; what AWS says is with its rule.
package enum MarketplaceLimits {
    /// Seconds that a credential lives: a hundred years, as more leads out of the calendar.
    static let credentialSeconds: Int64 = 36_525 * 86_400
    /// Moments that one move of the clock may pass that come again and again: hours of
    /// workloads, and milestones of agreements that renew themselves.
    ///
    /// Each is stored, so that a move past so many takes a minute or so.
    package static let momentsInMove = 1_000_000
    /// Seconds that an expired registration token is answered as expired; later it is unknown.
    static let expiredTokenSeconds: Int64 = 30 * 86_400
    /// Thousandths of the real clock's speed: a day in a second.
    package static let clockSpeedThousandths: Int64 = 86_400_000
    /// Workloads that no credential stands for: whoever makes up access
    /// keys would add one with each.
    package static let assumedWorkloads = 1000
    /// Seconds that such a workload goes on without a call: a month of 31 days.
    package static let assumedWorkloadSeconds: Int64 = 31 * 86_400
    /// Event targets: each has a worker of its own.
    package static let eventTargets = 64
    /// Seconds that a target's events may be late on demand: a day.
    package static let deliveryDelaySeconds: Int64 = 86_400
    /// Headers of a webhook's own.
    package static let targetHeaders = 10
    /// Bytes of the name or value of such a header, and of a webhook's user name or password.
    package static let targetHeaderBytes = 4096
    /// Accounts whose quotas are watched at once; then all begin anew.
    static let quotaAccounts = 10_000
    /// Revisions of the catalog since which a store can say what has changed.
    package static let rememberedRevisions: Int64 = 10_000
    /// How long an expired token is left in the file, in seconds: requests are decided at slightly
    /// different moments, and none may find a token gone that had not expired at its own.
    package static let tokenGraceSeconds: Int64 = 3600
}
