import Marketplace
import MeteringAPI

extension StorePromise {
    static let deduplication: [StorePromise] = [
        StorePromise("The first record of an hour wins; another quantity conflicts and names it") {
            store in
            let first = UsageEntry.sample(1, quantity: Quantity(5))
            let second = UsageEntry.sample(
                2, quantity: Quantity(6), at: .noon.adding(seconds: 3599))
            try expectEqual(try await store.record(first), first.recorded, "the first")
            try expectEqual(try await store.record(second), .conflict(first.earlier), "the second")
            try expectEqual(
                try await store.allUsage(), [RecordedUsage(first)], "what is recorded")
        },
        StorePromise("The same quantity again gets the id of the first") { store in
            let first = UsageEntry.sample(1)
            _ = try await store.record(first)
            for number in 2...4 {
                try expectEqual(
                    try await store.record(.sample(number)), .alreadyRecorded(first.earlier),
                    "time \(number)")
            }
        },
        StorePromise("A quantity of zero is a quantity, and locks its hour") { store in
            let zero = UsageEntry.sample(1, quantity: .zero)
            try expectEqual(try await store.record(zero), zero.recorded, "zero")
            try expectEqual(
                try await store.record(.sample(2)), .conflict(zero.earlier), "five after zero")
        },
        StorePromise("Quantities are compared by value, to the last millionth") { store in
            let first = UsageEntry.sample(1, quantity: Quantity(decimal: "17.0") ?? .zero)
            _ = try await store.record(first)
            try expectEqual(
                try await store.record(.sample(2, quantity: Quantity(17))),
                .alreadyRecorded(first.earlier), "17 after 17.0")
            try expectEqual(
                try await store.record(.sample(3, quantity: Quantity(millionths: 17_000_001))),
                .conflict(first.earlier), "a millionth more")
        },
        StorePromise("Hours are apart: the last moment of one does not meet the first of the next")
        {
            store in
            let last = UsageEntry.sample(
                1, at: Timestamp(milliseconds: Timestamp.noon.milliseconds - 1))
            let first = UsageEntry.sample(2, at: .noon)
            try expectEqual(
                try await store.record([last, first]), [last.recorded, first.recorded], "outcomes")
        },
        StorePromise("Hours before 1970 are hours too") { store in
            let before = UsageEntry.sample(1, at: Timestamp(milliseconds: -1))
            let after = UsageEntry.sample(2, at: Timestamp(milliseconds: 0))
            let again = UsageEntry.sample(3, at: Timestamp(milliseconds: -3_600_000))
            try expectEqual(
                try await store.record([before, after, again]),
                [before.recorded, after.recorded, .alreadyRecorded(before.earlier)], "outcomes")
        },
        StorePromise("The first and the last hours that a moment can be of are hours too") {
            store in
            let entries = [Int64.min, .min + 1_800_000, .max - 1_800_000, .max].enumerated().map {
                UsageEntry.sample(
                    $0.offset, .sample(dimension: "\($0.offset)"),
                    at: Timestamp(milliseconds: $0.element), recordedAt: .noon)
            }
            try expectEqual(try await store.record(entries), entries.map(\.recorded), "outcomes")
            try expectEqual(
                Set(try await store.allUsage()), Set(entries.map { RecordedUsage($0) }),
                "what is recorded")
        },
        StorePromise("An hour of thousands of records takes each once, and lists each once") {
            store in
            let entries = (0..<3000).map { UsageEntry.sample($0, .sample(dimension: "\($0)")) }
            for part in 0..<6 {
                let some = Array(entries[(part * 500)..<(part * 500 + 500)])
                try expectEqual(try await store.record(some), some.map(\.recorded), "the first")
            }
            try expectEqual(
                try await store.record(entries), entries.map { .alreadyRecorded($0.earlier) },
                "all of them again")
            let listed = try await store.allUsage(limit: 1000).map(\.id)
            try expectEqual(listed.count, entries.count, "how many are listed")
            try expectEqual(Set(listed), Set(entries.map(\.id)), "what is listed")
        },
        StorePromise("A buyer, dimension, product or region more is another record") { store in
            let entries = [
                UsageSeries.sample(), .sample(product: "other"), .sample(buyer: "444455556666"),
                .sample(dimension: "gigabytes"), .sample(region: "eu-west-1"),
            ].enumerated().map { UsageEntry.sample($0.offset, $0.element) }
            try expectEqual(
                try await store.record(entries), entries.map(\.recorded), "outcomes")
        },
        StorePromise("Names are compared by bytes: case counts, and so does how é is written") {
            store in
            let dimensions = ["\u{E9}", "e\u{301}", "E", "e", "e ", "e\u{0}", "e\u{0}x"]
            let entries = dimensions.enumerated().map {
                UsageEntry.sample($0.offset, .sample(dimension: $0.element))
            }
            try expectEqual(try await store.record(entries), entries.map(\.recorded), "outcomes")
            for entry in entries {
                var filter = UsageFilter()
                filter.dimension = entry.series.dimension
                try expectEqual(
                    try await store.allUsage(filter), [RecordedUsage(entry)],
                    "the usage of dimension \(Array(entry.series.dimension.utf8))")
            }
        },
        StorePromise("What met a record knows whether its allocations are the same") { store in
            let team = RecordedAllocation(quantity: Quantity(2), tags: ["team": "a", "env": "x"])
            let rest = RecordedAllocation(quantity: Quantity(3), tags: [:])
            let first = UsageEntry.sample(1, allocations: [team, rest])
            _ = try await store.record(first)
            for (number, allocations, isSame) in [
                (2, [team, rest], true), (3, [rest, team], true), (4, [team], false),
                (5, [], false),
            ] {
                try expectEqual(
                    try await store.record(.sample(number, allocations: allocations)),
                    .alreadyRecorded(first.earlier(hasSameAllocations: isSame)),
                    "with allocations \(allocations)")
            }
        },
    ]

