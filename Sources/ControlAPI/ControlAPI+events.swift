import AWSWire
package import Documents
import HTTPTypes
package import Marketplace
import MarketplaceHost
import WebServer

extension ControlAPI {
    /// What happened; the cursor is given also where nothing follows yet.
    func events(_ request: ControlRequest) async throws -> ControlResult {
        let filter = EventFilter(
            agreementID: request.query["agreementId"], productCode: request.query["productCode"],
            channel: request.query["channel"].flatMap(MarketplaceEvent.Channel.init))
        var cursor = request.number(.cursor) ?? 0
        if EventFeed.isAskedFor(accept: request.headers[.accept]) {
            let feed = EventFeed(
                state: state, filter: filter,
                after: request.headers.number(.lastEventID) ?? cursor)
            var result = ControlResult([])
            result.contentType = "text/event-stream"
            result.nextPart = { await feed.nextPart() }
            return result
        }
        var items: [NumberedEvent] = []
        var left = request.bounds
        read: while left.items > 0, left.bytes > 0 {
            let events = try await state.store.events(after: cursor, within: request.bounds)
            if events.isEmpty { break }
            for event in events {
                if filter.includes(event.event) {
                    guard left.take(event.event.byteCount) else { break read }
                    items.append(event)
                }
                cursor = event.number
            }
        }
        let page = ReportPage(items: items, nextCursor: String(cursor))
        return ControlResult(page, cursor: { String($0.number) }, Answers.event)
    }

    func addEvent(_ request: ControlRequest) async throws -> ControlResult {
        let (kind, agreementID) = try request.read { reader in
            let kind: MarketplaceEvent.Kind? = reader.choice("type")
            let agreementID = reader.requiredText("agreementId")
            reader.finish()
            return (kind ?? .advisoryIssued, agreementID)
        }
        let event = try await state.edit { edit in
            try edit.publishByHand(kind, agreementID: agreementID)
        }
        return ControlResult(status: 201, Answers.newEvent, event)
    }

    func putEventTarget(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["targetId"]
        let target = try request.read { $0.eventTarget(id: id) }
        if let url = TargetURL(target.url), let objection = reach.objection(to: url) {
            throw Contradiction(.invalid, "url", objection)
        }
        let isNew = state.catalog.eventTargets[id] == nil
        let saved = try await state.edit { try $0.putEventTarget(target) }
        return ControlResult(status: isNew ? 201 : 200, Answers.eventTarget, saved)
    }

    func eventTarget(_ request: ControlRequest) throws -> ControlResult {
        let target = try found(state.catalog.eventTargets, request, "targetId", "target")
        return ControlResult(Answers.eventTarget, target)
    }

    func eventTargets(_ request: ControlRequest) -> ControlResult {
        request.list(
            state.catalog.eventTargets.values, key: \.id, Answers.eventTarget)
    }

    func deleteEventTarget(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["targetId"]
        try await state.edit { try $0.deleteEventTarget(id) }
        return ControlResult(Answers.empty, ())
    }

    func deliveries(_ request: ControlRequest) async throws -> ControlResult {
        let limit = request.limit
        var filter = DeliveryFilter(target: request.query["target"])
        if let text = request.query["state"] {
            filter.state = Delivery.State(rawValue: text)
        }
        let found = try await state.store.deliveries(
            filter, after: request.number(.cursor) ?? 0, limit: limit + 1)
        let page = ReportPage(
            items: Array(found.prefix(limit)),
            nextCursor: found.count > limit ? String(found[limit - 1].number) : nil)
        return ControlResult(page, cursor: { String($0.number) }, Answers.delivery)
    }
}

extension ObjectReader {
    /// Reads an event target.
    package func eventTarget(id: String) -> EventTarget {
        var target = EventTarget(
            id: id, kind: choice("kind") ?? .webhook, url: requiredText("url"),
            channels: choice("channel", default: .both) ?? .both,
            productCode: optionalText("productCode"))
        if has("url"), TargetURL(target.url) == nil {
            reject("url", "a URL such as http://127.0.0.1:3000/events is expected")
        }
        target.accessKeyID = optionalText("accessKeyId")
        target.secretAccessKey = optionalText("secretAccessKey")
        if has("headers") { target.headers = objects("headers").map { $0.header() } }
        target.username = optionalText("username")
        target.password = optionalText("password")
        if has("disturbance") { target.disturbance = object("disturbance")?.disturbance() }
        finish()
        return target
    }

    private func header() -> EventTarget.Header {
        let header = EventTarget.Header(name: requiredText("name"), value: requiredText("value"))
        finish()
        return header
    }

    private func disturbance() -> Disturbance {
        let disturbance = Disturbance(
            delaySeconds: number(.delaySeconds) ?? 0, duplicate: number(.duplicate) ?? 0,
            reorder: number(.reorder) ?? 0, drop: number(.drop) ?? 0,
            seed: number(.seed) ?? 0)
        finish()
        return disturbance
    }
}
