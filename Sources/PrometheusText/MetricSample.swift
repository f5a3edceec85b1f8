/// The value of a series that is read when it is asked for.
package struct MetricSample: Sendable {
    /// What a series has.
    package enum Value: Sendable, Hashable {
        case number(Double)
        /// How many values fell below each bound and above the last, and their sum.
        case histogram(counts: [Int], sum: Double)
    }

    package let name: String
    /// The values of the labels, in the order of the metric's definition.
    package let labels: [String]
    package let value: Value

    package init(_ name: String, labels: [String] = [], _ value: Value) {
        self.name = name
        self.labels = labels
        self.value = value
    }

    package init(_ name: String, labels: [String] = [], _ number: some BinaryInteger) {
        self.init(name, labels: labels, .number(Double(number)))
    }
}
