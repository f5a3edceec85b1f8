import Marketplace
import MeteringAPI

// What the control API takes and gives, for the OpenAPI document.

extension Schema {
    private static func names<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) -> FieldType {
        .choice(Choice.allCases.map(\.rawValue))
    }

    static let accountBody = Schema(
        "AccountBody",
        [
            Field("role", names(AccountRole.self), required: true),
            Field("name", required: true),
            Field("customerIdentifier", .text, "A buyer's; made up when absent."),
            Field("suspended", .boolean, "Whether a buyer's usage is refused."),
        ])

    static let account = Schema(
        "Account", [Field("accountId", required: true)] + accountBody.fields)

    private static let dimension = Schema(
        "Dimension",
        [
            Field("name", required: true), Field("type", names(DimensionType.self)),
            Field("unit"), Field("price", .text, "A decimal, for one unit."),
        ])

    static let productBody = Schema(
        "ProductBody",
        [
            Field("type", names(ProductType.self), required: true),
            Field("title", required: true),
            Field("sellerAccountId", required: true),
            Field("integration", names(Integration.self)),
            Field(
                "contract", .choice(Contract.all.map(\.name)),
                "The dated contract of AWS; the server's when absent."),
            Field("fulfillmentURL", .text, "Where the buyer's browser posts its token."),
            Field("dimensions", .list(.object(dimension)), required: true),
        ])

    static let product = Schema(
        "Product", [Field("productCode", required: true)] + productBody.fields)

    static let publicKey = Schema(
        "PublicKey",
        [
            Field("version", .integer, required: true), Field("pem", required: true),
            Field("supersededAt", .time),
        ])

    private static let principal = Schema(
        "Principal",
        [
            Field("kind", names(PrincipalKind.self), required: true),
            Field("accountId", required: true),
            Field("region", .text, "Where a workload runs."),
            Field("resourceId", .text, "A workload's; made up when absent."),
        ])

    static let credentialBody = Schema(
        "CredentialBody",
        [
            Field("principal", .object(principal), required: true),
            Field("allow", .list(names(OperationName.self)), "All operations when absent."),
            Field("temporary", .boolean, "A workload's always are."),
            Field(
                .credentialLifetime,
                "Seconds of the real clock, 0 for ever; 43200 for temporary ones."),
            Field("accessKeyId"), Field("secretAccessKey"), Field("sessionToken"),
        ])

    static let credential = Schema(
        "Credential",
        [
            Field("accessKeyId", required: true), Field("expiresAt", .time),
            Field("arn", required: true),
            Field("principal", .object(principal), required: true),
            Field("temporary", .boolean), Field("allow", .list(names(OperationName.self))),
        ])

    static let newCredential = Schema(
        "NewCredential",
        credential.fields + [
            Field("secretAccessKey", .text, required: true, "Shown here and never again."),
            Field("sessionToken"),
        ])

    static let agreementBody = Schema(
        "AgreementBody",
        [
            Field("productCode", required: true), Field("buyerAccountId", required: true),
            Field("startsAt", .time, "Now when absent."),
            Field("endsAt", .time, "Open-ended when absent."),
            Field("agreementId"), Field("licenseArn"), Field("freeTrial", .boolean),
            Field("trialEndsAt", .time, "When a free trial runs out and the buyer pays."),
            Field("autoRenew", .boolean, "Whether the same begins again at the end."),
            entitlements,
        ])

    private static let entitlements = Field(
        "entitlements",
        .list(
            .object(
                Schema(
                    "Entitlement",
                    [
                        Field("dimension", required: true),
                        Field("value", .any, required: true, "A number, a text, true or false."),
                    ]))),
        "What was bought in advance.")

    static let amendment = Schema(
        "Amendment",
        [Field("endsAt", .time), Field("autoRenew", .boolean), entitlements])

    static let succession = Schema(
        "Succession",
        amendment.fields + [Field("agreementId"), Field("licenseArn")])

    static let trailRecord = Schema(
        "TrailRecord",
        [
            Field("eventVersion", required: true), Field("userIdentity", .map, required: true),
            Field("eventTime", .time, required: true), Field("eventSource", required: true),
            Field("eventName", required: true), Field("awsRegion", required: true),
            Field("sourceIPAddress", required: true), Field("userAgent"), Field("errorCode"),
            Field("errorMessage"), Field("requestParameters", .map, required: true),
            Field("responseElements", .map, required: true, "Null where there is an error."),
            Field("requestID", required: true), Field("eventID", required: true),
            Field("readOnly", .boolean, required: true), Field("eventType", required: true),
            Field("recipientAccountId", required: true),
        ])

    static let workload = Schema(
        "Workload",
        [
            Field("resourceId", required: true), Field("productCode", required: true),
            Field("accountId", required: true), Field("region", required: true),
            Field("state", .choice(["running", "stopped"]), required: true),
            Field("runningSince", .time), Field("stoppedAt", .time),
            Field("seconds", .integer, required: true, "That it has run, all in all."),
            Field(
                "recordedSeconds", .integer, required: true,
                "That are recorded; an hour is recorded when it ends."),
            Field("metered", .boolean, required: true, "False for the seller's own."),
        ])

    static let event = Schema(
        "Event",
        [
            Field("number", .integer, required: true, "Ascending; there may be gaps."),
            Field("eventId", required: true), Field("at", .time, required: true),
            Field("channel", names(MarketplaceEvent.Channel.self), required: true),
            Field("type", names(MarketplaceEvent.Kind.self), required: true),
            Field("agreementId", required: true), Field("productCode", required: true),
            Field("body", .map, required: true, "What is delivered, as AWS prints it."),
        ])

    static let agreement = Schema(
        "Agreement",
        agreementBody.fields + [
            Field("customerIdentifier"), Field("state", names(AgreementState.self)),
            Field("finalUsageUntil", .time, "Until when final records are accepted."),
            Field("intent", names(Agreement.Intent.self), "How it came about."),
            Field("previousAgreementId", .text, "What it renews or replaces."),
            Field("endedBy", names(Agreement.End.self), "How it ended, or will."),
        ])

    static let subscriptionBody = Schema(
        "SubscriptionBody",
        [
            Field("buyerAccountId", required: true),
            Field("freeTrial", .boolean, "Whether a free trial is wanted."),
            Field("another", .boolean, "Whether one is made even if there is one already."),
        ])

    static let subscription = Schema(
        "Subscription",
        [
            Field("agreement", .object(agreement), required: true),
            Field("new", .boolean, required: true, "Whether it was made now."),
            Field("registration", .object(newToken), "For saas products only."),
        ])

    static let cancellation = Schema(
        "Cancellation",
        [
            Field("at", .time, "Now when absent."),
            Field("terminated", .boolean, "Ended by AWS, not by the buyer."),
        ])

    static let tokenBody = Schema(
        "RegistrationTokenBody",
        [
            Field("agreementId", .text, "Excludes productCode and buyerAccountId."),
            Field("productCode"), Field("buyerAccountId"),
            Field(.tokenLifetime, "Seconds of the marketplace's clock; 14400 when absent."),
        ])

    static let token = Schema(
        "RegistrationToken",
        [
            Field("tokenId", .text, required: true, "The token's SHA-256."),
            Field("agreementId", required: true), Field("expiresAt", .time, required: true),
        ])

    static let newToken = Schema(
        "NewRegistrationToken",
        token.fields + [
            Field("token", .text, required: true, "Shown here and never again."),
            Field(
                "fulfillment",
                .object(
                    Schema(
                        "FulfillmentForm",
                        [
                            Field("method"), Field("url"), Field("contentType"), Field("body"),
                        ])),
                required: true, "The form that the buyer's browser would post."),
        ])

    static let usage = Schema(
        "UsageRecord",
        [
            Field("meteringRecordId", required: true),
            Field("operation", names(OperationName.self), required: true),
            Field("productCode", required: true), Field("licenseArn"),
            Field("buyerAccountId", required: true), Field("resourceId"),
            Field("dimension", required: true), Field("timestamp", .time, required: true),
            Field("hour", .time, required: true),
            Field("quantity", .text, required: true, "A decimal."),
            Field(
                "allocations",
                .list(.object(Schema("Allocation", [Field("quantity"), Field("tags", .map)])))),
            Field("region", required: true), Field("recordedAt", .time, required: true),
            Field(
                "billedTwice", .boolean,
                "Present where the same usage was already recorded by code or by licence."),
        ])

    static let total = Schema(
        "UsageTotal",
        UsageGrouping.allCases.map { Field($0.rawValue) } + [
            Field("quantity", .text, required: true, "A decimal, exact."),
            Field("records", .integer, required: true),
            Field("billedTwice", .integer, "How many of the records are billed twice."),
        ])

    private static let earlierRecord = Schema(
        "EarlierRecord",
        [
            Field("meteringRecordId"), Field("quantity"), Field("timestamp", .time),
            Field("recordedAt", .time),
        ])

    private static let explanation = Schema(
        "Explanation",
        [
            Field("rule", names(Rule.self), required: true), Field("summary", required: true),
            Field("contract"), Field("ignoredMembers", .list(.text), required: true),
            Field(
                "records",
                .list(
                    .object(
                        Schema(
                            "RecordExplanation",
                            [
                                Field("index", .integer, required: true),
                                Field("outcome", required: true),
                                Field("reason", required: true), Field("key"),
                                Field("meteringRecordId"),
                                Field("earlier", .object(earlierRecord)),
                            ]))), required: true),
        ])

    static let request = Schema(
        "Request",
        [
            Field("requestId", required: true), Field("at", .time, required: true),
            Field("operation"), Field("accessKeyId"), Field("caller"),
            Field("status", .integer, required: true), Field("error"),
            Field("durationMicroseconds", .integer, required: true),
            Field("explanation", .object(explanation), required: true),
        ])

    static let clockBody = Schema(
        "ClockBody",
        [
            Field("mode", names(MarketplaceClock.Mode.self)), Field("now", .time),
            Field(.clockSpeed, "Marketplace seconds in a real second."),
            Field(.clockAdvance, "Seconds; excludes the others."),
            Field(
                "jump", names(ClockJump.Name.self),
                "A moment that has a name; excludes the others."),
            Field("productCode", .text, "For window-edge."),
            Field("agreementId", .text, "For grace-end."),
        ])

    static let clock = Schema(
        "Clock",
        [
            Field("mode", names(MarketplaceClock.Mode.self), required: true),
            Field("now", .time, required: true), Field("realNow", .time, required: true),
            Field(
                "movingTo", .time,
                "Where the clock is being moved; absent when it has arrived."),
            Field("speed", .number, required: true),
        ])

    static let reset = Schema(
        "Reset", [Field("everything", .boolean, "Forget the marketplace too.")])

    static let health = Schema(
        "Health",
        [
            Field("status", .choice(["ok", "damaged"]), required: true),
            Field("version", required: true),
            Field(
                "damage", .list(.text),
                "What is damaged on the disk, a sentence each; only where something is."),
        ])

    static let empty = Schema("Empty", [])

    static let problem = Schema(
        "Problem",
        [
            Field("type", required: true), Field("title", required: true),
            Field("status", .integer, required: true), Field("detail", required: true),
            Field(
                "errors",
                .list(
                    .object(
                        Schema("Fault", [Field("field"), Field("reason")])))),
        ])
}
