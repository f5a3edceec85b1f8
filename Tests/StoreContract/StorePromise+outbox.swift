import Marketplace
import MeteringAPI

extension StorePromise {
    static let outbox: [StorePromise] = [
        StorePromise("Deliveries come with their event, and wait until they are due") { store in
            let later = Timestamp.noon.adding(seconds: 5)
            try await store.save([
                .publish(
                    event("one"),
                    deliveries: [planned("a"), planned("b"), planned("a", at: later)]),
                .publish(event("two"), deliveries: [planned("a", isDropped: true), planned("a")]),
            ])
            let events = try await store.events(after: 0, limit: 9).map(\.number)
            let all = try await store.deliveries(DeliveryFilter(), after: 0, limit: 9)
            try expectEqual(all.map(\.target), ["a", "b", "a", "a", "a"], "the targets")
            try expectEqual(
                all.map(\.event), [events[0], events[0], events[0], events[1], events[1]],
                "the events")
            let due = try await store.outbox(of: "a", at: .noon, limit: 9)
            try expectEqual(due.due, [all[0], all[4]], "what is due")
            try expectEqual(due.next, .noon, "when the next is due")
            try expectEqual(
                try await store.outbox(of: "a", at: later, limit: 2).due, [all[0], all[2]],
                "what is due later, in part")
            try expectEqual(
                try await store.outbox(of: "none", at: later, limit: 9),
                Outbox(due: [], next: nil), "of a target that there is not")
        },
        StorePromise("What became of an attempt is kept, and what is settled waits no more") {
            store in
            try await store.save([
                .publish(event("one"), deliveries: [planned("a"), planned("a")])
            ])
            let waiting = try await store.outbox(of: "a", at: .noon, limit: 9).due
            let failed = waiting[0].tried(at: .noon, error: "no \"answer\" é")
            let done = waiting[1].tried(at: .noon, error: nil)
            try await store.save([.update(failed), .update(done)])
            try expectEqual(
                try await store.deliveries(DeliveryFilter(), after: 0, limit: 9), [failed, done],
                "the deliveries")
            let outbox = try await store.outbox(of: "a", at: .noon, limit: 9)
            try expectEqual(outbox, Outbox(due: [], next: failed.time), "the outbox")
            try expectEqual(
                try await store.outbox(of: "a", at: failed.time, limit: 9).due, [failed],
                "what is due again")
        },
        StorePromise("Deliveries are listed by target and state, in parts") { store in
            try await store.save([
                .publish(
                    event("one"),
                    deliveries: [planned("a"), planned("b"), planned("a", isDropped: true)])
            ])
            let all = try await store.deliveries(DeliveryFilter(), after: 0, limit: 9)
            for (filter, expected) in [
                (DeliveryFilter(target: "a"), [all[0], all[2]]),
                (DeliveryFilter(state: .waiting), [all[0], all[1]]),
                (DeliveryFilter(target: "a", state: .dropped), [all[2]]),
                (DeliveryFilter(target: "a", state: .delivered), []),
            ] {
                let listed = try await store.deliveries(filter, after: 0, limit: 9)
                try expectEqual(listed, expected, "what \(filter) includes")
            }
            let rest = try await store.deliveries(
                DeliveryFilter(), after: all[0].number, limit: 1)
            try expectEqual(rest, [all[1]], "a part")
        },
        StorePromise("A target's deliveries go with it, and all go with usage") { store in
            let target = EventTarget(id: "a", kind: .webhook, url: "http://127.0.0.1:1")
            try await store.save([
                .put(.eventTarget(target)),
                .publish(event("one"), deliveries: [planned("a"), planned("b")]),
            ])
            let old = try await store.deliveries(DeliveryFilter(), after: 0, limit: 9)
            try await store.save([.remove(CatalogFact.eventTarget(target).key)])
            try expectEqual(
                try await store.deliveries(DeliveryFilter(), after: 0, limit: 9), [old[1]],
                "the deliveries")
            try await store.forgetUsage(saving: [
                .publish(event("two"), deliveries: [planned("b")])
            ])
            try await store.save([.update(old[1].tried(at: .noon, error: nil))])
            let new = try await store.deliveries(DeliveryFilter(), after: 0, limit: 9)
            try expectEqual(new.map(\.state), [.waiting], "the states")
            try expect(new[0].number > old[1].number, "numbers are not given again")
        },
    ]

    private static func planned(
        _ target: String, at time: Timestamp = .noon, isDropped: Bool = false
    ) -> PlannedDelivery {
        PlannedDelivery(target: target, time: time, isDropped: isDropped)
    }
}
