import Marketplace
import MeteringAPI

// What the control API takes, for the OpenAPI document; what it gives is in `Answers`.

extension Schema {
    static func names<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) -> FieldType {
        .choice(Choice.allCases.map(\.rawValue))
    }

    static let accountBody = Schema(
        body: "AccountBody",
        [
            Field("role", names(AccountRole.self), required: true),
            Field("name", required: true),
            Field("customerIdentifier", .text, "A buyer's; made up when absent."),
            Field("suspended", .boolean, "Whether a buyer's usage is refused."),
        ])

    private static let dimension = Schema(
        body: "DimensionBody",
        [
            Field("name", required: true), Field("type", names(DimensionType.self)),
            Field("unit"), Field("price", .text, "A decimal, for one unit."),
        ])

    static let productBody = Schema(
        body: "ProductBody",
        [
            Field("type", names(ProductType.self), required: true),
            Field("title", required: true),
            Field("sellerAccountId", required: true),
            Field("integration", names(Integration.self)),
            Field(
                "contract", .choice(Contract.all.map(\.name)),
                "The dated contract of AWS; the server's when absent."),
            Field("fulfillmentURL", .text, "Where the buyer's browser posts its token."),
            Field("productId", .text, "AWS's other id of it; made up when absent."),
            Field("region", .text, "Where it is sold; us-east-1 when absent."),
            Field("dimensions", .list(.object(dimension)), required: true),
        ])

    private static let principal = Schema(
        body: "PrincipalBody",
        [
            Field("kind", names(PrincipalKind.self), required: true),
            Field("accountId", required: true),
            Field("region", .text, "Where a workload runs."),
            Field("resourceId", .text, "A workload's; made up when absent."),
        ])

    static let credentialBody = Schema(
        body: "CredentialBody",
        [
            Field("principal", .object(principal), required: true),
            Field("allow", .list(names(OperationName.self)), "All operations when absent."),
            Field("temporary", .boolean, "A workload's always are."),
            Field(
                .credentialLifetime,
                "Seconds of the real clock, 0 for ever; 43200 for temporary ones."),
            Field("accessKeyId"), Field("secretAccessKey"), Field("sessionToken"),
        ])

    static let agreementBody = Schema(
        body: "AgreementBody",
        [
            Field("productCode", required: true), Field("buyerAccountId", required: true),
            Field("startsAt", .time, "Now when absent."),
            Field("endsAt", .time, "Open-ended when absent."),
            Field("agreementId"), Field("licenseArn"), Field("offerId"),
            Field("freeTrial", .boolean),
            Field("trialEndsAt", .time, "When a free trial runs out and the buyer pays."),
            Field("autoRenew", .boolean, "Whether the same begins again at the end."),
            entitlements,
        ])

    private static let entitlements = Field(
        "entitlements",
        .list(
            .object(
                Schema(
                    body: "EntitlementBody",
                    [
                        Field("dimension", required: true),
                        Field("value", .scalar, required: true, "A number, a text, true or false."),
                    ]))),
        "What was bought in advance.")

    static let amendment = Schema(
        body: "Amendment",
        [Field("endsAt", .time), Field("autoRenew", .boolean), entitlements])

    static let succession = Schema(
        body: "Succession",
        amendment.fields + [Field("agreementId"), Field("licenseArn"), Field("offerId")])

    static let subscriptionBody = Schema(
        body: "SubscriptionBody",
        [
            Field("buyerAccountId", required: true),
            Field("freeTrial", .boolean, "Whether a free trial is wanted."),
            Field("another", .boolean, "Whether one is made even if there is one already."),
        ])

    static let cancellation = Schema(
        body: "Cancellation",
        [
            Field("at", .time, "Now when absent."),
            Field("terminated", .boolean, "Ended by AWS, not by the buyer."),
        ])

    static let tokenBody = Schema(
        body: "RegistrationTokenBody",
        [
            Field("agreementId", .text, "Excludes productCode and buyerAccountId."),
            Field("productCode"), Field("buyerAccountId"),
            Field(.tokenLifetime, "Seconds of the marketplace's clock; 14400 when absent."),
        ])

    static let clockBody = Schema(
        body: "ClockBody",
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

    static let settings = Schema(
        body: "SettingsBody",
        [
            Field(
                "eventDelays", names(EventDelays.self), required: true,
                "Of agreements that are made from now on.")
        ])

    static let reset = Schema(
        body: "Reset", [Field("everything", .boolean, "Forget the marketplace too.")])

    static let empty = Schema(body: "EmptyBody", [])

    static let eventBody = Schema(
        body: "EventBody",
        [
            Field("type", names(MarketplaceEvent.Kind.self), required: true),
            Field("agreementId", required: true),
        ])

    private static let disturbance = Schema(
        body: "DisturbanceBody",
        [
            Field(.delaySeconds, "How late every event is, in real time."),
            Field(.duplicate, "The share that is delivered twice, 0 to 1."),
            Field(.reorder, "The share that later events overtake."),
            Field(.drop, "The share that is not delivered."),
            Field(.seed, "Decides which ones."),
        ])

    private static let header = Schema(
        body: "TargetHeaderBody",
        [Field("name", required: true), Field("value", .text, required: true, "Never shown.")])

    static let eventTargetBody = Schema(
        body: "EventTargetBody",
        [
            Field("kind", names(EventTarget.Kind.self), required: true),
            Field("url", .text, required: true, "Where a webhook takes POST, or a queue's URL."),
            Field("channel", names(EventTarget.Channels.self), "Both when absent."),
            Field("productCode", .text, "Only events of this product."),
            Field("accessKeyId", .text, "What requests to a queue are signed with."),
            Field("secretAccessKey"),
            Field(
                "headers", .list(.object(header)),
                "What each request to a webhook carries, such as an API key."),
            Field("username", .text, "HTTP's basic credentials, of a webhook."),
            Field("password"),
            Field("disturbance", .object(disturbance), "What goes wrong, on demand."),
        ])
}
