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
                Route.QueryParameter(name: "productCode", description: "Only this product."),
                Route.QueryParameter(
                    name: "channel", type: Schema.names(MarketplaceEvent.Channel.self),
                    description: "Only this channel."),
            ],
            response: Answers.event.page, handler: { try await $0.events($1) }),
        Route(
            method: .post, template: "/control/v1/events",
            summary: "Tell the seller of something by hand", request: .eventBody,
            response: Answers.newEvent.schema, statuses: [201],
            handler: { try await $0.addEvent($1) }),
        Route(
            method: .put, template: "/control/v1/event-targets/{targetId}",
            summary: "Make or replace a webhook or a queue that events are delivered to",
            request: .eventTargetBody, response: Answers.eventTarget.schema, statuses: [200, 201],
            handler: { try await $0.putEventTarget($1) }),
        Route(
            method: .get, template: "/control/v1/event-targets/{targetId}",
            summary: "A target, without its secrets", response: Answers.eventTarget.schema,
            handler: { try $0.eventTarget($1) }),
        Route(
            method: .delete, template: "/control/v1/event-targets/{targetId}",
            summary: "Delete a target, and what waits for it", response: Answers.empty.schema,
            handler: { try await $0.deleteEventTarget($1) }),
        Route(
            method: .get, template: "/control/v1/event-targets",
            summary: "All targets, without their secrets", query: Route.listParameters,
            response: Answers.eventTarget.page, handler: { $0.eventTargets($1) }),
        Route(
            method: .get, template: "/control/v1/deliveries",
            summary: "What became of the delivery of events, from the oldest",
            query: Route.numberedListParameters + [
                Route.QueryParameter(name: "target", description: "Only to this target."),
                Route.QueryParameter(
                    name: "state", type: Schema.names(Delivery.State.self),
                    description: "Only those that are so."),
            ],
            response: Answers.delivery.page, handler: { try await $0.deliveries($1) }),
    ]
}
