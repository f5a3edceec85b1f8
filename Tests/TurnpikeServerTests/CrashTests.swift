import AWSWire
import Foundation
import MeteringAPI
import Synchronization
import TestProcesses
import Testing

// One after the other: five hundred servers at once would answer nobody in time.
@Suite("A crash in the middle of a running load", .serialized)
struct CrashTests {
    @Test(
        "After kill -9 every acknowledged record is there once, and no request in part",
        arguments: Crash.all)
    func killed(crash: Crash) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let seed = try folder.write(Load.seed, to: "seed.yaml")
        let arguments = ["--data", folder.path("turnpike.db"), "--seed", seed]

        let victim = try await TurnpikeProcess(arguments)
        let load = Load(client: Self.client(victim.port))
        try await load.run(until: crash.requestsBefore) {
            crash.spin()
            try await victim.kill()
        }
        let acknowledged = load.acknowledged
        #expect(acknowledged.count >= crash.requestsBefore)

        let survivor = try await TurnpikeProcess(arguments)
        let client = Self.client(survivor.port)
        let stored = try await Self.stored(client)
        for (request, ids) in acknowledged {
            for (record, id) in zip(request.records, ids) {
                #expect(stored[record.dimension] == [Stored(id: id, quantity: record.quantity)])
            }
        }
        let known = Set(acknowledged.keys.flatMap { $0.records.map(\.dimension) })
        let unanswered = load.unanswered
        let sent = Set(unanswered.flatMap { $0.records.map(\.dimension) })
        #expect(stored.keys.allSatisfy { known.contains($0) || sent.contains($0) })
        for request in unanswered {
            let present = request.records.filter { stored[$0.dimension] != nil }
            #expect(present.isEmpty || present.count == request.records.count)
            let answer = try await client.send(.batchMeterUsage, request.body)
            let ids = Load.ids(answer)
            #expect(ids.count == request.records.count)
            for (record, id) in zip(request.records, ids) {
                let first = stored[record.dimension]?.first
                #expect(first == nil || first == Stored(id: id, quantity: record.quantity))
            }
        }
        #expect(try await survivor.terminate() == 0)
    }

    private struct Stored: Equatable {
        let id: String
        let quantity: String
    }

    private static func client(_ port: Int) -> SigningClient {
        SigningClient(
            port: port, accessKeyID: Load.accessKeyID, secretAccessKey: Load.secretAccessKey)
    }

    /// All that is recorded, by dimension: every record of the load has one of its own.
    private static func stored(_ client: SigningClient) async throws -> [String: [Stored]] {
        var stored: [String: [Stored]] = [:]
        var cursor: String?
        repeat {
            let page = try await client.get(
                "/control/v1/usage?limit=1000" + (cursor.map { "&cursor=\($0)" } ?? ""))
            for item in page.root["items"].map({ Array($0.elements) }) ?? [] {
                stored[item["dimension"]?.text ?? "", default: []].append(
                    Stored(
                        id: item["meteringRecordId"]?.text ?? "",
                        quantity: item["quantity"]?.text ?? ""))
            }
            cursor = page.root["nextCursor"].flatMap { $0.kind == .string ? $0.text : nil }
        } while cursor != nil
        return stored
    }
}

/// When a server is killed, drawn from a seed, so that a failure can be repeated.
///
/// `make crash-test` runs many; the environment says how many, or which one.
struct Crash: Sendable, CustomTestStringConvertible {
    let seed: UInt64

    var testDescription: String { "seed \(seed)" }

    static let all: [Crash] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["TURNPIKE_CRASH_SEED"].flatMap({ UInt64($0) }) {
            return [Crash(seed: seed)]
        }
        let count = environment["TURNPIKE_CRASHES"].flatMap { UInt64($0) } ?? 4
        return (1...max(count, 1)).map { Crash(seed: $0) }
    }()

    private var random: UInt64 {
        // Two steps of SplitMix64 are enough to spread neighbouring seeds.
        var value = seed &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        return (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    }

    /// How many requests are acknowledged before.
    var requestsBefore: Int { 1 + Int(random % 70) }

    /// Lets a moment pass that is not the one at which an answer has just arrived.
    func spin() {
        let end = ContinuousClock.now + .microseconds(Int64(random >> 32 % 2000))
        while ContinuousClock.now < end {}
    }
}

