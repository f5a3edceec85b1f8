import Marketplace
import MeteringAPI
import Testing

@Suite("The dated contracts")
struct ContractTests {
    /// A rule with what it says under each contract, oldest first.
    struct Row: Sendable, CustomTestStringConvertible {
        let rule: String
        let expected: [String]
        let value: @Sendable (Contract) -> String

        var testDescription: String { rule }

        init(
            _ rule: String, _ expected: [String], _ value: @escaping @Sendable (Contract) -> String
        ) {
            self.rule = rule
            self.expected = expected
            self.value = value
        }

        init(
            _ rule: String, from first: Int, _ value: @escaping @Sendable (Contract) -> Bool
        ) {
            self.init(rule, (0..<5).map { String($0 >= first) }) { String(value($0)) }
        }
    }

    private static let rows: [Row] = [
        Row("BatchMeterUsage accepts records", ["≤ 1 h", "< 6 h", "< 6 h", "< 24 h", "< 24 h"]) {
            text($0.batchWindow)
        },
        Row("MeterUsage accepts records", ["≤ 1 h", "≤ 6 h", "≤ 6 h", "≤ 6 h", "≤ 6 h"]) {
            text($0.meterWindow)
        },
        Row("The previous month closes for BatchMeterUsage", from: 3) {
            $0.batchWindow.closesMonth
        },
        Row("The previous month closes for MeterUsage", from: 5) { $0.meterWindow.closesMonth },
        Row("UsageRecord.CustomerAWSAccountId", from: 1) { $0.model.hasCustomerAWSAccountID },
        Row("MeterUsage.ClientToken", from: 1) { $0.model.hasClientToken },
        Row("AgentCore calls MeterUsage", from: 2) { $0.servesAgentCore },
        Row("UsageRecord.LicenseArn", from: 2) { $0.model.hasLicenseARN },
        Row("ResolveCustomer answers LicenseArn", from: 2) { $0.resolvesLicense },
        Row("Concurrent agreements know no CustomerIdentifier", from: 3) {
            !$0.concurrentAgreementsKnowCustomerIdentifier
        },
        Row("Decimals", from: 4) { $0.model.hasDecimals },
        Row("ResolveCustomer answers Metadata.AgreementId", from: 4) { $0.resolvesAgreement },
        Row("CustomerIdentifier may be absent", from: 1) { !$0.model.requiresCustomerIdentifier },
        Row("BatchMeterUsage's ProductCode may be absent", from: 2) {
            !$0.model.requiresBatchProductCode
        },
        Row("ProductCode's minimum length", ["1", "1", "0", "0", "0"]) {
            String($0.model.productCodeMinimumLength)
        },
    ]

    @Test("A rule says what it said at each date", arguments: rows)
    func rule(row: Row) {
        #expect(Contract.all.map(row.value) == row.expected)
    }

    @Test("Contracts are named by their month, oldest first, and the newest is the default")
    func names() {
        #expect(
            Contract.all.map(\.name) == ["2025-01", "2025-10", "2026-02", "2026-07", "2026-10"])
        #expect(Contract.newest.name == "2026-10")
        for contract in Contract.all { #expect(Contract.named(contract.name) == contract) }
        for name in ["", "2026", "2026-10 ", "2026-11", "newest"] {
            #expect(Contract.named(name) == nil)
        }
    }

    @Test("A product's own contract holds before the server's")
    func governing() {
        var product = Product(
            code: "p", type: .saas, title: "P", sellerAccountID: "111122223333",
            integration: .concurrentAgreements, dimensions: [])
        let server = Contract.contract2026July
        #expect(Contract.governing(nil, default: server) == server)
        #expect(Contract.governing(product, default: server) == server)
        product.contract = "2025-01"
        #expect(Contract.governing(product, default: server) == .contract2025January)
    }

    private static func text(_ window: ReportingWindow) -> String {
        "\(window.includesLimit ? "≤" : "<") \(window.hours) h"
    }
}
