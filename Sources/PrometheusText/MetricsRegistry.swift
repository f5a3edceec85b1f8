package import CoreMetrics
import Synchronization

/// The metrics of one server, behind the façade of swift-metrics, as a text for Prometheus.
///
/// Whoever counts makes its counters and timers once, with this as their factory. A metric that is
/// not defined is not kept. Every server has a registry of its own, so that several may run in one
/// process.
package final class MetricsRegistry: MetricsFactory {
    package let definitions: [MetricDefinition]
    private let byName: [String: MetricDefinition]
    private let series = Mutex<[Key: any Series]>([:])

    private struct Key: Hashable {
        let name: String
        let labels: [String]
    }

    package init(_ definitions: [MetricDefinition]) {
        self.definitions = definitions
        byName = Dictionary(definitions.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The counter of a metric with these labels; one that counts nothing where there is none.
    package func makeCounter(
        label: String, dimensions: [(String, String)]
    ) -> any CounterHandler {
        let found: CountedSeries? = find(label, dimensions) { definition in
            definition.kind == .counter ? CountedSeries() : nil
        }
        return found ?? NOOPMetricsHandler.instance
    }

    /// The histogram of a metric with these labels; one that counts nothing where there is none.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let found: TimedSeries? = find(label, dimensions) { definition in
            if case .histogram(let bounds) = definition.kind { TimedSeries(bounds) } else { nil }
        }
        return found ?? NOOPMetricsHandler.instance
    }

    /// Values that are as they are now are read when they are asked for, not kept.
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    /// Does nothing: a series stays as long as its server.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing: a series stays as long as its server.
    package func destroyTimer(_ handler: any TimerHandler) {}
    /// Does nothing: there are no recorders.
    package func destroyRecorder(_ handler: any RecorderHandler) {}

    /// The series of a metric with these labels, which is made at its first use.
    private func find<Found: Series>(
        _ name: String, _ dimensions: [(String, String)],
        make: (MetricDefinition) -> Found?
    ) -> Found? {
        guard let definition = byName[name] else { return nil }
        let labels = definition.labels.map { label in
            dimensions.first { $0.0 == label }?.1 ?? ""
        }
        let key = Key(name: name, labels: labels)
        return series.withLock { series in
            if let known = series[key] { return known as? Found }
            let made = make(definition)
            series[key] = made
            return made
        }
    }

    /// The text of Prometheus's format 0.0.4: what was counted, and the samples.
    package func text(with samples: [MetricSample]) -> String {
        let counted = series.withLock { series in
            series.map { MetricSample($0.key.name, labels: $0.key.labels, $0.value.value) }
        }
        let byName = Dictionary(grouping: counted + samples, by: \.name)
        var text = MetricsText()
        for definition in definitions {
            text.add(definition, byName[definition.name] ?? [])
        }
        return text.text
    }
}

/// Something that is counted from many threads.
private protocol Series: AnyObject, Sendable {
    var value: MetricSample.Value { get }
}

private final class CountedSeries: CounterHandler, Series {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
    var value: MetricSample.Value { .number(Double(count.load(ordering: .relaxed))) }
}

private final class TimedSeries: TimerHandler, Series {
    /// In nanoseconds.
    private let bounds: [Double]
    private let state: Mutex<(counts: [Int], sum: Int64)>

    init(_ seconds: [Double]) {
        bounds = seconds.map { $0 * 1e9 }
        state = Mutex((Array(repeating: 0, count: seconds.count + 1), 0))
    }

    func recordNanoseconds(_ duration: Int64) {
        let place = bounds.firstIndex { Double(duration) <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.sum = state.sum.addingReportingOverflow(duration).partialValue
        }
    }

    var value: MetricSample.Value {
        state.withLock { .histogram(counts: $0.counts, sum: Double($0.sum) / 1e9) }
    }
}
