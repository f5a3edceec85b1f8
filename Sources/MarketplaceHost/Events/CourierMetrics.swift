import CoreMetrics
package import PrometheusText

/// What the courier counts.
package struct CourierMetrics: Sendable {
    /// The metric, for the registry and the manual.
    package static let definitions = [
        MetricDefinition(
            "turnpike_delivery_attempts_total", .counter,
            "Attempts to deliver an event to a target, by how they ended.", labels: ["outcome"])
    ]

    private let delivered: Counter
    private let refused: Counter
    private let unreachable: Counter

    init(_ factory: any MetricsFactory) {
        func counter(_ outcome: String) -> Counter {
            Counter(
                label: "turnpike_delivery_attempts_total", dimensions: [("outcome", outcome)],
                factory: factory)
        }
        delivered = counter("delivered")
        refused = counter("refused")
        unreachable = counter("unreachable")
    }

    func count(_ outcome: EventSender.Outcome) {
        switch outcome {
        case .delivered: delivered.increment()
        case .refused: refused.increment()
        case .unreachable: unreachable.increment()
        }
    }
}
