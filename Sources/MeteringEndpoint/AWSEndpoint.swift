import AWSWire
package import CoreMetrics
import HTTPTypes
import Marketplace
package import MarketplaceHost
import MeteringAPI
package import WebServer

/// Whether signatures are checked.
package enum AuthenticationMode: String, Sendable, CaseIterable {
    /// Every signature is verified.
    case verified
    /// Any well-formed signature is taken; unknown keys act for the product that is named.
    case trusting
}

/// The AWS endpoint: protocol, authentication, types, constraints, rules, in this order.
package struct AWSEndpoint: Sendable {
    private let state: MarketplaceState
    private let log: RequestLog
    private let means: OperationMeans
    private let authenticator: Authenticator
    private let explainsInHeader: Bool
    private let metrics: EndpointMetrics
    private let dates = DateHeader()

    package init(
        state: MarketplaceState, log: RequestLog, forge: RegistrationKeyForge,
        authentication: AuthenticationMode, explainsInHeader: Bool,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.metrics = EndpointMetrics(metrics)
        self.state = state
        self.log = log
        means = OperationMeans(state: state, forge: forge)
        authenticator = Authenticator(mode: authentication)
        self.explainsInHeader = explainsInHeader
    }

    /// Answers a request for the path `/`.
    package func respond(to request: PlainRequest) async -> PlainResponse {
        let start = ContinuousClock.now
        let real = state.realNow
        let catalog = state.catalog
        var exchange = Exchange(now: catalog.now(real: real))
        var response: PlainResponse
        switch ProtocolGate.pass(request) {
        case .answer(let answer, let reason) where request.bodyRefusal == nil:
            response = answer
            exchange.explanation = Explanation(rule: .wireProtocol, reason: reason)
        case let passage:
            if case .operation(let operation) = passage { exchange.operation = operation }
            let answer = await self.answer(
                request, Moment(catalog: catalog, real: real, now: exchange.now), &exchange)
            exchange.error = answer.error
            exchange.explanation = answer.explanation
            response = PlainResponse(
                status: HTTPResponse.Status(code: answer.status),
                headers: [.contentType: answer.contentType ?? ProtocolGate.contentType],
                body: answer.body)
            response.isCut = answer.isCut
        }
        if RPCProtocol.isUsed(by: request) { RPCProtocol.translate(&response) }
        exchange.answer = response.body
        finish(&response, &exchange, request, real, since: start)
        return response
    }

    /// What the time is, and what was known then.
    private struct Moment {
        var catalog: Catalog
        let real: Timestamp
        let now: Timestamp
    }

    /// What the log will say of a request.
    private struct Exchange {
        let now: Timestamp
        var operation: (any ServedOperation.Type)?
        var accessKeyID: String?
        var caller: Principal?
        var region = ""
        /// By how many seconds the server's clock seems to be ahead.
        var clockSkew: Int64 = 0
        var faultNotes: [String] = []
        var answer: [UInt8] = []
        var error: String?
        var explanation = Explanation(rule: .wireProtocol)

        /// Lets the server's clock be off, where a fault wants that for the key that is named.
        mutating func skewClock(
            _ request: PlainRequest, _ operation: OperationName,
            _ faults: FaultInjector
        ) {
            let key = request.headers[.authorization]?.claimedAccessKeyID ?? ""
            let call = FaultCall(operation: operation, accessKeyID: key, region: "")
            (clockSkew, faultNotes) = faults.clockSkew(call)
        }

        /// What the audit trail shows: the calls whose caller is known, as in AWS's list.
        func trailed(_ request: PlainRequest) -> TrailedCall? {
            guard let caller, let operation, !operation.onlyReads else { return nil }
            return TrailedCall(
                principal: caller, region: region, userAgent: request.headers[.userAgent],
                request: request.body, answer: answer)
        }
    }

    /// What is needed to do an operation, once it is known who asks.
    private struct Work {
        let operation: any ServedOperation.Type
        let identity: Authenticator.Identity
        /// The catalog's revision when the request began.
        let begun: CatalogRevision
        var context: RuleContext
        /// What becomes of it by the plan of faults; nil where there is none.
        var verdict: FaultInjector.Verdict?

        /// Whether a reset that came in between left the request nothing to go on with; what only
        /// reads goes on with what is there.
        func isOvertaken(by catalog: Catalog) -> Bool {
            !operation.onlyReads && catalog.revision.hasForgotten(since: begun)
        }
    }

    private func answer(
        _ request: PlainRequest, _ moment: Moment, _ exchange: inout Exchange
    ) async -> EndpointAnswer {
        if let refusal = request.bodyRefusal { return EndpointAnswer(refusal) }
        guard let operation = exchange.operation, !request.body.isEmpty else {
            return Self.unreadable("the body is empty")
        }
        var moment = moment
        if operation.lookUps != nil {
            moment.catalog = await looking(
                up: operation, try? Self.parse(request), in: moment.catalog)
        }
        var document: JSONDocument?
        let work: Work
        do throws(Stop) {
            work = try prepare(request, operation, moment, &exchange, &document)
        } catch {
            return error.answer
        }
        if let verdict = work.verdict {
            return await answer(request, work, verdict, &document)
        }
        guard let document else { return Self.unreadable("the body is empty") }
        return await decide(work, document, in: work.context, with: means)
    }

    /// A copy of a catalog with what a request carries that leads to its product.
    private func looking(
        up operation: any ServedOperation.Type, _ document: JSONDocument?, in catalog: Catalog
    ) async -> Catalog {
        guard let lookUps = operation.lookUps, let document else { return catalog }
        // Where the store fails, the operation will say so.
        return (try? await state.looking(up: lookUps(document.root), in: catalog)) ?? catalog
    }

    /// An answer that comes before the operation.
    private struct Stop: Error {
        let answer: EndpointAnswer
    }

    /// Finds out who asks for what, and whether that is allowed; nothing here waits.
    private func prepare(
        _ request: PlainRequest, _ operation: any ServedOperation.Type, _ moment: Moment,
        _ exchange: inout Exchange, _ document: inout JSONDocument?
    ) throws(Stop) -> Work {
        let faults = state.faults.isActive ? state.faults : nil
        if let faults { exchange.skewClock(request, operation.name, faults) }
        let identity = try authenticate(request, moment, clockSkew: exchange.clockSkew)
        exchange.accessKeyID = identity.accessKeyID
        let parsed = try Self.parse(request)
        document = parsed
        do throws(Refusal) {
            let context = try context(
                of: operation, parsed.root, identity, moment.catalog, moment.now)
            exchange.caller = context.caller.principal
            exchange.region = identity.region
            try context.permit(operation.name)
            var work = Work(
                operation: operation, identity: identity, begun: moment.catalog.revision,
                context: context)
            if let faults {
                let call = FaultCall(
                    operation, accessKeyID: identity.accessKeyID,
                    accountID: context.caller.principal.accountID, region: identity.region,
                    productCode: operation.product(in: parsed.root, moment.catalog)?.code,
                    parsed.root)
                work.verdict = faults.judge(call, real: state.realNow)
            }
            return work
        } catch {
            throw Stop(answer: EndpointAnswer(error))
        }
    }

    private func authenticate(
        _ request: PlainRequest, _ moment: Moment, clockSkew: Int64
    ) throws(Stop) -> Authenticator.Identity {
        do throws(AuthenticationFailure) {
            return try authenticator.authenticate(
                request, catalog: moment.catalog, real: moment.real.adding(seconds: clockSkew),
                otherClock: state.recentTimes(of: moment.catalog, real: moment.real))
        } catch {
            // What is no JSON is said before who may ask.
            _ = try Self.parse(request)
            throw Stop(
                answer: EndpointAnswer(
                    error.envelope,
                    authenticator.explanation(of: error, request, in: moment.catalog)))
        }
    }

    /// What a request is decided on.
    private func context(
        of operation: any ServedOperation.Type, _ body: JSONValue,
        _ identity: Authenticator.Identity,
        _ catalog: Catalog, _ now: Timestamp
    ) throws(Refusal) -> RuleContext {
        let product = operation.product(in: body, catalog)
        let caller =
            if let known = identity.caller {
                known
            } else {
                try TrustedCaller.caller(
                    accessKeyID: identity.accessKeyID, region: identity.region,
                    operation: operation.name, product: product, catalog: catalog, now: now)
            }
        return RuleContext(
            catalog: catalog, caller: caller, region: identity.region, now: now,
            contract: .governing(product, default: state.contract), alignment: state.alignment)
    }

    /// What a request goes on with that has waited, unless a reset has overtaken it.
    private func context(
        of work: Work, _ document: JSONDocument, later catalog: Catalog
    ) throws(Refusal) -> RuleContext {
        guard !work.isOvertaken(by: catalog) else { throw .outdated }
        return try context(
            of: work.operation, document.root, work.identity, catalog,
            catalog.now(real: state.realNow))
    }

    /// The answer to a request, which is decided again where the catalog was overtaken.
    private func decide(
        _ work: Work, _ document: JSONDocument, in context: RuleContext,
        with means: OperationMeans
    ) async -> EndpointAnswer {
        var context = context
        var answer = await work.operation.answer(document, context, with: means)
        for _ in 1..<EndpointLimits.decisions where answer.isOutdated {
            guard let catalog = try? await state.settledCatalog() else { break }
            do throws(Refusal) {
                context = try self.context(
                    of: work, document,
                    later: await looking(up: work.operation, document, in: catalog))
            } catch {
                return EndpointAnswer(error)
            }
            answer = await work.operation.answer(document, context, with: means)
        }
        return answer
    }

    /// The answer to a request that may meet faults.
    private func answer(
        _ request: PlainRequest, _ work: Work, _ verdict: FaultInjector.Verdict,
        _ document: inout JSONDocument?
    ) async -> EndpointAnswer {
        if !verdict.delays.isEmpty {
            // It may take forty times the bytes of the body, which alone count among what is held.
            document = nil
            await state.faults.delay(verdict, departure: request.departure)
        }
        var means = means
        means.unprocessed = verdict.unprocessed
        var answer: EndpointAnswer
        if let instead = verdict.answer {
            answer = EndpointAnswer(instead)
        } else {
            answer = await self.answer(request, work, &document, with: means)
        }
        answer.isCut = verdict.isCut
        // The one that answered is the reason already.
        answer.explanation.notes += verdict.notes.filter { $0 != answer.explanation.reason }
        return answer
    }

    /// The answer to a request that a fault may have kept waiting, while the marketplace went on.
    private func answer(
        _ request: PlainRequest, _ work: Work, _ document: inout JSONDocument?,
        with means: OperationMeans
    ) async -> EndpointAnswer {
        let body: JSONDocument
        do throws(Stop) {
            body = if let document { document } else { try Self.parse(request) }
        } catch {
            return error.answer
        }
        do throws(Refusal) {
            let context = try context(
                of: work, body,
                later: await looking(up: work.operation, body, in: state.catalog))
            return await decide(work, body, in: context, with: means)
        } catch {
            return EndpointAnswer(error)
        }
    }

    /// The body, which must be JSON, or CBOR for the one protocol.
    private static func parse(_ request: PlainRequest) throws(Stop) -> JSONDocument {
        do throws(JSONSyntaxError) {
            return RPCProtocol.isUsed(by: request)
                ? try RPCProtocol.json(of: request.body) : try JSONDocument(parsing: request.body)
        } catch {
            throw Stop(answer: unreadable("no JSON: \(error)"))
        }
    }

    private static func unreadable(_ reason: String) -> EndpointAnswer {
        EndpointAnswer(.unreadable, Explanation(rule: .wireProtocol, reason: reason))
    }

    /// Gives the response the headers that every answer has, and logs the request.
    private func finish(
        _ response: inout PlainResponse, _ exchange: inout Exchange, _ request: PlainRequest,
        _ real: Timestamp, since start: ContinuousClock.Instant
    ) {
        var generator = SystemRandomNumberGenerator()
        let requestID = MeteringRecordID.random(using: &generator).description
        response.headers[.amznRequestID] = requestID
        response.headers[.date] = dates.text(at: real.adding(seconds: exchange.clockSkew))
        exchange.explanation.notes += exchange.faultNotes
        if explainsInHeader {
            response.headers[.turnpikeExplanation] =
                exchange.explanation.summary.headerText
                + " /control/v1/requests/" + requestID
        }
        let duration = (ContinuousClock.now - start).components
        let nanoseconds = duration.seconds * 1_000_000_000 + duration.attoseconds / 1_000_000_000
        metrics.count(
            exchange.operation?.name, status: response.status.code, error: exchange.error,
            nanoseconds: nanoseconds, exchange.explanation)
        log.append(
            LoggedRequest(
                requestID: requestID, at: exchange.now, operation: exchange.operation?.name,
                accessKeyID: exchange.accessKeyID, caller: exchange.caller?.arn,
                status: response.status.code, error: exchange.error,
                durationMicroseconds: nanoseconds / 1000,
                explanation: exchange.explanation,
                trailed: exchange.trailed(request)))
    }
}

extension String {
    /// The access key that an Authorization header names, before anything is known of it.
    fileprivate var claimedAccessKeyID: String? {
        firstRange(of: "Credential=").map { start in
            String(self[start.upperBound...].prefix { $0 != "/" && $0 != "," })
        }
    }

    /// ASCII of a bounded length, as a header's value must be.
    fileprivate var headerText: String {
        let bytes = utf8.lazy.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes.prefix(EndpointLimits.explanationHeaderBytes), as: UTF8.self)
    }
}
