import HTTPTypes

extension ControlAPI {
    /// Everything that the control API can do.
    static let routes: [Route] =
        marketplaceRoutes + eventRoutes + reportRoutes + serverRoutes

    private static let marketplaceRoutes: [Route] = [
        Route(
            method: .put, template: "/control/v1/accounts/{accountId}",
            summary: "Make or replace a seller's or buyer's account", request: .accountBody,
            response: .account, statuses: [200, 201], handler: { try await $0.putAccount($1) }),
        Route(
            method: .get, template: "/control/v1/accounts/{accountId}",
            summary: "An account", response: .account, handler: { try $0.account($1) }),
        Route(
            method: .post, template: "/control/v1/accounts/{accountId}/suspend",
            summary: "Suspend a buyer's account", request: .empty, response: .account,
            handler: { try await $0.setSuspension($1, to: true) }),
        Route(
            method: .post, template: "/control/v1/accounts/{accountId}/resume",
            summary: "Take a suspended buyer's account back", request: .empty,
            response: .account, handler: { try await $0.setSuspension($1, to: false) }),
        Route(
            method: .get, template: "/control/v1/accounts", summary: "All accounts",
            query: Route.listParameters, response: Schema.account.page,
            handler: { $0.accounts($1) }),
        Route(
            method: .put, template: "/control/v1/products/{productCode}",
            summary: "Make or replace a product", request: .productBody, response: .product,
            statuses: [200, 201], handler: { try await $0.putProduct($1) }),
        Route(
            method: .get, template: "/control/v1/products/{productCode}",
            summary: "A product", response: .product, handler: { try $0.product($1) }),
        Route(
            method: .get, template: "/control/v1/products", summary: "All products",
            query: Route.listParameters, response: Schema.product.page,
            handler: { $0.products($1) }),
        Route(
            method: .get, template: "/control/v1/products/{productCode}/public-keys",
            summary: "The keys that verify RegisterUsage's answers, in ascending version",
            query: Route.listParameters, response: Schema.publicKey.page,
            handler: { try await $0.publicKeys($1) }),
        Route(
            method: .post, template: "/control/v1/products/{productCode}/public-keys",
            summary: "Make the next version of the key; the one before it is superseded",
            request: .empty, response: .publicKey, statuses: [201],
            handler: { try await $0.addPublicKey($1) }),
        Route(
            method: .post, template: "/control/v1/products/{productCode}/subscribe",
            summary: "Make or find a buyer's agreement, and a token where a browser is sent on",
            request: .subscriptionBody, response: .subscription, statuses: [200, 201],
            handler: { try await $0.subscribe($1) }),
        Route(
            method: .post, template: "/control/v1/credentials", summary: "Make a credential",
            request: .credentialBody, response: .newCredential, statuses: [201],
            handler: { try await $0.addCredential($1) }),
        Route(
            method: .get, template: "/control/v1/credentials",
            summary: "All credentials, without their secrets", query: Route.listParameters,
            response: Schema.credential.page, handler: { $0.credentials($1) }),
        Route(
            method: .get, template: "/control/v1/credentials/{accessKeyId}",
            summary: "A credential, without its secrets", response: .credential,
            handler: { try $0.credential($1) }),
        Route(
            method: .delete, template: "/control/v1/credentials/{accessKeyId}",
            summary: "Delete a credential", response: .empty,
            handler: { try await $0.deleteCredential($1) }),
        Route(
            method: .post, template: "/control/v1/agreements", summary: "Make an agreement",
            request: .agreementBody, response: .agreement, statuses: [201],
            handler: { try await $0.addAgreement($1) }),
        Route(
            method: .get, template: "/control/v1/agreements", summary: "All agreements",
            query: Route.listParameters, response: Schema.agreement.page,
            handler: { $0.agreements($1) }),
        Route(
            method: .get, template: "/control/v1/agreements/{agreementId}",
            summary: "An agreement", response: .agreement, handler: { try $0.agreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/cancel",
            summary: "End an agreement", request: .cancellation, response: .agreement,
            handler: { try await $0.cancelAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/amend",
            summary: "Change an agreement's terms", request: .amendment, response: .agreement,
            handler: { try await $0.amendAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/renew",
            summary: "Make the agreement that begins where this one ends, for as long",
            request: .succession, response: .agreement, statuses: [201],
            handler: { try await $0.renewAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/agreements/{agreementId}/replace",
            summary: "End an agreement now and make another in its place",
            request: .succession, response: .agreement, statuses: [201],
            handler: { try await $0.replaceAgreement($1) }),
        Route(
            method: .post, template: "/control/v1/registration-tokens",
            summary: "Make a registration token, with the form that a browser would post",
            request: .tokenBody, response: .newToken, statuses: [201],
            handler: { try await $0.addRegistrationToken($1) }),
        Route(
            method: .get, template: "/control/v1/registration-tokens",
            summary: "All registration tokens, without their texts",
            query: Route.listParameters, response: Schema.token.page,
            handler: { try await $0.registrationTokens($1) }),
        Route(
            method: .get, template: "/control/v1/registration-tokens/{tokenId}",
            summary: "A registration token, without its text", response: .token,
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
            query: Route.listParameters, response: Schema.workload.page,
            handler: { try await $0.workloads($1) }),
        Route(
            method: .post, template: "/control/v1/workloads/{resourceId}/stop",
            summary: "Stop a task or pod; what it ran is recorded when the hour ends",
            request: .empty, response: Schema.workload.page,
            handler: { try await $0.stopWorkload($1) }),
        Route(
            method: .get, template: "/control/v1/trail",
            summary: "Calls as CloudTrail records them, oldest first: an endless list",
            query: Route.numberedListParameters, response: Schema.trailRecord.page,
            handler: { $0.trail($1) }),
        Route(
            method: .get, template: "/control/v1/usage",
            summary: "What is recorded, by hour from the oldest",
            query: usageFilters + Route.listParameters, response: Schema.usage.page,
            handler: { try await $0.usage($1) }),
        Route(
            method: .get, template: "/control/v1/usage/totals",
            summary: "Sums of what is recorded",
            query: [
                Route.QueryParameter(
                    name: "groupBy",
                    description: "Members to group by, with commas: productCode, dimension, "
                        + "buyerAccountId, licenseArn, resourceId, region, hour, day, month.")
            ] + usageFilters + Route.listParameters,
            response: Schema.total.page, handler: { try await $0.totals($1) }),
        Route(
            method: .get, template: "/control/v1/requests",
            summary: "What was asked of the AWS endpoint, and why it was answered so, newest first",
            query: [
                Route.QueryParameter(name: "operation", description: "Only this operation."),
                Route.QueryParameter(name: "accessKeyId", description: "Only this caller's."),
                Route.QueryParameter(.status, "Only this HTTP status."),
            ] + Route.numberedListParameters,
            response: Schema.request.page, handler: { try $0.requests($1) }),
        Route(
            method: .get, template: "/control/v1/requests/{requestId}",
            summary: "A request to the AWS endpoint", response: .request,
            handler: { try $0.request($1) }),
    ]

    private static let serverRoutes: [Route] = [
        Route(
            method: .get, template: "/control/v1/faults",
            summary: "The fault plan, and what has fired of it", response: .faultPlan,
            handler: { control, _ in control.faults() }),
        Route(
            method: .put, template: "/control/v1/faults", summary: "Set the fault plan",
            request: .faultPlanBody, response: .faultPlan, handler: { try $0.putFaults($1) }),
        Route(
            method: .post, template: "/control/v1/faults",
            summary: "Add a rule to the fault plan; all rules count anew", request: .faultRule,
            response: .faultPlan, handler: { try $0.addFault($1) }),
        Route(
            method: .delete, template: "/control/v1/faults", summary: "Let nothing go wrong",
            response: .faultPlan, handler: { control, _ in control.deleteFaults() }),
        Route(
            method: .get, template: "/control/v1/clock", summary: "The marketplace's clock",
            response: .clock, handler: { control, _ in control.clock() }),
        Route(
            method: .put, template: "/control/v1/clock", summary: "Set the marketplace's clock",
            request: .clockBody, response: .clock, handler: { try await $0.putClock($1) }),
        Route(
            method: .post, template: "/control/v1/reset",
            summary: "Forget usage, requests and the clock, or everything", request: .reset,
            response: .empty, handler: { try await $0.reset($1) }),
        Route(
            method: .get, template: "/control/v1/backup",
            summary: "A copy of the data file as it is now", response: .empty,
            contentType: "application/octet-stream", isCostly: true,
            handler: { control, _ in try await control.backup() }),
        Route(
            method: .get, template: "/control/v1/openapi.json", summary: "This description",
            response: .empty, handler: { _, _ in ControlResult(OpenAPIDocument.json) }),
        Route(
            method: .get, template: "/health", summary: "Whether the server lives",
            response: .health, isOpen: true,
            handler: { control, _ in control.health() }),
        Route(
            method: .get, template: "/metrics", summary: "Metrics, as Prometheus text",
            response: .empty, contentType: "text/plain",
            handler: { control, _ in await control.metricsText() }),
    ]
}
