import AWSWire
import Documents
import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import WebServer

/// What the control API answers with, resource by resource.
enum Answers {
    static let account = Shape<Account>(
        "Account",
        [
            .member("accountId", \.id), .member("role") { Choice($0.role) },
            .member("name", \.name),
            .member("customerIdentifier", about: "A buyer's.") { account in
                account.role == .buyer ? account.customerIdentifier : nil
            },
            .member("suspended", about: "Whether a buyer's usage is refused.") { account in
                account.role == .buyer ? account.isSuspended : nil
            },
        ])

    private static let dimension = Shape<Dimension>(
        "Dimension",
        [
            .member("name", \.name), .member("type") { Choice($0.type) }, .member("unit", \.unit),
            .member("price", about: "A decimal, for one unit.", \.price),
        ])

    /// A contract by its name.
    private struct ContractName: AnswerValue {
        let name: String

        static var fieldType: Schema.FieldType { .choice(Contract.all.map(\.name)) }
        func write(to writer: inout JSONWriter) { writer.string(name) }
    }

    static let product = Shape<Product>(
        "Product",
        [
            .member("productCode", \.code), .member("type") { Choice($0.type) },
            .member("title", \.title), .member("sellerAccountId", \.sellerAccountID),
            .member("integration") { Choice($0.integration) },
            .member("contract", about: "The dated contract of AWS; the server's when absent.") {
                $0.contract.map(ContractName.init)
            },
            .member(
                "fulfillmentURL", about: "Where the buyer's browser posts its token.",
                \.fulfillmentURL),
            .member("productId", about: "AWS's other id of it.", \.id),
            .member("region", about: "Where it is sold.", \.region),
            .list("dimensions", listOf: dimension, \.dimensions),
        ])

    static let settings = Shape<MarketplaceSettings>(
        "Settings",
        [
            .member("eventDelays", about: "How late the seller is told.") {
                Choice($0.eventDelays)
            }
        ])

    static let publicKey = Shape<RegistrationKey>(
        "PublicKey",
        [
            .member("version", \.version), .member("pem") { $0.publicKeyPEM ?? "" },
            .member("supersededAt", \.supersededAt),
        ])

    private static let principal = Shape<Principal>(
        "Principal",
        [
            .member("kind") { Choice($0.kind) }, .member("accountId", \.accountID),
            .member("region", about: "Where a workload runs.", \.region),
            .member("resourceId", about: "A workload's.", \.resourceID),
        ])

    private static let credentialMembers: [Shape<Credential>.Member] = [
        .member("accessKeyId", \.accessKeyID), .member("expiresAt", \.expiresAt),
        .member("arn", \.principal.arn), .object("principal", principal, \.principal),
        .member("temporary") { $0.sessionToken != nil },
        .raw("allow", .list(.choice(OperationName.allCases.map(\.rawValue)))) {
            writer, credential in
            writer.list(OperationName.allCases.filter(credential.allowedOperations.contains)) {
                $0.string($1.rawValue)
            }
        },
    ]

    static let credential = Shape<Credential>("Credential", credentialMembers)

    static let newCredential = Shape<Credential>(
        "NewCredential",
        credentialMembers.prefix(1) + [
            .member(
                "secretAccessKey", about: "Shown here and never again.", \.secretAccessKey),
            .member("sessionToken", \.sessionToken),
        ] + credentialMembers.dropFirst())

    private static let entitlement = Shape<Entitlement>(
        "Entitlement",
        [
            .member("dimension", \.dimension),
            .raw("value", .scalar, about: "A number, a text, true or false.") {
                $0.value($1.value)
            },
        ])

    /// An agreement, with what depends on its buyer and on the time.
    struct ShownAgreement: Sendable {
        let agreement: Agreement
        let buyer: Account?
        let now: Timestamp

        init(_ agreement: Agreement, in catalog: Catalog, at now: Timestamp) {
            self.agreement = agreement
            buyer = catalog.accounts[agreement.buyerAccountID]
            self.now = now
        }
    }

