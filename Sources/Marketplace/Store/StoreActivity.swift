/// What a store has done since it was opened, and what waits.
package struct StoreActivity: Sendable, Hashable {
    package var commits = 0
    package var calls = 0
    package var entries = 0
    /// Entries that wait to be written, each allocation counted like one more.
    package var waiting = 0
    /// How many calls a transaction had.
    package var callsInCommit = Tally([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    /// How long a transaction took, the sync to the disk included, in seconds.
    package var commitSeconds = Tally([
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
    ])
    /// Calls that failed, by how.
    package var errors: [StoreError.Code: Int] = [:]

    package init() {}
}

/// How many values were at most as large as each of some bounds, and how many were larger.
package struct Tally: Sendable, Hashable {
    /// In ascending order.
    package let bounds: [Double]
    /// One for each bound, and one for what is above the last.
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    package init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func add(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}

/// What waits to be delivered to a target.
package struct WaitingDeliveries: Sendable, Hashable {
    package var target: String
    package var count: Int
    /// The number of the event that has waited longest.
    package var oldestEvent: Int64

    package init(target: String, count: Int, oldestEvent: Int64) {
        self.target = target
        self.count = count
        self.oldestEvent = oldestEvent
    }
}
