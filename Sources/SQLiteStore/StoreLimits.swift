/// Every bound of the data file beyond those that a store is opened with.
enum StoreLimits {
    /// Times that the beginning of the file is read without a lock before it counts as damaged.
    static let readsWithoutLock = 100
    /// Damaged pages that are remembered, and subjects that could not be read.
    static let rememberedDamage = 100
    /// Bytes of a backup that are read at once.
    static let backupPartBytes = 262_144
    /// Groups' numbers that a report keeps before those that its page cannot show are forgotten.
    static let groupNumbers = 200_000
    /// Seconds of the marketplace's clock that an hour stays in memory after its last report.
    static let idleHourSeconds: Int64 = 3600
    /// Dimensions that are remembered in the order in which records come, to be found at once.
    static let dimensionsInOrder = 64
    /// Ids that `verify` compares at once, sixteen bytes each: a file with more is read more often.
    static let verifiedIDs = 8_000_000
}

extension SQLiteStore {
    /// How much may wait, and how much is done at once.
    package struct Limits: Sendable {
        /// Entries that may wait to be written, with each of their allocations counted like one
        /// more; others are refused.
        ///
        /// Half a second's worth: memory stays bounded where more comes in than the disk takes.
        package var waiting = 65_536
        /// How many of them go into one transaction: enough that the sync to disk costs little
        /// per entry, few enough that nobody waits long for it.
        package var inTransaction = 4096
        /// Names (products, buyers, dimensions, licences, resources) whose numbers are kept in
        /// memory, some 50 to 150 bytes each.
        package var namesInMemory = 1_048_576
        /// Records whose places are kept in memory, 16 to 32 bytes each, so that duplicates are
        /// found at once.
        ///
        /// Hours beyond are read from the file again whenever somebody reports for them.
        package var openRecordsInMemory = 16_777_216
        /// Reports that are read at the same time; others wait.
        package var readers = 4

        package init() {}
    }
}