    static let agreement = Shape<ShownAgreement>(
        "Agreement",
        [
            .member("agreementId", \.agreement.id), .member("licenseArn", \.agreement.licenseARN),
            .member("offerId", about: "What the buyer accepted.", \.agreement.offerID),
            .member("productCode", \.agreement.productCode),
            .member("buyerAccountId", \.agreement.buyerAccountID),
            .member("customerIdentifier", \.buyer?.customerIdentifier),
            .member("state") { Choice($0.agreement.state(at: $0.now)) },
            .member("startsAt", \.agreement.startsAt),
            .member("endsAt", about: "Open-ended when absent.", \.agreement.endsAt),
            .member(
                "finalUsageUntil", about: "Until when final records are accepted.",
                \.agreement.finalUsageUntil),
            .member("freeTrial", \.agreement.isFreeTrial),
            .member(
                "trialEndsAt", about: "When a free trial runs out and the buyer pays.",
                \.agreement.trialEndsAt),
            .member(
                "autoRenew", about: "Whether the same begins again at the end.",
                \.agreement.renewsAutomatically),
            .member("intent", about: "How it came about.") { Choice($0.agreement.intent) },
            .member(
                "previousAgreementId", about: "What it renews or replaces.",
                \.agreement.previousID),
            .member("endedBy", about: "How it ended, or will.") {
                $0.agreement.end.map(Choice.init)
            },
            .list(
                "entitlements", optional: true, about: "What was bought in advance.",
                listOf: entitlement, \.agreement.entitlements),
        ])

    private static let tokenMembers: [Shape<RegistrationToken>.Member] = [
        .member("tokenId", about: "The token's SHA-256.", \.digest),
        .member("agreementId", \.agreementID), .member("expiresAt", \.expiresAt),
    ]

    static let token = Shape<RegistrationToken>("RegistrationToken", tokenMembers)

    /// A token that was just made, with the form that takes it to the seller.
    struct Registration: Sendable {
        let text: String
        let token: RegistrationToken
        let form: FulfillmentForm
        let url: String?
    }

    private static let form = Shape<Registration>(
        "FulfillmentForm",
        [
            .member("method") { _ in "POST" }, .member("url", \.url),
            .member("contentType") { _ in PercentEncoding.formType },
            .member("body", \.form.encoded),
        ])

    static let newToken = Shape<Registration>(
        "NewRegistrationToken",
        [.member("token", about: "Shown here and never again.", \.text)]
            + token.members(of: \.token)
            + [
                .object(
                    "fulfillment", about: "The form that the buyer's browser would post.", form,
                    \.self)
            ])

    /// What became of a buyer's wish to subscribe.
    struct Subscription: Sendable {
        let agreement: ShownAgreement
        let isNew: Bool
        let registration: Registration?
    }

    static let subscription = Shape<Subscription>(
        "Subscription",
        [
            .object("agreement", agreement, \.agreement),
            .member("new", about: "Whether it was made now.", \.isNew),
            .optional("registration", about: "For saas products only.", newToken, \.registration),
        ])

    /// A workload, with what depends on the time.
    struct ShownWorkload: Sendable {
        let workload: RegisteredWorkload
        let now: Timestamp
    }

    private enum WorkloadState: String, CaseIterable { case running, stopped }

    static let workload = Shape<ShownWorkload>(
        "Workload",
        [
            .member("resourceId", \.workload.resourceID),
            .member("productCode", \.workload.productCode),
            .member("accountId", \.workload.accountID), .member("region", \.workload.region),
            .member("state") {
                Choice<WorkloadState>($0.workload.stoppedAt == nil ? .running : .stopped)
            },
            .member("runningSince", \.workload.runningSince),
            .member("stoppedAt", \.workload.stoppedAt),
            .member("seconds", about: "That it has run, all in all.") {
                $0.workload.seconds(at: $0.now)
            },
            .member(
                "recordedSeconds", about: "That are recorded; an hour is recorded when it ends."
            ) {
                $0.workload.recordedSeconds ?? 0
            },
            .member("metered", about: "False for the seller's own.") {
                $0.workload.isFree == false
            },
        ])

    static let empty = Shape<Void>("Empty", [])

    /// The description of this API, which OpenAPI describes.
    static let description = Schema(
        "OpenAPIDocument",
        [
            Schema.Field("openapi", required: true), Schema.Field("info", .map, required: true),
            Schema.Field("paths", .map, required: true),
            Schema.Field("components", .map, required: true),
        ])
}

