import AWSWire
import MeteringAPI
import TestProcesses
import Testing
import TurnpikeServer

@Suite("A long move of the clock in a process of its own", .timeLimit(.minutes(20)))
struct LongMoveCrashTests {
    private static let hours = 5 * 365 * 24

    private static func client(_ server: TurnpikeProcess) -> SigningClient {
        SigningClient(
            port: server.port, accessKeyID: key, secretAccessKey: "a secret of the task")
    }

    private static let key = "AKIATASKTASKTASK"

    private static let seed = """
        accounts:
          - {accountId: 111122223333, role: seller, name: Acme}
          - {accountId: 222233334444, role: buyer, name: Globex}
        products:
          - productCode: container
            type: container
            title: A container
            sellerAccountId: 111122223333
            dimensions: [{name: users}]
        agreements:
          - agreementId: agmt-1
            productCode: container
            buyerAccountId: 222233334444
            startsAt: 2020-01-01T00:00:00Z
        credentials:
          - accessKeyId: \(key)
            secretAccessKey: a secret of the task
            expiresIn: 0
            principal:
              kind: ecsTask
              accountId: 222233334444
              region: us-east-1
              resourceId: task-1

        """

    private static func put(_ server: TurnpikeProcess, _ body: String) async throws -> String {
        let text =
            "PUT /control/v1/clock HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        return try await RawConnection.open(port: server.port).exchange([text])
    }

    /// What the clock says as soon as it says what is waited for.
    private static func reading(
        _ client: SigningClient, when isReached: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        for _ in 0..<100_000 {
            let reading = try await client.get("/control/v1/clock").root
            if isReached(reading) { return reading }
        }
        throw NeverReached()
    }

    private struct NeverReached: Error {}

    @Test("While it is under way others are answered; after kill -9 the rest is made up for")
    func killed() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let seed = try folder.write(Self.seed, to: "seed.yaml")
        let arguments = [
            "--data", folder.path("turnpike.db"), "--seed", seed, "--auth", "trusting",
        ]
        let victim = try await TurnpikeProcess(arguments)
        let client = Self.client(victim)
        _ = try await Self.put(victim, #"{"mode":"frozen","now":"2027-01-01T00:00:00Z"}"#)
        let answer = try await client.send(
            .registerUsage, #"{"ProductCode":"container","PublicKeyVersion":1}"#)
        try #require(answer.root["Signature"] != nil)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // It is cut off by the end of the process.
                _ = try? await Self.put(victim, #"{"advance":\#(Self.hours * 3600)}"#)
            }
            let reading = try await Self.reading(client) { $0["movingTo"] != nil }
            #expect(reading["movingTo"]?.text == "2031-12-31T00:00:00Z")
            #expect(reading["now"]?.text ?? "" < "2031-12-31T00:00:00Z")
            #expect(try await client.get("/health").root["status"]?.text == "ok")
            try await victim.kill()
            try await group.waitForAll()
        }

        let survivor = try await TurnpikeProcess(arguments)
        let again = Self.client(survivor)
        let reading = try await Self.reading(again) { $0["movingTo"] == nil }
        #expect(reading["now"]?.text == "2031-12-31T00:00:00Z")
        let totals = try await again.get("/control/v1/usage/totals").root["items"]?.elements
        let total = totals?.first { _ in true }
        #expect(total?["records"]?.numberText == "\(Self.hours)")
        #expect(total?["quantity"]?.text == "\(Self.hours * 3600)")
        #expect(try await survivor.terminate() == 0)
        let check = try await TurnpikeProcess.run(["verify", folder.path("turnpike.db")])
        #expect(check.status == 0)
    }
}
