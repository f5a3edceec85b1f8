import AWSWire
import HTTPTypes
import Marketplace
import MeteringAPI

extension ControlAPI {
    /// What happened; the cursor is given also where nothing follows yet.
    func events(_ request: ControlRequest) async throws -> ControlResult {
        let limit = try request.limit()
        let filter = try EventFilter(request.query)
        var cursor = try request.number("cursor")
        if EventFeed.isAskedFor(accept: request.headers[.accept]) {
            if let text = request.headers[.lastEventID], let number = Int64(text), number >= 0 {
                cursor = number
            }
            let feed = EventFeed(state: state, filter: filter, after: cursor)
            var result = ControlResult([])
            result.contentType = "text/event-stream"
            result.nextPart = { await feed.nextPart() }
            return result
        }
        var items: [NumberedEvent] = []
        while items.count < limit {
            let events = try await state.store.events(after: cursor, limit: limit)
            for event in events where items.count < limit {
                if filter.includes(event.event) { items.append(event) }
                cursor = event.number
            }
            if events.count < limit { break }
        }
        let page = ReportPage(items: items, nextCursor: String(cursor))
        return ControlResult(page) { $0.event($1) }
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
        return ControlResult(status: 201) { writer in
            writer.member("eventId", event.id)
            writer.time("at", event.time)
            writer.member("type", event.kind.rawValue)
            writer.member("agreementId", event.agreement.id)
        }
    }

    func putEventTarget(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["targetId"]
        let target = try request.read { $0.eventTarget(id: id) }
        if let url = TargetURL(target.url), let objection = reach.objection(to: url) {
            throw Contradiction(.invalid, "url", objection)
        }
        let isNew = state.catalog.eventTargets[id] == nil
        let saved = try await state.edit { try $0.putEventTarget(target) }
        return ControlResult(status: isNew ? 201 : 200) { $0.eventTarget(saved) }
    }

    func eventTarget(_ request: ControlRequest) throws -> ControlResult {
        let target = try found(state.catalog.eventTargets, request, "targetId", "target")
        return ControlResult { $0.eventTarget(target) }
    }

    func eventTargets(_ request: ControlRequest) throws -> ControlResult {
        let page = try request.page(Array(state.catalog.eventTargets.values), key: \.id)
        return ControlResult(page) { $0.eventTarget($1) }
    }

    func deleteEventTarget(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["targetId"]
        try await state.edit { try $0.deleteEventTarget(id) }
        return ControlResult { _ in }
    }

    func deliveries(_ request: ControlRequest) async throws -> ControlResult {
        let limit = try request.limit()
        var filter = DeliveryFilter(target: request.query["target"])
        if let text = request.query["state"] {
            guard let state = Delivery.State(rawValue: text) else {
                throw Contradiction(
                    .invalid, "state", "'\(text)' is none of waiting, delivered, dropped")
            }
            filter.state = state
        }
        let found = try await state.store.deliveries(
            filter, after: try request.number("cursor"), limit: limit + 1)
        let page = ReportPage(
            items: Array(found.prefix(limit)),
            nextCursor: found.count > limit ? String(found[limit - 1].number) : nil)
        return ControlResult(page) { $0.delivery($1) }
    }
}

extension HTTPField.Name {
    fileprivate static let lastEventID = HTTPField.Name("last-event-id") ?? .accept
}

extension ControlRequest {
    /// A cursor that is a number, 0 when absent.
    fileprivate func number(_ name: String) throws(Contradiction) -> Int64 {
        guard let text = query[name] else { return 0 }
        guard let number = Int64(text), number >= 0 else {
            throw Contradiction(.invalid, name, "begin again without one")
        }
        return number
    }
}

extension ObjectReader {
    func eventTarget(id: String) -> EventTarget {
        var target = EventTarget(
            id: id, kind: choice("kind") ?? .webhook, url: requiredText("url"),
            channels: choice("channel", default: .both) ?? .both,
            productCode: optionalText("productCode"))
        if has("url"), TargetURL(target.url) == nil {
            fault("url", "a URL such as http://127.0.0.1:3000/events is expected")
        }
        target.accessKeyID = optionalText("accessKeyId")
        target.secretAccessKey = optionalText("secretAccessKey")
        if has("disturbance") { target.disturbance = object("disturbance")?.disturbance() }
        finish()
        return target
    }

    private func disturbance() -> Disturbance {
        let disturbance = Disturbance(
            delaySeconds: integer("delaySeconds") ?? 0, duplicate: thousandths("duplicate") ?? 0,
            reorder: thousandths("reorder") ?? 0, drop: thousandths("drop") ?? 0,
            seed: integer("seed") ?? 0)
        finish()
        return disturbance
    }
}

extension JSONWriter {
    fileprivate mutating func eventTarget(_ target: EventTarget) {
        member("targetId", target.id)
        member("kind", target.kind.rawValue)
        member("url", target.url)
        member("channel", target.channels.rawValue)
        member("productCode", target.productCode)
        member("accessKeyId", target.accessKeyID)
        guard let disturbance = target.disturbance else { return }
        name("disturbance")
        object { writer in
            writer.member("delaySeconds", disturbance.delaySeconds)
            writer.share("duplicate", disturbance.duplicate)
            writer.share("reorder", disturbance.reorder)
            writer.share("drop", disturbance.drop)
            writer.member("seed", disturbance.seed)
        }
    }

    private mutating func share(_ name: StaticString, _ thousandths: Int64) {
        self.name(name)
        literal(Quantity(millionths: thousandths * 1000).description)
    }

    fileprivate mutating func delivery(_ delivery: Delivery) {
        member("number", delivery.number)
        member("event", delivery.event)
        member("target", delivery.target)
        member("state", delivery.state.rawValue)
        member("attempts", delivery.attempts)
        switch delivery.state {
        case .waiting: time("nextAttemptAt", delivery.time)
        case .delivered: time("deliveredAt", delivery.time)
        case .dropped: break
        }
        member("lastError", delivery.lastError)
    }
}