// What happened.
extension Answers {
    static let event = Shape<NumberedEvent>(
        "Event",
        [
            .member("number", about: "Ascending; there may be gaps.", \.number),
            .member("eventId", \.event.id), .member("at", \.event.time),
            .member("channel") { Choice($0.event.kind.channel) },
            .member("type") { Choice($0.event.kind) }, .member("agreementId", \.event.agreement.id),
            .member("productCode", \.event.product.code),
            .raw("body", .map, about: "What is delivered, as AWS prints it.") { writer, event in
                writer.literal(String(decoding: event.event.body, as: UTF8.self))
            },
        ])

    static let newEvent = Shape<MarketplaceEvent>(
        "NewEvent",
        [
            .member("eventId", \.id), .member("at", \.time), .member("type") { Choice($0.kind) },
            .member("agreementId", \.agreement.id),
        ])

    private static let disturbance = Shape<Disturbance>(
        "Disturbance",
        [
            .member(
                "delaySeconds", about: "How late every event is, in real time.", \.delaySeconds),
            .member("duplicate", about: "The share that is delivered twice, 0 to 1.") {
                Thousandths($0.duplicate)
            },
            .member("reorder", about: "The share that later events overtake.") {
                Thousandths($0.reorder)
            },
            .member("drop", about: "The share that is not delivered.") { Thousandths($0.drop) },
            .member("seed", about: "Decides which ones.", \.seed),
        ])

    static let eventTarget = Shape<EventTarget>(
        "EventTarget",
        [
            .member("targetId", \.id), .member("kind") { Choice($0.kind) },
            .member("url", about: "Where a webhook takes POST, or a queue's URL.", \.url),
            .member("channel") { Choice($0.channels) },
            .member("productCode", about: "Only events of this product.", \.productCode),
            .member(
                "accessKeyId", about: "What requests to a queue are signed with.", \.accessKeyID),
            .list(
                "headers", optional: true, about: "A webhook's own, without their values.",
                listOf: Shape("TargetHeader", [.member("name", \.name)])
            ) { $0.headers ?? [] },
            .member("username", about: "A webhook's basic credentials.", \.username),
            .optional(
                "disturbance", about: "What goes wrong, on demand.", disturbance,
                \.disturbance),
        ])

    static let delivery = Shape<Delivery>(
        "Delivery",
        [
            .member("number", about: "Ascending; there may be gaps.", \.number),
            .member("event", about: "The number of the event.", \.event),
            .member("target", \.target),
            .member("state") { Choice($0.state) }, .member("attempts", \.attempts),
            .member("nextAttemptAt", about: "On the real clock.") {
                $0.state == .waiting ? $0.time : nil
            },
            .member("deliveredAt", about: "On the real clock.") {
                $0.state == .delivered ? $0.time : nil
            },
            .member("lastError", about: "Why the last attempt failed.", \.lastError),
        ])

    private static let allocation = Shape<RecordedAllocation>(
        "Allocation",
        [
            .member("quantity", about: "A decimal.", \.quantity.description),
            .raw("tags", .map) { writer, allocation in
                writer.object { writer in
                    for (key, value) in allocation.tags.sorted(by: { $0.key < $1.key }) {
                        writer.anyName(key)
                        writer.string(value)
                    }
                }
            },
        ])

    static let usage = Shape<RecordedUsage>(
        "UsageRecord",
        [
            .member("meteringRecordId", \.id.description),
            .member("operation") { Choice($0.operation) },
            .member("productCode", \.series.productCode),
            .member("licenseArn", \.series.licenseARN),
            .member("buyerAccountId", \.series.buyerAccountID),
            .member("resourceId", \.series.resourceID), .member("dimension", \.series.dimension),
            .member("timestamp", \.timestamp), .member("hour", \.timestamp.hour.start),
            .member("quantity", about: "A decimal.", \.quantity.description),
            .list("allocations", optional: true, listOf: allocation, \.allocations),
            .member("region", \.series.region), .member("recordedAt", \.recordedAt),
            .member(
                "billedTwice",
                about: "Present where the same usage was already recorded by code or by licence."
            ) { $0.isBilledTwice ? true : nil },
        ])

    /// A sum, with what its group's members are.
    struct ShownTotal: Sendable {
        let total: UsageTotal
        let groupings: [UsageGrouping]

        fileprivate func member(_ grouping: UsageGrouping) -> String? {
            groupings.firstIndex(of: grouping).flatMap { total.group[$0] }
        }
    }

