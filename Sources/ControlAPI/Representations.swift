import AWSWire
import Marketplace
import MarketplaceHost
import MeteringAPI
import WebServer

// How the control API writes what the marketplace knows.

extension JSONWriter {
    mutating func account(_ account: Account) {
        member("accountId", account.id)
        member("role", account.role.rawValue)
        member("name", account.name)
        guard account.role == .buyer else { return }
        member("customerIdentifier", account.customerIdentifier)
        boolean("suspended", account.isSuspended)
    }

    mutating func product(_ product: Product) {
        member("productCode", product.code)
        member("type", product.type.rawValue)
        member("title", product.title)
        member("sellerAccountId", product.sellerAccountID)
        member("integration", product.integration.rawValue)
        member("contract", product.contract)
        member("fulfillmentURL", product.fulfillmentURL)
        name("dimensions")
        list(product.dimensions) { writer, dimension in
            writer.object { writer in
                writer.member("name", dimension.name)
                writer.member("type", dimension.type.rawValue)
                writer.member("unit", dimension.unit)
                writer.member("price", dimension.price)
            }
        }
    }

    mutating func publicKey(_ key: RegistrationKey) {
        member("version", Int64(key.version))
        member("pem", key.publicKeyPEM)
        time("supersededAt", key.supersededAt)
    }

    /// A credential; its secrets only in the answer to whoever made it.
    mutating func credential(_ credential: Credential, showsSecrets: Bool) {
        member("accessKeyId", credential.accessKeyID)
        if showsSecrets {
            member("secretAccessKey", credential.secretAccessKey)
            member("sessionToken", credential.sessionToken)
        }
        time("expiresAt", credential.expiresAt)
        member("arn", credential.principal.arn)
        name("principal")
        object { writer in
            writer.member("kind", credential.principal.kind.rawValue)
            writer.member("accountId", credential.principal.accountID)
            writer.member("region", credential.principal.region)
            writer.member("resourceId", credential.principal.resourceID)
        }
        boolean("temporary", credential.sessionToken != nil)
        name("allow")
        list(OperationName.allCases.filter(credential.allowedOperations.contains)) {
            $0.string($1.rawValue)
        }
    }

    mutating func agreement(_ agreement: Agreement, of buyer: Account?, at now: Timestamp) {
        member("agreementId", agreement.id)
        member("licenseArn", agreement.licenseARN)
        member("productCode", agreement.productCode)
        member("buyerAccountId", agreement.buyerAccountID)
        member("customerIdentifier", buyer?.customerIdentifier)
        member("state", agreement.state(at: now).rawValue)
        time("startsAt", agreement.startsAt)
        time("endsAt", agreement.endsAt)
        time("finalUsageUntil", agreement.finalUsageUntil)
        boolean("freeTrial", agreement.isFreeTrial)
        time("trialEndsAt", agreement.trialEndsAt)
        boolean("autoRenew", agreement.renewsAutomatically)
        member("intent", agreement.intent.rawValue)
        member("previousAgreementId", agreement.previousID)
        member("endedBy", agreement.end?.rawValue)
        guard !agreement.entitlements.isEmpty else { return }
        name("entitlements")
        list(agreement.entitlements) { writer, entitlement in
            writer.object { writer in
                writer.member("dimension", entitlement.dimension)
                writer.name("value")
                writer.value(entitlement.value)
            }
        }
    }

    private mutating func value(_ value: EntitlementValue) {
        switch value {
        case .integer(let number): integer(number)
        case .double(let number): literal("\(number)")
        case .boolean(let flag): literal(flag ? "true" : "false")
        case .string(let text): string(text)
        }
    }

    mutating func registrationToken(_ token: RegistrationToken) {
        member("tokenId", token.digest)
        member("agreementId", token.agreementID)
        time("expiresAt", token.expiresAt)
    }

    mutating func workload(_ workload: RegisteredWorkload, at now: Timestamp) {
        member("resourceId", workload.resourceID)
        member("productCode", workload.productCode)
        member("accountId", workload.accountID)
        member("region", workload.region)
        member("state", workload.stoppedAt == nil ? "running" : "stopped")
        time("runningSince", workload.runningSince)
        time("stoppedAt", workload.stoppedAt)
        member("seconds", workload.seconds(at: now))
        member("recordedSeconds", workload.recordedSeconds ?? 0)
        boolean("metered", workload.isFree == false)
    }

