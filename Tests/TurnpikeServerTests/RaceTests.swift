import AWSWire
import Marketplace
import MarketplaceHost
import MeteringAPI
import TestProcesses
import Testing
import TurnpikeServer

@Suite("Many clients at once")
struct RaceTests {
    @Test("A hundred race for the same hours, resend, and lose replies: one first write for each")
    func race() async throws {
        try await withServer { port, application in
            let client = SigningClient(
                port: port, accessKeyID: Demo.seller.accessKeyID,
                secretAccessKey: Demo.seller.secretAccessKey)
            let now = application.state.realNow.seconds
            let told = try await withThrowingTaskGroup(of: [Told].self) { group in
                for number in 0..<100 {
                    let body = Self.body(quantity: number % 3 + 1, now: now)
                    group.addTask {
                        // The connection is cut before, or after, the commit.
                        try await RawConnection.open(port: port).sendAndLeave(
                            client.text(of: .batchMeterUsage, body))
                        let first = try await Self.told(client, body)
                        let again = try await Self.told(client, body)
                        #expect(first == again)
                        return first
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let stored = try await client.get("/control/v1/usage").root["items"]?.elements
            let records = stored.map { Array($0) } ?? []
            #expect(records.count == Self.keys)
            for key in 0..<Self.keys {
                let answers = told.map { $0[key] }
                let ids = Set(answers.compactMap(\.id))
                let record = try #require(
                    records.first { ids.contains($0["meteringRecordId"]?.text ?? "") })
                #expect(ids.count == 1)
                for answer in answers {
                    let isWinner = answer.quantity == record["quantity"]?.text
                    #expect(answer.status == (isWinner ? "Success" : "DuplicateRecord"))
                    #expect((answer.id != nil) == isWinner)
                }
            }
        }
    }

    /// Two dimensions in two hours.
    private static let keys = 4

    private struct Told: Equatable {
        let status: String
        let id: String?
        let quantity: String
    }

    private static func body(quantity: Int, now: Int64) -> String {
        let records = [now, now - 3600].flatMap { time in
            ["requests", "users"].map { dimension in
                """
                {"Timestamp":\(time),"CustomerAWSAccountId":"\(Demo.buyerAccountID)",\
                "Dimension":"\(dimension)","Quantity":\(quantity)}
                """
            }
        }.joined(separator: ",")
        return #"{"ProductCode":"\#(Demo.productCode)","UsageRecords":[\#(records)]}"#
    }

    private static func told(_ client: SigningClient, _ body: String) async throws -> [Told] {
        let answer = try await client.send(.batchMeterUsage, body)
        return (answer.root["Results"].map { Array($0.elements) } ?? []).map { result in
            Told(
                status: result["Status"]?.text ?? "", id: result["MeteringRecordId"]?.text,
                quantity: result["UsageRecord"]?["Quantity"]?.numberText ?? "")
        }
    }
}
