import MeteringAPI

extension CatalogEdit {
    /// Lets a workload run from now on; one that runs already goes on.
    ///
    /// What is known of it counts now: an hour may have ended since its call was decided.
    package mutating func start(_ workload: RegisteredWorkload, isFree: Bool) {
        let known = catalog.registeredWorkload(workload.name)
        // A reset may have come in between.
        guard known?.runningSince == nil, catalog.products[workload.productCode] != nil
        else { return }
        put(.registeredWorkload((known ?? workload).started(at: now, isFree: isFree)))
    }

    /// Stops every run of a task or pod, and gives them in the order of their products.
    package mutating func stopWorkloads(
        ofResource resourceID: String
    ) throws(Contradiction) -> [RegisteredWorkload] {
        let known = catalog.registeredWorkloads
            .filter { ExactText($0.resourceID) == ExactText(resourceID) }
            .sorted { ($0.productCode, $0.region) < ($1.productCode, $1.region) }
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
