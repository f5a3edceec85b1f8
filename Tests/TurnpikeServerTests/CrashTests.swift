import AWSWire
import Foundation
import MeteringAPI
import Synchronization
import TestProcesses
import Testing

@Suite("A crash in the middle of a running load")
struct CrashTests {
    @Test("After kill -9 every acknowledged record is there once, and no request in part")
    func killed() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let seed = try folder.write(Load.seed, to: "seed.yaml")
        let arguments = ["--data", folder.path("turnpike.db"), "--seed", seed]

        let victim = try await TurnpikeProcess(arguments)
        let load = Load(client: Self.client(victim.port))
        try await load.run { try await victim.kill() }
        let acknowledged = load.acknowledged
        #expect(acknowledged.count >= Load.requestsBeforeTheCrash)

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

    static let requestsBeforeTheCrash = 40
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
    func run(crash: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<Self.workers {
                group.addTask { try await self.work(worker, crash) }
            }
            try await group.waitForAll()
        }
    }

    private func work(_ worker: Int, _ crash: @Sendable () async throws -> Void) async throws {
        for number in 0..<Self.requestsPerWorker {
            let request = Self.request(worker * Self.requestsPerWorker + number)
            guard let answer = try? await client.send(.batchMeterUsage, request.body) else {
                state.withLock { $0.unanswered.append(request) }
                return
            }
            let mustCrash = state.withLock { state in
                state.acknowledged[request] = Self.ids(answer)
                let isTime =
                    state.acknowledged.count == Self.requestsBeforeTheCrash && !state.isCrashing
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
