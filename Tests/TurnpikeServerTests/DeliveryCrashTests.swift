import AWSWire
import Foundation
import MeteringAPI
import Synchronization
import TestProcesses
import Testing

@testable import TurnpikeServer
@testable import WebServer

@Suite("A crash in the middle of deliveries", .serialized)
struct DeliveryCrashTests {
    /// How often the server is killed; `make crash-test` does it more often.
    private static let crashes =
        ProcessInfo.processInfo.environment["TURNPIKE_DELIVERY_CRASHES"].flatMap { Int($0) } ?? 4

    @Test("Every event that was acknowledged arrives, however often the server is killed")
    func killed() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        // Now and then the site fails too.
        try await withReceiver(answering: { $0 % 9 == 4 ? .failure : .ok }) { receiver in
            let targets = """
                eventTargets:
                  - {targetId: site, kind: webhook, url: "http://127.0.0.1:\(receiver.port)/"}
                """
            let seed = try folder.write(DeliveryTests.seed + "\n" + targets, to: "seed.yaml")
            let arguments = ["--data", folder.path("turnpike.db"), "--seed", seed]
            var acknowledged: Set<String> = []
            for crash in 0..<Self.crashes {
                let server = try await TurnpikeProcess(arguments)
                acknowledged.formUnion(
                    try await Self.publish(until: 3 + crash * 7 % 20, on: server))
            }
            let survivor = try await TurnpikeProcess(arguments)
            let expected = acknowledged
            let arrived = await receiver.requests { requests in
                expected.isSubset(of: requests.map(Self.eventID))
            }
            #expect(expected.count >= 3 * Self.crashes)
            #expect(expected.isSubset(of: arrived.map(Self.eventID)))
            #expect(try await survivor.terminate() == 0)
            let check = try await TurnpikeProcess.run(["verify", folder.path("turnpike.db")])
            #expect(check.status == 0, "\(check.output)\(check.errors)")
        }
    }

    /// Publishes from several callers at once, kills the server after so many answers, and gives
    /// the ids of the events that were acknowledged.
    private static func publish(
        until count: Int, on server: TurnpikeProcess
    ) async throws -> Set<String> {
        let client = SigningClient(port: server.port, accessKeyID: "", secretAccessKey: "")
        let known = Acknowledged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let body = #"{"type":"subscribe-fail","agreementId":"agmt-1"}"#
                    while let answer = try? await client.post("/control/v1/events", body) {
                        guard let id = answer.root["eventId"]?.text else { break }
                        if known.add(id) == count { try await server.kill() }
                    }
                }
            }
            try await group.waitForAll()
        }
        return known.all
    }

    private final class Acknowledged: Sendable {
        private let ids = Mutex<Set<String>>([])

        var all: Set<String> { ids.withLock { $0 } }

        /// Says how many there are.
        func add(_ id: String) -> Int {
            ids.withLock { ids in
                ids.insert(id)
                return ids.count
            }
        }
    }

    private static func eventID(_ request: PlainRequest) -> String {
        let document = try? JSONDocument(parsing: request.body)
        return document?.root["MessageId"]?.text ?? document?.root["id"]?.text ?? ""
    }
}
