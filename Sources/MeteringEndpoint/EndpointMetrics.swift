package import CoreMetrics
import Marketplace
import MeteringAPI
package import PrometheusText
import Synchronization

/// What the AWS endpoint counts.
///
/// Its counters are made once for each combination of labels, whose number no client can raise:
/// operations, statuses and exceptions that are not in a list of ours count as `other`.
package final class EndpointMetrics: Sendable {
    /// The metrics, for the registry and the manual.
    package static let definitions = [
        MetricDefinition(
            "turnpike_requests_total", .counter,
            "Requests to the AWS endpoint that were answered.",
            labels: ["operation", "status", "exception"]),
        MetricDefinition(
            "turnpike_request_duration_seconds",
            .histogram([
                0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
            ]),
            "Time from a whole request to its answer.", labels: ["operation"]),
        MetricDefinition(
            "turnpike_records_total", .counter,
            "Usage records by what became of them.", labels: ["outcome"]),
    ]

    private struct Labels: Hashable {
        let operation: OperationName?
        let status: Int
        let exception: String
    }

    private let factory: any MetricsFactory
    private let requests = Mutex<[Labels: Counter]>([:])
    private let durations: [OperationName: Timer]
    private let otherDuration: Timer
    private let records: [RecordExplanation.Outcome.Kind: Counter]

    package init(_ factory: any MetricsFactory) {
        self.factory = factory
        func timer(_ operation: String) -> Timer {
            Timer(
                label: "turnpike_request_duration_seconds", dimensions: [("operation", operation)],
                factory: factory)
        }
        durations = Dictionary(
            uniqueKeysWithValues: OperationName.allCases.map { ($0, timer($0.rawValue)) })
        otherDuration = timer(Self.other)
        records = Dictionary(
            uniqueKeysWithValues: RecordExplanation.Outcome.Kind.allCases.map { kind in
                let counter = Counter(
                    label: "turnpike_records_total", dimensions: [("outcome", kind.rawValue)],
                    factory: factory)
                return (kind, counter)
            })
    }

    private static let other = "other"

    /// Exceptions that are no business of the model, and those that are.
    private static let exceptions = Set(
        MeteringException.allCases.map(\.name) + [
            "", "AccessDeniedException", "IncompleteSignatureException",
            "InvalidSignatureException", "MissingAuthenticationTokenException",
            "RequestEntityTooLargeException", "SerializationException",
            "ServiceUnavailableException", "UnknownOperationException",
            "UnrecognizedClientException", "ValidationException",
        ])

    /// The statuses that the endpoint answers with by itself; a fault may answer with any.
    private static let statuses: Set<Int> = [200, 400, 403, 404, 405, 413, 500, 503]

    /// Counts an answer.
    func count(
        _ operation: OperationName?, status: Int, error: String?, nanoseconds: Int64,
        _ explanation: Explanation
    ) {
        let exception = error ?? ""
        let labels = Labels(
            operation: operation, status: Self.statuses.contains(status) ? status : 0,
            exception: Self.exceptions.contains(exception) ? exception : Self.other)
        requests.withLock { requests in
            if let known = requests[labels] { return known }
            let made = Counter(
                label: "turnpike_requests_total",
                dimensions: [
                    ("operation", operation?.rawValue ?? Self.other),
                    ("status", labels.status == 0 ? Self.other : String(labels.status)),
                    ("exception", labels.exception),
                ], factory: factory)
            requests[labels] = made
            return made
        }.increment()
        (operation.flatMap { durations[$0] } ?? otherDuration).recordNanoseconds(nanoseconds)
        count(explanation.records)
    }

    /// Counts records, those beside each other with one outcome at once.
    private func count(_ explained: [RecordExplanation]) {
        var first = 0
        while first < explained.count {
            let kind = explained[first].outcome.kind
            var end = first + 1
            // By index, because a copy of a record counts its references.
            while end < explained.count, explained[end].outcome.kind == kind { end += 1 }
            records[kind]?.increment(by: end - first)
            first = end
        }
    }
}
