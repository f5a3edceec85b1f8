import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
package import PrometheusText

/// What `/metrics` says: what was counted, and how things are when it is asked.
package struct ServerMetrics: Sendable {
    let registry = MetricsRegistry(Self.definitions)
    private let state: MarketplaceState

    init(state: MarketplaceState) {
        self.state = state
    }

    /// The text, which costs neither by the number of buyers nor by that of records.
    func text() async -> String {
        let waiting = (try? await state.store.waitingDeliveries()) ?? []
        var samples = catalogSamples + storeSamples + ProcessFigures.samples
        for target in waiting {
            samples.append(
                MetricSample("turnpike_outbox_deliveries", labels: [target.target], target.count))
            if let age = await age(of: target) {
                samples.append(
                    MetricSample("turnpike_outbox_age_seconds", labels: [target.target], age))
            }
        }
        return registry.text(with: samples)
    }

    /// How long the oldest event that waits has waited, in seconds of the marketplace's time.
    private func age(of waiting: WaitingDeliveries) async -> Int64? {
        let events = try? await state.store.events(after: waiting.oldestEvent - 1, limit: 1)
        guard let event = events?.first else { return nil }
        let now = state.catalog.now(real: state.realNow)
        return max(0, now.milliseconds(since: event.event.time) / 1000)
    }

    private var catalogSamples: [MetricSample] {
        let catalog = state.catalog
        let real = state.realNow
        let offset = catalog.now(real: real).milliseconds(since: real)
        return [
            MetricSample("turnpike_accounts", catalog.accounts.count),
            MetricSample("turnpike_products", catalog.products.count),
            MetricSample("turnpike_agreements", catalog.agreements.count),
            MetricSample("turnpike_credentials", catalog.credentials.count),
            MetricSample("turnpike_event_targets", catalog.eventTargets.count),
            MetricSample("turnpike_catalog_revision", catalog.revision.number),
            MetricSample("turnpike_clock_mode", labels: ["\(catalog.clock.mode)"], 1),
            MetricSample("turnpike_clock_offset_seconds", .number(Double(offset) / 1000)),
            MetricSample("turnpike_faults_active", state.faults.isActive ? 1 : 0),
            MetricSample("turnpike_build_info", labels: [Version.current], 1),
        ]
    }

    private var storeSamples: [MetricSample] {
        let activity = state.store.activity
        let errors = StoreError.Code.allCases.map { code in
            MetricSample(
                "turnpike_store_errors_total", labels: ["\(code)"], activity.errors[code] ?? 0)
        }
        return errors + [
            MetricSample("turnpike_store_queue_entries", activity.waiting),
            MetricSample("turnpike_store_entries_total", activity.entries),
            MetricSample("turnpike_store_commit_calls", .histogram(of: activity.callsInCommit)),
            MetricSample(
                "turnpike_store_commit_duration_seconds", .histogram(of: activity.commitSeconds)),
            MetricSample("turnpike_damage", state.store.findings.count),
        ]
    }
}

extension MetricSample.Value {
    fileprivate static func histogram(of tally: Tally) -> Self {
        .histogram(counts: tally.counts, sum: tally.sum)
    }
}

extension ServerMetrics {
    /// Every metric of a server.
    package static let definitions =
        EndpointMetrics.definitions + store + CourierMetrics.definitions + catalog
        + ProcessFigures.definitions

    private static let store = [
        MetricDefinition(
            "turnpike_store_queue_entries", .gauge,
            "Entries that wait to be written, each allocation counted like one more."),
        MetricDefinition(
            "turnpike_store_entries_total", .counter, "Entries that the store has decided."),
        MetricDefinition(
            "turnpike_store_commit_calls", .histogram(StoreActivity().callsInCommit.bounds),
            "Calls that were joined in one transaction."),
        MetricDefinition(
            "turnpike_store_commit_duration_seconds",
            .histogram(StoreActivity().commitSeconds.bounds),
            "Time of a transaction, the sync to the disk included."),
        MetricDefinition(
            "turnpike_store_errors_total", .counter, "Calls of the store that failed, by how.",
            labels: ["kind"]),
        MetricDefinition(
            "turnpike_damage", .gauge,
            "Damaged pages and what cannot be read for them; see /health."),
        MetricDefinition(
            "turnpike_outbox_deliveries", .gauge, "Deliveries that wait, by target.",
            labels: ["target"]),
        MetricDefinition(
            "turnpike_outbox_age_seconds", .gauge,
            "Age of the oldest event that waits for a target, in the marketplace's time.",
            labels: ["target"]),
    ]

    private static let catalog = [
        MetricDefinition("turnpike_accounts", .gauge, "Accounts of sellers and buyers."),
        MetricDefinition("turnpike_products", .gauge, "Products."),
        MetricDefinition("turnpike_agreements", .gauge, "Agreements, ended ones included."),
        MetricDefinition("turnpike_credentials", .gauge, "Credentials."),
        MetricDefinition("turnpike_event_targets", .gauge, "Targets of events."),
        MetricDefinition(
            "turnpike_catalog_revision", .gauge, "Number of the last change of the catalog."),
        MetricDefinition(
            "turnpike_clock_mode", .gauge, "1 for the mode that the marketplace's clock has.",
            labels: ["mode"]),
        MetricDefinition(
            "turnpike_clock_offset_seconds", .gauge,
            "How far the marketplace's clock is ahead of the real one."),
        MetricDefinition(
            "turnpike_faults_active", .gauge, "1 while a plan of faults is in force, else 0."),
        MetricDefinition(
            "turnpike_build_info", .gauge, "1 for the version that runs.", labels: ["version"]),
    ]
}
