/// Writes metrics as Prometheus's text format has them.
struct MetricsText {
    private(set) var text = ""

    /// Adds a metric with its series, which are ordered by their labels.
    mutating func add(_ definition: MetricDefinition, _ samples: [MetricSample]) {
        text += "# HELP \(definition.name) \(definition.help.escaped(quotes: false))\n"
        text += "# TYPE \(definition.name) \(definition.kind.word)\n"
        for sample in samples.sorted(by: { $0.labels.lexicographicallyPrecedes($1.labels) }) {
            let labels = Array(zip(definition.labels, sample.labels))
            switch (sample.value, definition.kind) {
            case (.number(let number), _): add(definition.name, labels, number)
            case (.histogram(let counts, let sum), .histogram(let bounds)):
                add(definition.name, labels, counts, bounds, sum)
            case (.histogram, _): continue
            }
        }
    }

    private mutating func add(
        _ name: String, _ labels: [(String, String)], _ counts: [Int], _ bounds: [Double],
        _ sum: Double
    ) {
        var total = 0
        for (count, bound) in zip(counts, bounds) {
            total += count
            add(name + "_bucket", labels + [("le", bound.metricText)], Double(total))
        }
        total += counts.dropFirst(bounds.count).reduce(0, +)
        add(name + "_bucket", labels + [("le", "+Inf")], Double(total))
        add(name + "_sum", labels, sum)
        add(name + "_count", labels, Double(total))
    }

    private mutating func add(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.0)=\"\($0.1.escaped(quotes: true))\"" }
            text += "{" + pairs.joined(separator: ",") + "}"
        }
        text += " \(value.metricText)\n"
    }
}

extension Double {
    /// A whole number without its fraction, and others as Swift writes them.
    fileprivate var metricText: String {
        Int64(exactly: self).map { String($0) } ?? String(self)
    }
}

extension String {
    /// The text with the characters escaped that would end it.
    fileprivate func escaped(quotes: Bool) -> String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