    /// A token that was just made, with the form that takes it to the seller.
    mutating func registration(
        _ text: String, _ token: RegistrationToken, _ form: FulfillmentForm, to url: String?
    ) {
        member("token", text)
        registrationToken(token)
        name("fulfillment")
        object { writer in
            writer.member("method", "POST")
            writer.member("url", url)
            writer.member("contentType", PercentEncoding.formType)
            writer.member("body", form.encoded)
        }
    }

    mutating func usage(_ record: RecordedUsage) {
        member("meteringRecordId", record.id.description)
        member("operation", record.operation.rawValue)
        member("productCode", record.series.productCode)
        member("licenseArn", record.series.licenseARN)
        member("buyerAccountId", record.series.buyerAccountID)
        member("resourceId", record.series.resourceID)
        member("dimension", record.series.dimension)
        time("timestamp", record.timestamp)
        time("hour", record.timestamp.hour.start)
        member("quantity", record.quantity.description)
        if !record.allocations.isEmpty {
            name("allocations")
            list(record.allocations) { writer, allocation in
                writer.object { $0.allocation(allocation) }
            }
        }
        member("region", record.series.region)
        time("recordedAt", record.recordedAt)
        if record.isBilledTwice { boolean("billedTwice", true) }
    }

    private mutating func allocation(_ allocation: RecordedAllocation) {
        member("quantity", allocation.quantity.description)
        name("tags")
        object { writer in
            for (key, value) in allocation.tags.sorted(by: { $0.key < $1.key }) {
                writer.anyName(key)
                writer.string(value)
            }
        }
    }

    mutating func total(_ total: UsageTotal, by groupings: [UsageGrouping]) {
        for (grouping, value) in zip(groupings, total.group) {
            guard let value else { continue }
            anyName(grouping.rawValue)
            string(value)
        }
        member("quantity", total.quantity.description)
        member("records", Int64(total.records))
        if total.billedTwice > 0 { member("billedTwice", Int64(total.billedTwice)) }
    }

    mutating func request(_ request: LoggedRequest) {
        member("requestId", request.requestID)
        time("at", request.at)
        member("operation", request.operation?.rawValue)
        member("accessKeyId", request.accessKeyID)
        member("caller", request.caller)
        member("status", Int64(request.status))
        member("error", request.error)
        member("durationMicroseconds", request.durationMicroseconds)
        name("explanation")
        object { $0.explanation(request.explanation) }
    }

    private mutating func explanation(_ explanation: Explanation) {
        member("rule", explanation.rule.rawValue)
        member("summary", explanation.summary)
        member("contract", explanation.contract)
        name("ignoredMembers")
        list(explanation.ignoredMembers) { $0.string($1) }
        name("records")
        list(explanation.records) { writer, record in
            writer.object { $0.record(record) }
        }
    }

    private mutating func record(_ record: RecordExplanation) {
        member("index", Int64(record.index))
        member("outcome", record.outcome.name)
        member("reason", record.reason)
        member("key", record.key)
        member("meteringRecordId", record.meteringRecordID?.description)
        guard let earlier = record.earlier else { return }
        name("earlier")
        object { writer in
            writer.member("meteringRecordId", earlier.id.description)
            writer.member("quantity", earlier.quantity.description)
            writer.time("timestamp", earlier.timestamp)
            writer.time("recordedAt", earlier.recordedAt)
        }
    }

    mutating func clock(of catalog: Catalog, real: Timestamp) {
        let clock = catalog.clock
        member("mode", clock.mode.rawValue)
        time("now", catalog.now(real: real))
        if catalog.heldAt != nil { time("movingTo", clock.now(real: real)) }
        time("realNow", real)
        name("speed")
        literal(Quantity(millionths: clock.speedThousandths * 1000).description)
    }
}

extension FulfillmentForm {
    /// The form as it is sent.
    fileprivate var encoded: String {
        fields.map { "\($0.name)=\(PercentEncoding.encoded($0.value))" }.joined(separator: "&")
    }
}
