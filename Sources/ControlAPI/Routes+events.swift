import HTTPTypes
import Marketplace

extension ControlAPI {
    /// Events, and where they are delivered.
    static let eventRoutes: [Route] = [
        Route(
            method: .get, template: "/control/v1/events",
            summary: "What the seller is told of, in its order: an endless list; a stream where "
                + "text/event-stream is accepted",
            query: Route.numberedListParameters + [
                Route.QueryParameter(name: "agreementId", description: "Only this agreement."),
                Route.QueryParameter(name: "channel", description: "Only eventBridge or sns."),
            ],
            response: Schema.event.page, handler: { try await $0.events($1) }),
        Route(
            method: .post, template: "/control/v1/events",
            summary: "Tell the seller of something by hand", request: .eventBody,
            response: .newEvent, statuses: [201], handler: { try await $0.addEvent($1) }),
        Route(
            method: .put, template: "/control/v1/event-targets/{targetId}",
            summary: "Make or replace a webhook or a queue that events are delivered to",
            request: .eventTargetBody, response: .eventTarget, statuses: [200, 201],
            handler: { try await $0.putEventTarget($1) }),
        Route(
            method: .get, template: "/control/v1/event-targets/{targetId}",
            summary: "A target, without its secret", response: .eventTarget,
            handler: { try $0.eventTarget($1) }),
        Route(
            method: .delete, template: "/control/v1/event-targets/{targetId}",
            summary: "Delete a target, and what waits for it", response: .empty,
            handler: { try await $0.deleteEventTarget($1) }),
        Route(
            method: .get, template: "/control/v1/event-targets",
            summary: "All targets, without their secrets", query: Route.listParameters,
            response: Schema.eventTarget.page, handler: { $0.eventTargets($1) }),
        Route(
            method: .get, template: "/control/v1/deliveries",
            summary: "What became of the delivery of events, from the oldest",
            query: Route.numberedListParameters + [
                Route.QueryParameter(name: "target", description: "Only to this target."),
                Route.QueryParameter(
                    name: "state", description: "Only waiting, delivered or dropped."),
            ],
            response: Schema.delivery.page, handler: { try await $0.deliveries($1) }),
    ]
}

extension Schema {
    static let eventBody = Schema(
        "EventBody",
        [
            Field("type", .choice(MarketplaceEvent.Kind.allCases.map(\.rawValue)), required: true),
            Field("agreementId", required: true),
        ])

    static let newEvent = Schema(
        "NewEvent",
        [
            Field("eventId", required: true), Field("at", .time, required: true),
            Field("type", required: true), Field("agreementId", required: true),
        ])

    private static let disturbance = Schema(
        "Disturbance",
        [
            Field(.delaySeconds, "How late every event is, in real time."),
            Field(.duplicate, "The share that is delivered twice, 0 to 1."),
            Field(.reorder, "The share that later events overtake."),
            Field(.drop, "The share that is not delivered."),
            Field(.seed, "Decides which ones."),
        ])

    private static let targetFields = [
        Field("kind", .choice(EventTarget.Kind.allCases.map(\.rawValue)), required: true),
        Field("url", .text, required: true, "Where a webhook takes POST, or a queue's URL."),
        Field(
            "channel", .choice(EventTarget.Channels.allCases.map(\.rawValue)),
            "Both when absent."),
        Field("productCode", .text, "Only events of this product."),
        Field("accessKeyId", .text, "What requests to a queue are signed with."),
        Field("disturbance", .object(disturbance), "What goes wrong, on demand."),
    ]

    static let eventTargetBody = Schema(
        "EventTargetBody", targetFields + [Field("secretAccessKey")])

    static let eventTarget = Schema(
        "EventTarget", [Field("targetId", required: true)] + targetFields)

    static let delivery = Schema(
        "Delivery",
        [
            Field("number", .integer, required: true, "Ascending; there may be gaps."),
            Field("event", .integer, required: true, "The number of the event."),
            Field("target", required: true),
            Field("state", .choice(Delivery.State.allCases.map(\.rawValue)), required: true),
            Field("attempts", .integer, required: true),
            Field("nextAttemptAt", .time, "On the real clock."),
            Field("deliveredAt", .time, "On the real clock."),
            Field("lastError", .text, "Why the last attempt failed."),
        ])
}
