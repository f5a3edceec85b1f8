import Marketplace
import MeteringAPI

extension StorePromise {
    static let tokens: [StorePromise] = [
        StorePromise("A token with the same request is answered with the same id, and no record") {
            store in
            let first = agentEntry(1, token: .sample())
            try expectEqual(try await store.record(first), first.recorded, "the first")
            try expectEqual(
                try await store.record(agentEntry(2, token: .sample())), .tokenReplayed(first.id),
                "the same again")
            try expectEqual(try await store.allUsage().count, 1, "the number of records")
        },
        StorePromise("A token with another request conflicts, and leaves no record") { store in
            _ = try await store.record(agentEntry(1, token: .sample(digest: 1)))
            let other = agentEntry(2, token: .sample(digest: 1 << 127), hours: 1)
            try expectEqual(try await store.record(other), .tokenConflict, "another request")
            try expectEqual(try await store.allUsage().count, 1, "the number of records")
        },
        StorePromise("A token is remembered for 24 hours of the time at which it was recorded") {
            store in
            let first = agentEntry(1, token: .sample(), recordedAt: .noon)
            _ = try await store.record(first)
            let almost = Timestamp(milliseconds: Timestamp.noon.adding(hours: 24).milliseconds - 1)
            let late = agentEntry(2, token: .sample(), recordedAt: almost)
            try expectEqual(
                try await store.record(late), .tokenReplayed(first.id), "a millisecond before")
            let after = agentEntry(
                3, token: .sample(digest: 2), recordedAt: .noon.adding(hours: 24))
            try expectEqual(try await store.record(after), after.recorded, "after 24 hours")
            let again = agentEntry(
                4, token: .sample(digest: 2), recordedAt: .noon.adding(hours: 47))
            try expectEqual(
                try await store.record(again), .tokenReplayed(after.id), "remembered anew")
        },
        StorePromise("Tokens are remembered as ever where the clock goes back with a reset") {
            store in
            for isOfEverything in [false, true] {
                _ = try await store.record(
                    agentEntry(1, token: .sample(), recordedAt: .noon.adding(hours: 48)))
                if isOfEverything {
                    try await store.forgetEverything()
                } else {
                    try await store.forgetUsage(saving: [])
                }
                let first = agentEntry(2, token: .sample("new"), recordedAt: .noon)
                try expectEqual(try await store.record(first), first.recorded, "the first")
                let again = agentEntry(3, token: .sample("new"), recordedAt: .noon)
                try expectEqual(
                    try await store.record(again), .tokenReplayed(first.id), "the same again")
            }
        },
        StorePromise("Tokens belong to an account, a resource and a region") { store in
            let tokens: [ClientToken] = [
                .sample(), .sample(account: "444455556666"), .sample(resource: "runtime/b"),
                .sample(region: "eu-west-1"), .sample("token-2"),
            ]
            let entries = tokens.enumerated().map { agentEntry($0.offset, token: $0.element) }
            try expectEqual(try await store.record(entries), entries.map(\.recorded), "outcomes")
            for entry in entries {
                try expectEqual(
                    try await store.record(entry), .tokenReplayed(entry.id), "\(entry.id) again")
            }
        },
        StorePromise("Tokens are compared by bytes") { store in
            let entries = ["\u{E9}", "e\u{301}", "TOKEN", "token", "token ", "token\u{0}"]
                .enumerated().map { agentEntry($0.offset, token: .sample($0.element)) }
            try expectEqual(try await store.record(entries), entries.map(\.recorded), "outcomes")
        },
        StorePromise("A token whose request met an earlier record is remembered with its id") {
            store in
            let first = UsageEntry.sample(1, .sample(resource: "i-1"))
            let second = UsageEntry.sample(2, .sample(resource: "i-1"), token: .sample())
            _ = try await store.record(first)
            try expectEqual(
                try await store.record(second), .alreadyRecorded(first.earlier), "the second")
            try expectEqual(
                try await store.record(second), .tokenReplayed(first.id), "the second again")
        },
        StorePromise("A token whose request conflicts is not remembered") { store in
            let first = UsageEntry.sample(1)
            _ = try await store.record(first)
            let conflicting = UsageEntry.sample(2, quantity: Quantity(9), token: .sample())
            for _ in 1...2 {
                try expectEqual(
                    try await store.record(conflicting), .conflict(first.earlier), "a conflict")
            }
            let next = UsageEntry.sample(3, at: .noon.adding(hours: 1), token: .sample(digest: 7))
            try expectEqual(try await store.record(next), next.recorded, "the next use")
        },
        StorePromise("A token is looked at before the hour") { store in
            let first = UsageEntry.sample(1, token: .sample())
            _ = try await store.record(first)
            try expectEqual(
                try await store.record(
                    .sample(2, quantity: Quantity(9), token: .sample(digest: 2))),
                .tokenConflict, "another quantity with the token")
        },
    ]

