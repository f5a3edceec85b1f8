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
            _ = try await store.claim("a", for: "server", at: .noon, until: .noon)
            for tried in [failed, done] {
                try expect(
                    try await store.settle(tried, by: "server"), "what became of it is stored")
            }
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
            _ = try await store.claim("b", for: "server", at: .noon, until: .noon)
            try expect(
                try await !store.settle(old[1].tried(at: .noon, error: nil), by: "server"),
                "a delivery that is gone is not settled")
            let new = try await store.deliveries(DeliveryFilter(), after: 0, limit: 9)
            try expectEqual(new.map(\.state), [.waiting], "the states")
            try expect(new[0].number > old[1].number, "numbers are not given again")
        },
        StorePromise("One server at a time has a target, and after a restart its own claims") {
            store in
            let end = Timestamp.noon.adding(seconds: 60)
            let before = Timestamp(milliseconds: end.milliseconds - 1)
            let first = DeliveryClaim(claimant: "one", until: end)
            try expectEqual(
                try await store.claim("a", for: "one", at: .noon, until: end), first, "the claim")
            for time in [Timestamp.noon, before] {
                try expectEqual(
                    try await store.claim(
                        "a", for: "two", at: time, until: time.adding(seconds: 600)),
                    first, "what another server claims")
            }
            try expectEqual(
                try await store.claim("b", for: "two", at: .noon, until: end).claimant, "two",
                "who has another target")
            // The same server may be one that was killed and started again.
            let again = DeliveryClaim(claimant: "one", until: end.adding(seconds: 1))
            try expectEqual(
                try await store.claim("a", for: "one", at: .noon, until: again.until), again,
                "its own claim")
            try expectEqual(
                try await store.claim("a", for: "two", at: end, until: end), again,
                "what another server claims at the end of the first")
            let last = DeliveryClaim(claimant: "two", until: end.adding(seconds: 9))
            try expectEqual(
                try await store.claim("a", for: "two", at: again.until, until: last.until), last,
                "the claim after the end")
            try expectEqual(
                try await store.claim("a", for: "one", at: again.until, until: end), last,
                "what the first server claims then")
            // A server that stops gives its claim back.
            _ = try await store.claim("a", for: "two", at: again.until, until: again.until)
            try expectEqual(
                try await store.claim("a", for: "one", at: again.until, until: last.until)
                    .claimant, "one", "who has what was given back")
        },
        StorePromise("Only who claimed a target last settles its deliveries") { store in
            try await store.save([.publish(event("one"), deliveries: [planned("a")])])
            let waiting = try await store.deliveries(DeliveryFilter(), after: 0, limit: 9)
            let done = waiting[0].tried(at: .noon, error: nil)
            try expect(try await !store.settle(done, by: "one"), "nobody has claimed it")
            _ = try await store.claim("a", for: "one", at: .noon, until: .noon)
            _ = try await store.claim("a", for: "two", at: .noon, until: .noon)
            try expect(try await !store.settle(done, by: "one"), "another has claimed it since")
            try expectEqual(
                try await store.deliveries(DeliveryFilter(), after: 0, limit: 9), waiting,
                "the deliveries")
            try expect(try await store.settle(done, by: "two"), "the last one settles it")
            try expectEqual(
                try await store.deliveries(DeliveryFilter(), after: 0, limit: 9), [done],
                "the deliveries")
        },
        StorePromise(
            "A claim outlasts a restart, and goes with its target and with usage",
            restarting: { trial in
                let end = Timestamp.noon.adding(seconds: 60)
                let target = EventTarget(id: "a", kind: .webhook, url: "http://127.0.0.1:1")
                for forgets in [0, 1, 2] {
                    try await trial.store.save([.put(.eventTarget(target))])
                    _ = try await trial.store.claim("a", for: "one", at: .noon, until: end)
                    try await trial.restart()
                    let held = try await trial.store.claim("a", for: "two", at: .noon, until: end)
                    try expectEqual(held.claimant, "one", "who has it after a restart")
                    switch forgets {
                    case 0:
                        try await trial.store.save([.remove(CatalogFact.eventTarget(target).key)])
                    case 1: try await trial.store.forgetUsage(saving: [])
                    default: try await trial.store.forgetEverything()
                    }
                    let free = try await trial.store.claim("a", for: "two", at: .noon, until: .noon)
                    try expectEqual(free.claimant, "two", "who has it after that")
                }
            }),
    ]

    private static func planned(
        _ target: String, at time: Timestamp = .noon, isDropped: Bool = false
    ) -> PlannedDelivery {
        PlannedDelivery(target: target, time: time, isDropped: isDropped)
    }
}