    static let total = Shape<ShownTotal>(
        "UsageTotal",
        UsageGrouping.allCases.map { grouping in
            .member(grouping.rawValue) { $0.member(grouping) }
        } + [
            .member("quantity", about: "A decimal, exact.", \.total.quantity.description),
            .member("records", \.total.records),
            .member("billedTwice", about: "How many of the records are billed twice.") {
                $0.total.billedTwice > 0 ? $0.total.billedTwice : nil
            },
        ])

    private static let earlierRecord = Shape<EarlierRecord>(
        "EarlierRecord",
        [
            .member("meteringRecordId", \.id.description),
            .member("quantity", about: "A decimal.", \.quantity.description),
            .member("timestamp", \.timestamp), .member("recordedAt", \.recordedAt),
        ])

    private static let recordExplanation = Shape<RecordExplanation>(
        "RecordExplanation",
        [
            .member("index", about: "From 0, as in the request.", \.index),
            .member("outcome") { Choice($0.outcome.kind) },
            .member("reason", \.reason),
            .member("key", about: "All that it was counted by.", \.key),
            .member("meteringRecordId") { $0.meteringRecordID?.description },
            .optional("earlier", about: "The record that it met.", earlierRecord, \.earlier),
        ])

    private static let expectedSignature = Shape<ExpectedSignature>(
        "ExpectedSignature",
        [
            .member("accessKeyId", \.accessKeyID),
            .member("canonicalRequest", \.canonicalRequest),
            .member("stringToSign", \.stringToSign),
        ])

    private static let explanation = Shape<Explanation>(
        "Explanation",
        [
            .member("rule") { Choice($0.rule) }, .member("summary", \.summary),
            .member("contract", \.contract), .member("ignoredMembers", \.ignoredMembers),
            .optional(
                "expectedSignature", about: "What a wrong signature should have been made of.",
                expectedSignature, \.expectedSignature),
            .list("records", listOf: recordExplanation, \.records),
        ])

    static let request = Shape<LoggedRequest>(
        "Request",
        [
            .member("requestId", \.requestID), .member("at", \.at),
            .member("operation") { $0.operation.map(Choice.init) },
            .member("accessKeyId", \.accessKeyID), .member("caller", about: "An ARN.", \.caller),
            .member("status", \.status), .member("error", about: "An exception's name.", \.error),
            .member("durationMicroseconds", \.durationMicroseconds),
            .object("explanation", explanation, \.explanation),
        ])
}

// The server itself.
extension Answers {
    /// A clock, as it stands at a moment of the real one.
    struct ShownClock: Sendable {
        let catalog: Catalog
        let real: Timestamp
    }

    static let clock = Shape<ShownClock>(
        "Clock",
        [
            .member("mode") { Choice($0.catalog.clock.mode) },
            .member("now") { $0.catalog.now(real: $0.real) },
            .member(
                "movingTo", about: "Where the clock is being moved; absent when it has arrived."
            ) {
                $0.catalog.heldAt == nil ? nil : $0.catalog.clock.now(real: $0.real)
            },
            .member("realNow", \.real),
            .member("speed", about: "Marketplace seconds in a real second.") {
                Thousandths($0.catalog.clock.speedThousandths)
            },
        ])

    private enum HealthStatus: String, CaseIterable { case ok, damaged }

    /// Of what is found damaged on the disk, a sentence each.
    static let health = Shape<[String]>(
        "Health",
        [
            .member("status") { Choice<HealthStatus>($0.isEmpty ? .ok : .damaged) },
            .member("version") { _ in Version.current },
            .member(
                "damage",
                about: "What is damaged on the disk, a sentence each; only where something is."
            ) { $0.isEmpty ? nil : $0 },
        ])

    private static let objection = Shape<Objection>(
        "Objection", [.member("field", \.field), .member("reason", \.reason)])

    static let problem = Shape<Problem>(
        "Problem",
        [
            .member("type") { _ in "about:blank" },
            .member("title") { Problem.httpStatus($0.status).reasonPhrase },
            .member("status", \.status), .member("detail", \.detail),
            .list("errors", optional: true, listOf: objection, \.objections),
        ])
}

extension FulfillmentForm {
    /// The form as it is sent.
    fileprivate var encoded: String {
        fields.map { "\($0.name)=\(PercentEncoding.encoded($0.value))" }.joined(separator: "&")
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ value: EntitlementValue) {
        switch value {
        case .integer(let number): integer(number)
        case .double(let number): literal("\(number)")
        case .boolean(let flag): literal(flag ? "true" : "false")
        case .string(let text): string(text)
        }
    }
}
