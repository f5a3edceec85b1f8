import AWSWire
import MeteringAPI
import TestProcesses
import Testing
import TurnpikeServer

@Suite("The commands that talk to a server")
struct ServerCommandTests {
    @Test(
        "No server there is one sentence", arguments: [["usage"], ["usage", "--json"], ["events"]])
    func noServer(arguments: [String]) async throws {
        // Nobody is given this port where a free one is asked for, as by other tests' servers.
        let endpoint = "http://127.0.0.1:1"
        let outcome = try await TurnpikeProcess.run(
            arguments, environment: ["TURNPIKE_ENDPOINT": endpoint])
        #expect(
            outcome.isFailure(
                "no Turnpike answers at \(endpoint): start one with 'turnpike serve', or name "
                    + "another with --endpoint"))
    }

    @Test("What the seller is told of is printed, a line for each event")
    func events() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let endpoint = ["--endpoint", "http://127.0.0.1:\(server.port)"]
        let all = try await TurnpikeProcess.run(["events"] + endpoint)
        #expect(all.status == 0)
        let first = all.output.split(separator: "\n").first ?? ""
        #expect(first.hasPrefix("1  20"), "\(all.output)")
        #expect(first.hasSuffix("  Purchase Agreement Created - Proposer"), "\(all.output)")
        let none = try await TurnpikeProcess.run(["events", "--agreement", "none"] + endpoint)
        #expect(none.output == "Nothing has happened.\n")
        let json = try await TurnpikeProcess.run(["events", "--json"] + endpoint)
        #expect(json.output.hasPrefix("{\"number\":1,"))
        let wrong = try await TurnpikeProcess.run(["events", "--channel", "mail"] + endpoint)
        #expect(
            wrong.isFailure("\(endpoint[1]) refuses: channel: 'mail' is none of eventBridge, sns"))
        #expect(try await server.terminate() == 0)
    }

    @Test("A mistake in a fault plan's file is named by its line, and the plan before it holds")
    func faultFile() async throws {
        let server = try await TurnpikeProcess(["--in-memory"])
        let endpoint = ["--endpoint", "http://127.0.0.1:\(server.port)"]
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let good = try folder.write(
            "seed: 7\nrules:\n  - {stall: true, next: 2}\n", to: "good.yaml")
        let bad = try folder.write(
            "rules:\n  - {cut: afterCommit}\n  - operation: MeterUsage\n    cut: now\n",
            to: "bad.yaml")
        let set = try await TurnpikeProcess.run(["fault", "set", good] + endpoint)
        #expect(set.status == 0)
        let refused = try await TurnpikeProcess.run(["fault", "set", bad] + endpoint)
        #expect(
            refused.isFailure(
                "\(bad):4: rules[1].cut: 'now' is none of beforeWork, afterCommit"))
        let list = try await TurnpikeProcess.run(["fault"] + endpoint)
        #expect(list.output == set.output)
        #expect(try await server.terminate() == 0)
    }

    @Test("What is metered shows in the table, and as JSON")
    func usage() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let endpoint = ["--endpoint", "http://127.0.0.1:\(server.port)"]
        let empty = try await TurnpikeProcess.run(["usage"] + endpoint)
        #expect(empty.output == "Nothing is recorded.\n")

        let client = SigningClient(
            port: server.port, accessKeyID: Demo.seller.accessKeyID,
            secretAccessKey: Demo.seller.secretAccessKey)
        let now = try await now(client)
        let answer = try await client.send(
            .batchMeterUsage,
            """
            {"ProductCode":"\(Demo.productCode)","UsageRecords":[{"Timestamp":\(now),\
            "CustomerAWSAccountId":"\(Demo.buyerAccountID)","Dimension":"\(Demo.dimension)",\
            "Quantity":3}]}
            """)
        let result = answer.root["Results"]?.elements.map { $0 }.first
        let id = try #require(result?["MeteringRecordId"]?.text)

        let table = try await TurnpikeProcess.run(["usage"] + endpoint)
        #expect(table.status == 0)
        let lines = table.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.hasSuffix(id) == true)
        let json = try await TurnpikeProcess.run(["usage", "--json"] + endpoint)
        let records = try JSONDocument(parsing: Array(json.output.utf8)).root.elements
        #expect(records.map { $0["meteringRecordId"]?.text } == [id])
        let other = try await TurnpikeProcess.run(["usage", "--dimension", "users"] + endpoint)
        #expect(other.output == "Nothing is recorded.\n")
        try await Self.checkSums(endpoint)
        let requests = try await TurnpikeProcess.run(
            ["requests", "--operation", "BatchMeterUsage"] + endpoint)
        #expect(requests.output.split(separator: "\n").count == 1)
        #expect(requests.output.contains("  BatchMeterUsage  200  1 recorded"))
        let request = try #require(requests.output.split(separator: " ").last).dropLast()
        for arguments in [["explain"], ["explain", String(request)]] {
            let story = try await TurnpikeProcess.run(arguments + endpoint)
            #expect(story.output.hasPrefix("BatchMeterUsage, asked by arn:aws:iam::111122223333:"))
            #expect(story.output.contains("  Record 1: recorded, the first of its hour\n"))
            #expect(story.output.contains("dimension \(Demo.dimension)"))
        }
        let unknown = try await TurnpikeProcess.run(["explain", "none"] + endpoint)
        #expect(unknown.status == 1)
        #expect(unknown.isOneSentence(naming: ["requestId", "no request"]))
        let wrong = try await TurnpikeProcess.run(["usage", "--from", "yesterday"] + endpoint)
        #expect(wrong.status == 1)
        #expect(wrong.isOneSentence(naming: ["from", "refuses"]))
        let reset = try await TurnpikeProcess.run(["reset"] + endpoint)
        #expect(reset.status == 0)
        let after = try await TurnpikeProcess.run(["usage"] + endpoint)
        #expect(after.output == "Nothing is recorded.\n")
        let quiet = try await TurnpikeProcess.run(["explain"] + endpoint)
        #expect(quiet.output == "Nothing has been asked of the AWS endpoint yet.\n")
        #expect(try await server.terminate() == 0)
    }

    /// Of one record of three.
    private static func checkSums(_ endpoint: [String]) async throws {
        let sums = try await TurnpikeProcess.run(
            ["usage", "--totals", "dimension,day", "--csv"] + endpoint)
        #expect(sums.output.hasPrefix("dimension,day,quantity,records,billedTwice\n"))
        #expect(sums.output.hasSuffix(",3,1,\n"))
        let unknown = try await TurnpikeProcess.run(["usage", "--totals", "week"] + endpoint)
        #expect(unknown.status == 64)
    }

    @Test("More records than a page of the control API holds are all printed, once each")
    func manyPages() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let seed = try folder.write(ManyDimensions.seed, to: "seed.yaml")
        let server = try await TurnpikeProcess(["--in-memory", "--seed", seed])
        let client = SigningClient(
            port: server.port, accessKeyID: ManyDimensions.accessKeyID,
            secretAccessKey: ManyDimensions.secretAccessKey)
        let now = try await now(client)
        for body in ManyDimensions.bodies(at: now) {
            _ = try await client.send(.batchMeterUsage, body)
        }

        let endpoint = ["--endpoint", "http://127.0.0.1:\(server.port)"]
        let json = try await TurnpikeProcess.run(["usage", "--json"] + endpoint)
        let records = try JSONDocument(parsing: Array(json.output.utf8)).root.elements
        let dimensions = records.compactMap { $0["dimension"]?.text }
        #expect(dimensions.count == ManyDimensions.count)
        #expect(Set(dimensions).count == ManyDimensions.count)
        let table = try await TurnpikeProcess.run(["usage"] + endpoint)
        #expect(table.output.split(separator: "\n").count == ManyDimensions.count + 1)
        #expect(try await server.terminate() == 0)
    }

    @Test("A server with a control token is told it by the environment")
    func controlToken() async throws {
        let server = try await TurnpikeProcess(
            ["--in-memory"], environment: ["TURNPIKE_CONTROL_TOKEN": "s3cret"])
        let arguments = ["usage", "--endpoint", "http://127.0.0.1:\(server.port)/"]
        for (token, status) in [("s3cret", Int32(0)), ("other", 1), ("", 1)] {
            let outcome = try await TurnpikeProcess.run(
                arguments, environment: ["TURNPIKE_CONTROL_TOKEN": token])
            #expect(outcome.status == status)
            if status != 0 {
                #expect(outcome.isOneSentence(naming: ["TURNPIKE_CONTROL_TOKEN"]))
                #expect(!outcome.errors.contains("s3cret"))
            }
        }
        #expect(try await server.terminate() == 0)
    }

    @Test("What is no Turnpike is said to be none")
    func stranger() async throws {
        let server = try await TurnpikeProcess(["--in-memory"])
        let outcome = try await TurnpikeProcess.run([
            "usage", "--endpoint", "http://127.0.0.1:\(server.port)/elsewhere",
        ])
        #expect(outcome.status == 1)
        #expect(outcome.isOneSentence(naming: ["/elsewhere"]))
        #expect(try await server.terminate() == 0)
    }

    /// The server's time, in seconds since 1970.
    private func now(_ client: SigningClient) async throws -> Int64 {
        let clock = try await client.get("/control/v1/clock")
        let text = try #require(clock.root["now"]?.text)
        return try #require(Timestamp(iso8601: text)).seconds
    }
}

