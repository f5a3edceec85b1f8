import MeteringAPI

extension CatalogEdit {
    /// Lets a workload run from now on; one that runs already goes on.
    ///
    /// What is known of it counts now: an hour may have ended since its call was decided.
    package mutating func start(_ workload: RegisteredWorkload, isFree: Bool) {
        let known = catalog.registeredWorkload(workload.name)
        if let known, known.runningSince != nil {
            if known.isLongSilent(at: now) { put(.registeredWorkload(known.called(at: now))) }
            return
        }
        // A reset may have come in between.
        guard catalog.products[workload.productCode] != nil else { return }
        put(.registeredWorkload((known ?? workload).started(at: now, isFree: isFree)))
    }

    /// Stops every run of a task or pod, and gives them in the order of their products.
    package mutating func stopWorkloads(
        ofResource resourceID: String
    ) throws(Contradiction) -> [RegisteredWorkload] {
        let known = catalog.registeredWorkloads(ofResource: resourceID).sorted {
            (ExactText($0.productCode), ExactText($0.region)) < (
                ExactText($1.productCode), ExactText($1.region)
            )
        }
        guard !known.isEmpty else {
            throw Contradiction(
                .notFound, "resourceId", "no task or pod \(quoted(resourceID)) has registered")
        }
        let running = known.filter { $0.stoppedAt == nil }
        guard !running.isEmpty else {
            throw Contradiction(
                .conflict, "resourceId",
                "it was stopped at \(known[0].stoppedAt?.iso8601 ?? "")")
        }
        let stopped = running.map { $0.stopped(at: now) }
        for workload in stopped { put(.registeredWorkload(workload)) }
        return stopped
    }
}

extension Catalog {
    /// Refuses another workload that no credential stands for where there are too many.
    package func requireRoom(for workload: RegisteredWorkload) throws(Refusal) {
        guard workload.isAssumed == true, registeredWorkload(workload.name) == nil,
            assumedWorkloads >= MarketplaceLimits.assumedWorkloads
        else { return }
        throw Refusal(
            .throttling, .workloads,
            "\(MarketplaceLimits.assumedWorkloads) workloads without a credential run already: "
                + "make "
                + "credentials for them, or stop some with "
                + "POST /control/v1/workloads/{resourceId}/stop; one ends by itself after "
                + "\(MarketplaceLimits.assumedWorkloadSeconds / 86_400) days without a call")
    }
}
