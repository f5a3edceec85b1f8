/// Every bound of a durable file beyond those that it is opened with.
enum FileLimits {
    /// Times that the beginning of the file is read without a lock before it counts as damaged.
    static let readsWithoutLock = 100
    /// Damaged pages that are remembered, and subjects that could not be read.
    static let rememberedDamage = 100
    /// Bytes of a backup that are read at once.
    static let backupPartBytes = 262_144
}

/// How much may wait for a durable file, and how much is done at once.
package struct QueueLimits: Sendable {
    /// Entries that may wait to be written, with each of their allocations counted like one
    /// more; others are refused.
    ///
    /// Half a second's worth: memory stays bounded where more comes in than the disk takes.
    package var waiting = 65_536
    /// How many of them go into one transaction: enough that the sync to disk costs little
    /// per entry, few enough that nobody waits long for it.
    package var inTransaction = 4096
    /// Reports that are read at the same time; others wait.
    package var readers = 4

    package init() {}
}