/// A product with so many dimensions that one hour of usage fills more than a page.
enum ManyDimensions {
    /// A page has a thousand.
    static let count = 1025
    static let accessKeyID = "AKIAMANYDIMENSIONS01"
    static let secretAccessKey = "many-dimensions-secret"

    static var seed: String {
        """
        accounts:
          - {accountId: "111122223333", role: seller, name: Acme}
          - {accountId: "222233334444", role: buyer, name: Globex}
        products:
          - productCode: wide
            type: saas
            title: Wide
            sellerAccountId: "111122223333"
            dimensions: [\((0..<count).map { "{name: d\($0)}" }.joined(separator: ", "))]
        agreements:
          - {agreementId: agmt-1, productCode: wide, buyerAccountId: "222233334444",
             startsAt: "2026-01-01T00:00:00Z"}
        credentials:
          - accessKeyId: \(accessKeyID)
            secretAccessKey: \(secretAccessKey)
            principal: {kind: account, accountId: "111122223333"}
        """
    }

    /// Requests of 25 records each.
    static func bodies(at now: Int64) -> [String] {
        stride(from: 0, to: count, by: 25).map { start in
            let records = (start..<start + 25).map { number in
                """
                {"Timestamp":\(now),"CustomerAWSAccountId":"222233334444",\
                "Dimension":"d\(number)","Quantity":1}
                """
            }
            return #"{"ProductCode":"wide","UsageRecords":[\#(records.joined(separator: ","))]}"#
        }
    }
}
