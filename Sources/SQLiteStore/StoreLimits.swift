/// Every bound of the embedded store beyond those that it is opened with.
enum StoreLimits {
    /// Groups' numbers that a report keeps before those that its page cannot show are forgotten.
    static let groupNumbers = 200_000
    /// Seconds of the marketplace's clock that an hour stays in memory after its last report.
    static let idleHourSeconds: Int64 = 3600
    /// Dimensions that are remembered in the order in which records come, to be found at once.
    static let dimensionsInOrder = 64
    /// Changes of one edit that are kept for those who follow the catalog; after a larger edit they
    /// read it anew, which takes less time than so many changes.
    static let followedChanges = 10_000
    /// Facts that one processor turns into bytes, or back, at once.
    static let elementsAtOnce = 1024
    /// Parts of the catalog that have been read and wait to be put into it.
    static let partsInMemory = 16
    /// Ids that `verify` compares at once, sixteen bytes each: a file with more is read more often.
    static let verifiedIDs = 8_000_000
}

/// How much of a data file is kept in memory.
package struct MemoryLimits: Sendable {
    /// Names (products, buyers, dimensions, licences, resources) whose numbers are kept in memory,
    /// some 50 to 150 bytes each.
    package var names = 1_048_576
    /// Records whose places are kept in memory, 16 to 32 bytes each, so that duplicates are found
    /// at once.
    ///
    /// Hours beyond are read from the file again whenever somebody reports for them.
    package var openRecords = 16_777_216

    package init() {}
}