    static let spaces: [StorePromise] = [
        StorePromise("By product and by licence the buyer is billed twice, and both sides show it")
        {
            store in
            let product = UsageEntry.sample(1)
            let license = UsageEntry.sample(2, .sample(license: "arn:l1"), quantity: Quantity(9))
            _ = try await store.record(product)
            try expectEqual(
                try await store.record(license),
                .recorded(license.id, billedTwiceWith: product.earlier), "by licence")
            let stored = try await store.allUsage()
            try expectEqual(
                Set(stored),
                [RecordedUsage(product), RecordedUsage(license, isBilledTwice: true)],
                "what is recorded")
        },
        StorePromise("Two licences are billed apart, and a product record names the earliest") {
            store in
            let late = UsageEntry.sample(
                1, .sample(license: "arn:l1"), recordedAt: .noon.adding(seconds: 20))
            let early = UsageEntry.sample(
                2, .sample(license: "arn:l2"), recordedAt: .noon.adding(seconds: 10))
            let other = UsageEntry.sample(3, .sample(license: "arn:l1", region: "eu-west-1"))
            let product = UsageEntry.sample(4, recordedAt: .noon.adding(seconds: 30))
            try expectEqual(
                try await store.record([early, late, other]),
                [early.recorded, late.recorded, other.recorded], "by licence")
            try expectEqual(
                try await store.record(product),
                .recorded(product.id, billedTwiceWith: early.earlier), "by product")
        },
        StorePromise("Another hour, buyer or dimension of the other space is not billed twice") {
            store in
            let entries = [
                UsageEntry.sample(1, .sample(license: "arn:l")),
                .sample(2, .sample(), at: .noon.adding(hours: 1)),
                .sample(3, .sample(buyer: "444455556666")), .sample(4, .sample(dimension: "other")),
                .sample(5, .sample(product: "other")),
            ]
            try expectEqual(try await store.record(entries), entries.map(\.recorded), "outcomes")
        },
        StorePromise("What is met again is not billed twice again") { store in
            let product = UsageEntry.sample(1)
            let license = UsageEntry.sample(2, .sample(license: "arn:l"))
            _ = try await store.record([product, license])
            try expectEqual(
                try await store.record([.sample(3), .sample(4, .sample(license: "arn:l"))]),
                [.alreadyRecorded(product.earlier), .alreadyRecorded(license.earlier)], "outcomes")
        },
        StorePromise("Resources are apart from each other and from what has none") { store in
            let entries = [
                UsageEntry.sample(1), .sample(2, .sample(resource: "i-1")),
                .sample(3, .sample(resource: "i-2")), .sample(4, .sample(license: "arn:l")),
            ]
            var expected = entries.map(\.recorded)
            expected[3] = .recorded(entries[3].id, billedTwiceWith: entries[0].earlier)
            try expectEqual(try await store.record(entries), expected, "outcomes")
            try expectEqual(
                try await store.record(.sample(5, .sample(resource: "i-1"), quantity: Quantity(1))),
                .conflict(entries[1].earlier), "another quantity of a resource")
        },
        StorePromise("What a container ran is apart from what it reported of the same name") {
            store in
            let entries = [
                UsageEntry.sample(1, .sample(resource: "i-1")),
                .sample(2, .sample(resource: "i-1", isRuntime: true), quantity: Quantity(9)),
                .sample(3),
            ]
            try expectEqual(try await store.record(entries), entries.map(\.recorded), "outcomes")
        },
        StorePromise("A series of many records an hour takes each, whatever its quantity") {
            store in
            let entries = (1...5).map {
                UsageEntry.sample($0, .agent, operation: .meterUsage, isOncePerHour: false)
            }
            try expectEqual(
                try await store.record(Array(entries[..<3])), entries[..<3].map(\.recorded), "three"
            )
            try expectEqual(
                try await store.record(Array(entries[3...])), entries[3...].map(\.recorded), "two")
            try expectEqual(
                Set(try await store.allUsage()), Set(entries.map { RecordedUsage($0) }),
                "what is recorded")
        },
    ]
}
