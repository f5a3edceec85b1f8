import AWSWire
import Documents
import Marketplace
import MarketplaceHost
import MeteringAPI

extension ControlAPI {
    func usage(_ request: ControlRequest) async throws -> ControlResult {
        let page = try await state.store.usage(
            try request.usageFilter(), after: request.query["cursor"], within: request.bounds)
        return ControlResult(page, Answers.usage)
    }

    func totals(_ request: ControlRequest) async throws -> ControlResult {
        let groupings = (request.query["groupBy"] ?? "").split(separator: ",").compactMap {
            UsageGrouping(rawValue: String($0))
        }
        let page = try await state.store.totals(
            of: try request.usageFilter(), by: groupings, after: request.query["cursor"],
            within: request.bounds)
        return ControlResult(
            page, Answers.total, shown: { Answers.ShownTotal(total: $0, groupings: groupings) })
    }

    func requests(_ request: ControlRequest) -> ControlResult {
        let limit = request.limit
        let found = log.requests(
            before: Int(clamping: request.number(.cursor) ?? .max), limit: limit + 1,
            where: request.requestFilter())
        let shown = Array(found.prefix(limit))
        let page = ReportPage(
            items: shown,
            nextCursor: found.count > limit ? shown.last.map { String($0.number) } : nil)
        return ControlResult(
            page, cursor: { String($0.number) }, Answers.request, shown: \.request)
    }

    func workloads(_ request: ControlRequest) async throws -> ControlResult {
        let now = state.catalog.now(real: state.realNow)
        return try await request.list(
            .registeredWorkload, in: state.store, Answers.workload
        ) { fact in
            if case .registeredWorkload(let workload) = fact {
                Answers.ShownWorkload(workload: workload, now: now)
            } else {
                nil
            }
        }
    }

    func stopWorkload(_ request: ControlRequest) async throws -> ControlResult {
        try request.read { $0.finish() }
        let id = request["resourceId"]
        let stopped = try await state.edit(
            lookingUp: { _, _ in [.owned(.registeredWorkload, by: id)] }
        ) { try $0.stopWorkloads(ofResource: id) }
        let now = state.catalog.now(real: state.realNow)
        let page = ReportPage(items: stopped, nextCursor: nil)
        return ControlResult(
            page, Answers.workload, shown: { Answers.ShownWorkload(workload: $0, now: now) })
    }

    /// The audit trail; the cursor is given also where nothing follows yet.
    func trail(_ request: ControlRequest) -> ControlResult {
        let trail = log.trail(
            from: Int(clamping: request.number(.cursor) ?? 0), limit: request.limit,
            bytes: ControlLimits.pageBytes)
        let calls = trail.calls.compactMap { request in
            request.trailed.map { Answers.ShownCall(request: request, call: $0) }
        }
        let page = ReportPage(items: calls, nextCursor: String(trail.next))
        return ControlResult(page, Answers.trailRecord)
    }

    func request(_ request: ControlRequest) throws -> ControlResult {
        guard let logged = log.request(id: request["requestId"]) else {
            throw Contradiction(
                .notFound, "requestId",
                "no request of the last \(HostLimits.loggedRequests) has this id")
        }
        return ControlResult(Answers.request, logged)
    }

    func clock() -> ControlResult {
        ControlResult(
            Answers.clock, Answers.ShownClock(catalog: state.catalog, real: state.realNow))
    }

    func putClock(_ request: ControlRequest) async throws -> ControlResult {
        switch try request.read({ $0.clockCommand() }) {
        case .change(let change): _ = try await state.editAndArrive { try $0.changeClock(change) }
        case .jump(let jump):
            let (contract, alignment) = (state.contract, state.alignment)
            _ = try await state.editAndArrive { edit in
                try edit.jump(to: jump, contract: contract, alignment: alignment)
            }
        }
        return clock()
    }

    func settings() -> ControlResult { ControlResult(Answers.settings, state.catalog.settings) }

    func putSettings(_ request: ControlRequest) async throws -> ControlResult {
        let settings = try request.read { $0.settings() }
        try await state.edit { $0.put(.settings(settings)) }
        return self.settings()
    }

    func reset(_ request: ControlRequest) async throws -> ControlResult {
        let everything = try request.read { reader in
            let everything = reader.flag("everything") ?? false
            reader.finish()
            return everything
        }
        if everything { try await state.forgetEverything() } else { try await state.forgetUsage() }
        log.clear()
        return ControlResult(Answers.empty, ())
    }

    /// A copy of the data file, as it is sent.
    func backup() async throws -> ControlResult {
        guard let parts = try await state.store.backup() else {
            throw Problem(
                409, "the marketplace is in memory and has no data file: start it with --data")
        }
        var result = ControlResult([])
        result.contentType = "application/octet-stream"
        result.nextPart = parts
        return result
    }

    /// The description of this API, as this server offers it.
    func openAPI() -> ControlResult {
        ControlResult(OpenAPIDocument(asksForToken: access.asksForToken).json)
    }

    /// Whether the server lives.
    ///
    /// Where something on the disk is damaged, the rest goes on, so this is a success all the same.
    func health() -> ControlResult {
        ControlResult(Answers.health, state.store.findings)
    }

    /// What an operator's monitoring reads.
    func metricsText() async -> ControlResult {
        var result = ControlResult(Array(await metrics().utf8))
        result.contentType = "text/plain; version=0.0.4; charset=utf-8"
        return result
    }
}

extension ControlRequest {
    fileprivate func requestFilter() -> (LoggedRequest) -> Bool {
        let operation = query["operation"].flatMap(OperationName.init)
        let status = number(.status).map { Int(clamping: $0) }
        let key = query["accessKeyId"]
        return { logged in
            (operation == nil || logged.operation == operation)
                && (key.map { logged.accessKeyID?.hasSameBytes(as: $0) == true } ?? true)
                && (status == nil || logged.status == status)
        }
    }

    fileprivate func usageFilter() throws(Contradiction) -> UsageFilter {
        var filter = UsageFilter()
        filter.productCode = query["productCode"]
        filter.buyerAccountID = query["buyerAccountId"]
        filter.dimension = query["dimension"]
        filter.licenseARN = query["licenseArn"]
        filter.resourceID = query["resourceId"]
        filter.region = query["region"]
        filter.from = try time("from")
        filter.to = try time("to")
        return filter
    }
}