    static let calls: [StorePromise] = [
        StorePromise("Entries of one call are decided in order and meet each other") { store in
            let first = UsageEntry.sample(1)
            let next = UsageEntry.sample(4, at: .noon.adding(hours: 1))
            let outcomes = try await store.record([
                first, .sample(2), .sample(3, quantity: Quantity(9)), next,
            ])
            try expectEqual(
                outcomes,
                [
                    first.recorded, .alreadyRecorded(first.earlier), .conflict(first.earlier),
                    next.recorded,
                ], "outcomes")
        },
        StorePromise("Two entries of one call with one token: the second replays the first") {
            store in
            let first = agentEntry(1, token: .sample())
            try expectEqual(
                try await store.record([
                    first, agentEntry(2, token: .sample()),
                    agentEntry(3, token: .sample(digest: 2)),
                ]), [first.recorded, .tokenReplayed(first.id), .tokenConflict], "outcomes")
        },
        StorePromise("A call without entries has no outcomes, a save without changes none either") {
            store in
            try expectEqual(try await store.record([]), [], "outcomes")
            try await store.save([])
            try expectEqual(try await store.allUsage(), [], "what is recorded")
        },
        StorePromise("What is recorded is read back whole") { store in
            let entry = UsageEntry.sample(
                1, .sample(license: "arn:l"), quantity: Quantity(millionths: 9_999_999_999_999_999),
                at: Timestamp(milliseconds: Timestamp.noon.milliseconds + 1),
                allocations: [
                    RecordedAllocation(
                        quantity: Quantity(millionths: 1), tags: ["a\"\\\u{1}é😀": "", "": "b"]),
                    RecordedAllocation(quantity: Quantity(millionths: 1), tags: [:]),
                    RecordedAllocation(quantity: .zero, tags: ["team": "x"]),
                ])
            let other = UsageEntry.sample(
                2, .sample(resource: "i-1"), at: .noon.adding(hours: 1), operation: .meterUsage)
            _ = try await store.record([entry, other])
            try expectEqual(
                try await store.allUsage(), [RecordedUsage(entry), RecordedUsage(other)],
                "what is recorded")
        },
    ]

    static let concurrency: [StorePromise] = [
        StorePromise("Of many writers of one hour exactly one is first, and all others meet it") {
            store in
            let outcomes = try await atOnce(64) { writer in
                try await store.record(
                    [.sample(writer, quantity: Quantity(Int32(writer % 2)))])
            }.map { $0[0] }
            let stored = try await store.allUsage()
            try expectEqual(stored.count, 1, "the number of records")
            let first = stored[0]
            for (writer, outcome) in outcomes.enumerated() {
                switch outcome {
                case .recorded(let id, let twin):
                    try expect(
                        id == first.id && id == .sample(writer) && twin == nil,
                        "only the first was recorded")
                case .alreadyRecorded(let earlier):
                    try expect(
                        earlier.id == first.id && first.quantity == Quantity(Int32(writer % 2)),
                        "the same quantity met the first")
                case .conflict(let earlier):
                    try expect(
                        earlier.id == first.id && first.quantity != Quantity(Int32(writer % 2)),
                        "another quantity met the first")
                case .tokenReplayed, .tokenConflict:
                    throw BrokenPromise(description: "Writer \(writer) got \(outcome).")
                }
            }
        },
        StorePromise("Calls at once are each answered for their own entries, in their order") {
            store in
            let answers = try await atOnce(50) { call in
                try await store.record(
                    (0..<25).map { .sample(call * 25 + $0, .sample(dimension: "\(call)-\($0)")) })
            }
            for (call, outcomes) in answers.enumerated() {
                try expectEqual(
                    outcomes,
                    (0..<25).map {
                        .recorded(.sample(call * 25 + $0), billedTwiceWith: nil)
                    }, "the outcomes of call \(call)")
            }
            try expectEqual(try await store.allUsage().count, 1250, "the number of records")
        },
        StorePromise("Of many uses of one token exactly one is recorded") { store in
            let outcomes = try await atOnce(32) { writer in
                try await store.record([agentEntry(writer, token: .sample())])
            }.map { $0[0] }
            let stored = try await store.allUsage()
            try expectEqual(stored.count, 1, "the number of records")
            let replays = outcomes.filter { $0 == .tokenReplayed(stored[0].id) }.count
            try expectEqual(replays, 31, "the number of replays")
        },
        StorePromise("A caller that is cancelled is answered, and what it sent is stored or not") {
            store in
            let answers = await withTaskGroup(of: Bool.self) { group in
                for writer in 0..<16 {
                    let entry = UsageEntry.sample(writer, .sample(dimension: "\(writer)"))
                    group.addTask { (try? await store.record([entry])) != nil }
                }
                group.cancelAll()
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try expectEqual(
                try await store.allUsage().count, answers, "the number of acknowledged records")
        },
    ]
}

/// An entry of an AgentCore runtime.
private func agentEntry(
    _ number: Int, token: ClientToken, hours: Int64 = 0, recordedAt: Timestamp? = nil
) -> UsageEntry {
    .sample(
        number, .agent, at: .noon.adding(hours: hours), operation: .meterUsage,
        recordedAt: recordedAt, isOncePerHour: false, token: token)
}

/// Does the work so many times at once; answers are in the order of the numbers.
private func atOnce<Answer: Sendable>(
    _ count: Int, _ work: @escaping @Sendable (Int) async throws -> Answer
) async throws -> [Answer] {
    try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
        for number in 0..<count { group.addTask { (number, try await work(number)) } }
        var answers: [Int: Answer] = [:]
        for try await (number, answer) in group { answers[number] = answer }
        return (0..<count).compactMap { answers[$0] }
    }
}
