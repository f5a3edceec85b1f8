import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI

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
    private let operations: MeteringOperations
    private let authenticator: Authenticator
    private let explainsInHeader: Bool
    private let dates = DateHeader()

    package init(
        state: MarketplaceState, log: RequestLog, forge: SigningKeyForge,
        authentication: AuthenticationMode, explainsInHeader: Bool
    ) {
        self.state = state
        self.log = log
        operations = MeteringOperations(state: state, forge: forge)
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
        case .answer(let answer, let reason):
            response = answer
            exchange.explanation = Explanation(rule: .wireProtocol, reason: reason)
        case .operation(let operation):
            exchange.operation = operation
            let answer = await self.answer(
                request, operation, Moment(catalog: catalog, real: real, now: exchange.now),
                &exchange)
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
        let catalog: Catalog
        let real: Timestamp
        let now: Timestamp
    }

    /// What the log will say of a request.
    private struct Exchange {
        let now: Timestamp
        var operation: OperationName?
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
            _ request: PlainRequest, _ operation: OperationName, _ faults: FaultInjector
        ) {
            let key = request.headers[.authorization]?.claimedAccessKeyID ?? ""
            let call = FaultCall(operation: operation, accessKeyID: key, region: "")
            (clockSkew, faultNotes) = faults.clockSkew(call)
        }

        /// What the audit trail shows: the calls whose caller is known, as in AWS's list.
        func trailed(_ request: PlainRequest) -> TrailedCall? {
            guard let caller, operation != .resolveCustomer, operation != .getEntitlements
            else { return nil }
            return TrailedCall(
                principal: caller, region: region, userAgent: request.headers[.userAgent],
                request: request.body, answer: answer)
        }
    }

    private func answer(
        _ request: PlainRequest, _ operation: OperationName, _ moment: Moment,
        _ exchange: inout Exchange
    ) async -> EndpointAnswer {
        guard !request.body.isEmpty else { return Self.unreadable("the body is empty") }
        let identity: Authenticator.Identity
        let faults = state.faults.isActive ? state.faults : nil
        if let faults { exchange.skewClock(request, operation, faults) }
        do throws(AuthenticationFailure) {
            identity = try authenticator.authenticate(
                request, catalog: moment.catalog,
                real: moment.real.adding(seconds: exchange.clockSkew),
                otherClock: state.recentTimes(of: moment.catalog, real: moment.real))
        } catch {
            // What is no JSON is said before who may ask.
            if let answer = Self.syntaxAnswer(request) { return answer }
            return EndpointAnswer(
                error.envelope, Explanation(rule: .authentication, reason: error.hint))
        }
        exchange.accessKeyID = identity.accessKeyID
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            document = try Self.document(of: request)
        } catch {
            return Self.unreadable("no JSON: \(error)")
        }
        let signed = SignedRequest(
            operation: operation, document: document, identity: identity,
            begun: moment.catalog.revision)
        let context: RuleContext
        do throws(Refusal) {
            context = try self.context(of: signed, moment.catalog, moment.now)
            exchange.caller = context.caller.principal
            exchange.region = identity.region
            try context.permit(operation)
        } catch {
            return EndpointAnswer(error)
        }
        guard let faults else { return await decide(signed, in: context, by: operations) }
        let product = Self.product(of: operation, document.root, moment.catalog)
        let call = FaultCall(
            operation, accessKeyID: identity.accessKeyID,
            accountID: context.caller.principal.accountID, region: identity.region,
            productCode: product?.code, document.root)
        return await answer(signed, faults, call)
    }

    /// A request whose sender is known and whose body is JSON.
    private struct SignedRequest {
        let operation: OperationName
        let document: JSONDocument
        let identity: Authenticator.Identity
        /// The catalog's revision when it began.
        let begun: CatalogRevision

        /// Whether a reset that came in between left the request nothing to go on with; what only
        /// reads goes on with what is there.
        func isOvertaken(by catalog: Catalog) -> Bool {
            operation != .resolveCustomer && operation != .getEntitlements
                && catalog.revision.hasForgotten(since: begun)
        }
    }

    /// What a request is decided on.
    private func context(
        of request: SignedRequest, _ catalog: Catalog, _ now: Timestamp
    ) throws(Refusal) -> RuleContext {
        let identity = request.identity
        let product = Self.product(of: request.operation, request.document.root, catalog)
        let caller =
            if let known = identity.caller {
                known
            } else {
                try TrustedCaller.caller(
                    accessKeyID: identity.accessKeyID, region: identity.region,
                    operation: request.operation, product: product, catalog: catalog, now: now)
            }
        return RuleContext(
            catalog: catalog, caller: caller, region: identity.region, now: now,
            contract: .governing(product, default: state.contract), alignment: state.alignment)
    }

    /// What a request goes on with that has waited, unless a reset has overtaken it.
    private func context(
        of request: SignedRequest, later catalog: Catalog
    ) throws(Refusal) -> RuleContext {
        guard !request.isOvertaken(by: catalog) else { throw .outdated }
        return try context(of: request, catalog, catalog.clock.now(real: state.realNow))
    }

    /// How often a request is decided while products lose what its usage hangs on, at most.
    private static let decisions = 5

    /// The answer to a request, which is decided again where the catalog was overtaken.
    private func decide(
        _ request: SignedRequest, in context: RuleContext, by operations: MeteringOperations
    ) async -> EndpointAnswer {
        var context = context
        var answer = await operations.answer(request.operation, request.document, in: context)
        for _ in 1..<Self.decisions where answer.isOutdated {
            guard let catalog = try? await state.settledCatalog() else { break }
            do throws(Refusal) {
                context = try self.context(of: request, later: catalog)
            } catch {
                return EndpointAnswer(error)
            }
            answer = await operations.answer(request.operation, request.document, in: context)
        }
        return answer
    }

    /// The answer to a request that may meet faults.
    private func answer(
        _ request: SignedRequest, _ faults: FaultInjector, _ call: FaultCall
    ) async -> EndpointAnswer {
        let verdict = await faults.judge(call, real: state.realNow)
        var operations = operations
        operations.unprocessed = verdict.unprocessed
        var answer: EndpointAnswer
        if let instead = verdict.answer {
            answer = instead
        } else {
            do throws(Refusal) {
                // The marketplace went on while a fault kept the request waiting.
                let context = try self.context(of: request, later: state.catalog)
                answer = await decide(request, in: context, by: operations)
            } catch {
                answer = EndpointAnswer(error)
            }
        }
        answer.isCut = verdict.isCut
        // The one that answered is the reason already.
        answer.explanation.notes += verdict.notes.filter { $0 != answer.explanation.reason }
        return answer
    }

    /// The product that a request names, before anything about it is checked: its contract says
    /// how the request is read.
    private static func product(
        of operation: OperationName, _ body: JSONValue, _ catalog: Catalog
    ) -> Product? {
        switch operation {
        case .meterUsage, .registerUsage, .getEntitlements: break
        case .batchMeterUsage:
            // A null is absent.
            guard body["ProductCode"].map({ $0.kind == .null }) ?? true,
                let records = body["UsageRecords"],
                records.kind == .list
            else { break }
            var elements = records.elements
            return elements.next()?["LicenseArn"]
                .flatMap { catalog.agreement(licenseARN: $0.text) }
                .flatMap { catalog.products[$0.productCode] }
        case .resolveCustomer:
            guard let text = body["RegistrationToken"]?.text,
                case .known(let token) = TokenText.find(text, in: catalog)
            else { return nil }
            return catalog.agreements[token.agreementID]
                .flatMap { catalog.products[$0.productCode] }
        }
        return body["ProductCode"].flatMap { catalog.products[$0.text] }
    }

    private static func document(
        of request: PlainRequest
    ) throws(JSONSyntaxError) -> JSONDocument {
        RPCProtocol.isUsed(by: request)
            ? try RPCProtocol.json(of: request.body) : try JSONDocument(parsing: request.body)
    }

    private static func syntaxAnswer(_ request: PlainRequest) -> EndpointAnswer? {
        do throws(JSONSyntaxError) {
            _ = try document(of: request)
            return nil
        } catch {
            return unreadable("no JSON: \(error)")
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
        log.append(
            LoggedRequest(
                requestID: requestID, at: exchange.now, operation: exchange.operation,
                accessKeyID: exchange.accessKeyID, caller: exchange.caller?.arn,
                status: response.status.code, error: exchange.error,
                durationMicroseconds: duration.seconds * 1_000_000
                    + duration.attoseconds / 1_000_000_000_000,
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
        return String(decoding: bytes.prefix(Limits.explanationHeaderBytes), as: UTF8.self)
    }
}
