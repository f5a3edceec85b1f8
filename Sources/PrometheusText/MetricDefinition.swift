/// A metric: its name, what it is, and how its series are told apart.
package struct MetricDefinition: Sendable {
    /// What a metric is, in Prometheus's words.
    package enum Kind: Sendable, Hashable {
        /// A number that only grows, from the start of the server.
        case counter
        /// A number as it is now.
        case gauge
        /// How many values were at most as large as each of these bounds, in ascending order.
        case histogram([Double])

        /// The word of the text format.
        package var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    package let name: String
    package let kind: Kind
    /// What it counts, as one sentence.
    package let help: String
    /// The names of the labels of each series, in order.
    package let labels: [String]

    package init(_ name: String, _ kind: Kind, _ help: String, labels: [String] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }
}