/// Many sellers' processes at once, none of whose records share a key.
private final class Load: Sendable {
    struct Record: Hashable {
        let dimension: String
        let quantity: String
    }

    struct Request: Hashable {
        let records: [Record]
        let body: String
    }

    static let accessKeyID = "AKIACRASHTESTSELLER1"
    static let secretAccessKey = "crash-test-secret"
    private static let workers = 8
    private static let requestsPerWorker = 12
    private static let recordsPerRequest = 25
    private static let product = "crashtestproduct000000001"

    private let client: SigningClient
    private let state = Mutex(
        (acknowledged: [Request: [String]](), unanswered: [Request](), isCrashing: false))

    init(client: SigningClient) { self.client = client }

    var acknowledged: [Request: [String]] { state.withLock { $0.acknowledged } }

    /// Requests that were sent and never answered.
    var unanswered: [Request] { state.withLock { $0.unanswered } }

    /// Sends until the server is gone; `crash` is called once enough was answered.
    func run(
        until count: Int, crash: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<Self.workers {
                group.addTask { try await self.work(worker, count, crash) }
            }
            try await group.waitForAll()
        }
    }

    private func work(
        _ worker: Int, _ count: Int, _ crash: @Sendable () async throws -> Void
    ) async throws {
        for number in 0..<Self.requestsPerWorker {
            let request = Self.request(worker * Self.requestsPerWorker + number)
            guard let answer = try? await client.send(.batchMeterUsage, request.body) else {
                state.withLock { $0.unanswered.append(request) }
                return
            }
            let mustCrash = state.withLock { state in
                state.acknowledged[request] = Self.ids(answer)
                let isTime =
                    state.acknowledged.count == count && !state.isCrashing
                if isTime { state.isCrashing = true }
                return isTime
            }
            if mustCrash { try await crash() }
        }
    }

    private static func request(_ number: Int) -> Request {
        let records = (0..<recordsPerRequest).map { index in
            Record(
                dimension: "d\(number * recordsPerRequest + index)",
                quantity: "\(number + 1).5")
        }
        let now = Int(Date().timeIntervalSince1970) - 60
        let members = records.map { record in
            """
            {"Timestamp":\(now),"CustomerAWSAccountId":"222233334444",\
            "Dimension":"\(record.dimension)","QuantityAsDecimal":"\(record.quantity)"}
            """
        }.joined(separator: ",")
        return Request(
            records: records, body: #"{"ProductCode":"\#(product)","UsageRecords":[\#(members)]}"#)
    }

    static func ids(_ answer: JSONDocument) -> [String] {
        (answer.root["Results"].map { Array($0.elements) } ?? []).compactMap { result in
            result["Status"]?.text == "Success" ? result["MeteringRecordId"]?.text : nil
        }
    }

    static var seed: String {
        let count = workers * requestsPerWorker * recordsPerRequest
        let dimensions = (0..<count).map { "      - {name: d\($0)}" }.joined(separator: "\n")
        return """
            accounts:
              - {accountId: "111122223333", role: seller, name: Seller}
              - {accountId: "222233334444", role: buyer, name: Buyer}
            products:
              - productCode: \(product)
                type: saas
                title: Crash test
                sellerAccountId: "111122223333"
                dimensions:
            \(dimensions)
            agreements:
              - {agreementId: agmt-crash, productCode: \(product),
                 buyerAccountId: "222233334444", startsAt: "2026-01-01T00:00:00Z"}
            credentials:
              - accessKeyId: \(accessKeyID)
                secretAccessKey: \(secretAccessKey)
                principal: {kind: account, accountId: "111122223333"}
            """
    }
}
