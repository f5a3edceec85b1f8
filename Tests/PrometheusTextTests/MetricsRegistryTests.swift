import CoreMetrics
import PrometheusText
import Testing

@Suite("The text for Prometheus")
struct MetricsRegistryTests {
    private static let definitions = [
        MetricDefinition("a_total", .counter, "Counts\n\\things.", labels: ["x", "y"]),
        MetricDefinition("b_seconds", .histogram([0.25, 1]), "Times.", labels: ["x"]),
        MetricDefinition("c", .gauge, "Is now."),
    ]

    @Test("has each metric's sentence and type once, and its series in the order of their labels")
    func counters() {
        let registry = MetricsRegistry(Self.definitions)
        for (x, y, amount) in [("b", "1", 2), ("a", "2", 1), ("b", "1", 3)] {
            // In any order, and with a dimension that is not a label.
            Counter(
                label: "a_total", dimensions: [("y", y), ("x", x), ("z", "?")], factory: registry
            ).increment(by: amount)
        }
        #expect(
            registry.text(with: [MetricSample("c", .number(0.5))]) == #"""
                # HELP a_total Counts\n\\things.
                # TYPE a_total counter
                a_total{x="a",y="2"} 1
                a_total{x="b",y="1"} 5
                # HELP b_seconds Times.
                # TYPE b_seconds histogram
                # HELP c Is now.
                # TYPE c gauge
                c 0.5

                """#)
    }

    @Test("has the counts of a histogram added up, with what lies on a bound below it")
    func histogram() {
        let registry = MetricsRegistry(Self.definitions)
        let timer = Timer(label: "b_seconds", dimensions: [("x", "1")], factory: registry)
        for milliseconds in [250, 251, 1000, 4000] as [Int64] {
            timer.recordNanoseconds(milliseconds * 1_000_000)
        }
        let sample = MetricSample(
            "b_seconds", labels: ["2"], .histogram(counts: [1, 0, 2], sum: 7))
        let lines = registry.text(with: [sample]).split(separator: "\n")
        #expect(
            lines.filter { $0.hasPrefix("b_seconds") } == [
                #"b_seconds_bucket{x="1",le="0.25"} 1"#, #"b_seconds_bucket{x="1",le="1"} 3"#,
                #"b_seconds_bucket{x="1",le="+Inf"} 4"#, #"b_seconds_sum{x="1"} 5.501"#,
                #"b_seconds_count{x="1"} 4"#,
                #"b_seconds_bucket{x="2",le="0.25"} 1"#, #"b_seconds_bucket{x="2",le="1"} 1"#,
                #"b_seconds_bucket{x="2",le="+Inf"} 3"#, #"b_seconds_sum{x="2"} 7"#,
                #"b_seconds_count{x="2"} 3"#,
            ])
    }

    @Test("escapes what a label's value would end with")
    func escapes() {
        let registry = MetricsRegistry([MetricDefinition("d", .gauge, "D.", labels: ["x"])])
        let text = registry.text(with: [MetricSample("d", labels: ["a\"b\\c\nd"], 1)])
        #expect(text.contains(#"d{x="a\"b\\c\nd"} 1"#), "\(text)")
    }

    @Test("leaves out what is not defined")
    func undefined() {
        let registry = MetricsRegistry([])
        Counter(label: "other", factory: registry).increment()
        Timer(label: "other", factory: registry).recordNanoseconds(1)
        #expect(registry.text(with: [MetricSample("other", 1)]) == "")
    }
}
