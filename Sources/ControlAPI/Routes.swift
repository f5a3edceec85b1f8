import HTTPTypes
import Marketplace
import MeteringAPI

extension ControlAPI {
    /// Everything that the control API can do.
    static let routes: [Route] =
        marketplaceRoutes + eventRoutes + reportRoutes + serverRoutes

    private static let marketplaceRoutes: [Route] = [
        Route(
            method: .put, template: "/control/v1/accounts/{accountId}",
            summary: "Make or replace a seller's or buyer's account", request: .accountBody,
            response: Answers.account.schema, statuses: [200, 201],
            handler: { try await $0.putAccount($1) }),
        Route(
            method: .get, template: "/control/v1/accounts/{accountId}",
            summary: "An account", response: Answers.account.schema, handler: { try $0.account($1) }
        ),
        Route(
            method: .post, template: "/control/v1/accounts/{accountId}/suspend",
            summary: "Suspend a buyer's account", request: .empty, response: Answers.account.schema,
            handler: { try await $0.setSuspension($1, to: true) }),
        Route(
            method: .post, template: "/control/v1/accounts/{accountId}/resume",
            summary: "Take a suspended buyer's account back", request: .empty,
            response: Answers.account.schema, handler: { try await $0.setSuspension($1, to: false) }
        ),
        Route(
            method: .get, template: "/control/v1/accounts", summary: "All accounts",
            query: Route.listParameters, response: Answers.account.page,
            handler: { $0.accounts($1) }),
        Route(
            method: .put, template: "/control/v1/products/{productCode}",
            summary: "Make or replace a product", request: .productBody,
            response: Answers.product.schema,
            statuses: [200, 201], handler: { try await $0.putProduct($1) }),
        Route(
            method: .get, template: "/control/v1/products/{productCode}",
            summary: "A product", response: Answers.product.schema,
            handler: { try $0.product($1) }),
        Route(
            method: .get, template: "/control/v1/products", summary: "All products",
            query: Route.listParameters, response: Answers.product.page,
            handler: { $0.products($1) }),
        Route(
            method: .get, template: "/control/v1/products/{productCode}/public-keys",
            summary: "The keys that verify RegisterUsage's answers, in ascending version",
            query: Route.listParameters, response: Answers.publicKey.page,
            handler: { try await $0.publicKeys($1) }),
        Route(
            method: .post, template: "/control/v1/products/{productCode}/public-keys",
            summary: "Make the next version of the key; the one before it is superseded",
            request: .empty, response: Answers.publicKey.schema, statuses: [201],
            handler: { try await $0.addPublicKey($1) }),
        Route(
            method: .post, template: "/control/v1/products/{productCode}/subscribe",
            summary: "Make or find a buyer's agreement, and a token where a browser is sent on",
            request: .subscriptionBody, response: Answers.subscription.schema,
            statuses: [200, 201],
            handler: { try await $0.subscribe($1) }),
        Route(
            method: .post, template: "/control/v1/credentials", summary: "Make a credential",
            request: .credentialBody, response: Answers.newCredential.schema, statuses: [201],
            handler: { try await $0.addCredential($1) }),
        Route(
            method: .get, template: "/control/v1/credentials",
            summary: "All credentials, without their secrets", query: Route.listParameters,
            response: Answers.credential.page, handler: { $0.credentials($1) }),
        Route(
            method: .get, template: "/control/v1/credentials/{accessKeyId}",
            summary: "A credential, without its secrets", response: Answers.credential.schema,
            handler: { try $0.credential($1) }),
        Route(
            method: .delete, template: "/control/v1/credentials/{accessKeyId}",
            summary: "Delete a credential", response: Answers.empty.schema,
            handler: { try await $0.deleteCredential($1) }),
        Route(
            method: .post, template: "/control/v1/agreements", summary: "Make an agreement",
            request: .agreementBody, response: Answers.agreement.schema, statuses: [201],
            handler: { try await $0.addAgreement($1) }),
        Route(
            method: .get, template: "/control/v1/agreements", summary: "All agreements",
            query: Route.listParameters, response: Answers.agreement.page,
            handler: { $0.agreements($1) }),
        Route(
            method: .get, template: "/control/v1/agreements/{agreementId}",
            summary: "An agreement", response: Answers.agreement.schema,
            handler: { try $0.agreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/cancel",
            summary: "End an agreement", request: .cancellation, response: Answers.agreement.schema,
            handler: { try await $0.cancelAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/amend",
            summary: "Change an agreement's terms", request: .amendment,
            response: Answers.agreement.schema,
            handler: { try await $0.amendAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/renew",
            summary: "Make the agreement that begins where this one ends, for as long",
            request: .succession, response: Answers.agreement.schema, statuses: [201],
            handler: { try await $0.renewAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/replace",
            summary: "End an agreement now and make another in its place",
            request: .succession, response: Answers.agreement.schema, statuses: [201],
            handler: { try await $0.replaceAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/registration-tokens",
            summary: "Make a registration token, with the form that a browser would post",
            request: .tokenBody, response: Answers.newToken.schema, statuses: [201],
            handler: { try await $0.addRegistrationToken($1) }),
        Route(
            method: .get, template: "/control/v1/registration-tokens",
            summary: "All registration tokens, without their texts",
            query: Route.listParameters, response: Answers.token.page,
            handler: { try await $0.registrationTokens($1) }),
        Route(
            method: .get, template: "/control/v1/registration-tokens/{tokenId}",
            summary: "A registration token, without its text", response: Answers.token.schema,
            handler: { try await $0.registrationToken($1) }),
    ]

    private static let usageFilters: [Route.QueryParameter] = [
        Route.QueryParameter(name: "productCode", description: "Only this product."),
        Route.QueryParameter(name: "buyerAccountId", description: "Only this buyer."),
        Route.QueryParameter(name: "dimension", description: "Only this dimension."),
        Route.QueryParameter(name: "licenseArn", description: "Only this licence."),
        Route.QueryParameter(name: "resourceId", description: "Only this resource."),
        Route.QueryParameter(name: "region", description: "Only this region."),
        Route.QueryParameter(
            name: "from", type: .time, description: "The earliest timestamp, inclusive."),
        Route.QueryParameter(
            name: "to", type: .time, description: "The latest timestamp, exclusive."),
    ]

    private static let reportRoutes: [Route] = [
        Route(
            method: .get, template: "/control/v1/workloads",
            summary: "The tasks and pods that registered, and since when they run",
            query: Route.listParameters, response: Answers.workload.page,
            handler: { try await $0.workloads($1) }),
        Route(
            method: .post, template: "/control/v1/workloads/{resourceId}/stop",
            summary: "Stop a task or pod; what it ran is recorded when the hour ends",
            request: .empty, response: Answers.workload.page,
            handler: { try await $0.stopWorkload($1) }),
        Route(
            method: .get, template: "/control/v1/trail",
            summary: "Calls as CloudTrail records them, oldest first: an endless list",
            query: Route.numberedListParameters, response: Answers.trailRecord.page,
            handler: { $0.trail($1) }),
        Route(
            method: .get, template: "/control/v1/usage",
            summary: "What is recorded, by hour from the oldest",
            query: usageFilters + Route.listParameters, response: Answers.usage.page,
            handler: { try await $0.usage($1) }),
        Route(
            method: .get, template: "/control/v1/usage/totals",
            summary: "Sums of what is recorded",
            query: [
                Route.QueryParameter(
                    name: "groupBy", type: .list(Schema.names(UsageGrouping.self)),
                    description: "Members to group by, with commas.")
            ] + usageFilters + Route.listParameters,
            response: Answers.total.page, handler: { try await $0.totals($1) }),
        Route(
            method: .get, template: "/control/v1/requests",
            summary: "What was asked of the AWS endpoint, and why it was answered so, newest first",
            query: [
                Route.QueryParameter(
                    name: "operation", type: Schema.names(OperationName.self),
                    description: "Only this operation."),
                Route.QueryParameter(name: "accessKeyId", description: "Only this caller's."),
                Route.QueryParameter(.status, "Only this HTTP status."),
            ] + Route.numberedListParameters,
            response: Answers.request.page, handler: { $0.requests($1) }),
        Route(
            method: .get, template: "/control/v1/requests/{requestId}",
            summary: "A request to the AWS endpoint", response: Answers.request.schema,
            handler: { try $0.request($1) }),
    ]

    private static let serverRoutes: [Route] = [
        Route(
            method: .get, template: "/control/v1/faults",
            summary: "The fault plan, and what has fired of it", response: Answers.faultPlan.schema,
            handler: { control, _ in control.faults() }),
        Route(
            method: .put, template: "/control/v1/faults", summary: "Set the fault plan",
            request: .faultPlanBody, response: Answers.faultPlan.schema,
            handler: { try $0.putFaults($1) }),
        Route(
            method: .post, template: "/control/v1/faults",
            summary: "Add a rule to the fault plan; all rules count anew", request: .faultRule,
            response: Answers.faultPlan.schema, handler: { try $0.addFault($1) }),
        Route(
            method: .delete, template: "/control/v1/faults", summary: "Let nothing go wrong",
            response: Answers.faultPlan.schema, handler: { control, _ in control.deleteFaults() }),
        Route(
            method: .get, template: "/control/v1/clock", summary: "The marketplace's clock",
            response: Answers.clock.schema, handler: { control, _ in control.clock() }),
        Route(
            method: .put, template: "/control/v1/clock", summary: "Set the marketplace's clock",
            request: .clockBody, response: Answers.clock.schema,
            handler: { try await $0.putClock($1) }),
        Route(
            method: .get, template: "/control/v1/settings",
            summary: "What is chosen for the whole marketplace",
            response: Answers.settings.schema, handler: { control, _ in control.settings() }),
        Route(
            method: .put, template: "/control/v1/settings",
            summary: "Choose for the whole marketplace", request: .settings,
            response: Answers.settings.schema, handler: { try await $0.putSettings($1) }),
        Route(
            method: .post, template: "/control/v1/reset",
            summary: "Forget usage, requests and the clock, or everything", request: .reset,
            response: Answers.empty.schema, handler: { try await $0.reset($1) }),
        Route(
            method: .get, template: "/control/v1/backup",
            summary: "A copy of the data file as it is now", response: Answers.empty.schema,
            otherErrors: [409], contentType: "application/octet-stream", isCostly: true,
            handler: { control, _ in try await control.backup() }),
        Route(
            method: .get, template: "/control/v1/openapi.json", summary: "This description",
            response: Answers.description, handler: { control, _ in control.openAPI() }),
        Route(
            method: .get, template: "/health", summary: "Whether the server lives",
            response: Answers.health.schema, isOpen: true,
            handler: { control, _ in control.health() }),
        Route(
            method: .get, template: "/metrics", summary: "Metrics, as Prometheus text",
            response: Answers.empty.schema, contentType: "text/plain",
            handler: { control, _ in await control.metricsText() }),
    ]
}
