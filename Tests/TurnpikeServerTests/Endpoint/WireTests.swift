import HTTPTypes
import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import Testing
import TurnpikeServer

@testable import WebServer

@Suite("The wire of the AWS endpoint")
struct WireTests {
    private static let body = """
        {"ProductCode":"saas","UsageRecords":[{"Timestamp":1795435496.789,\
        "CustomerAWSAccountId":"222233334444","Dimension":"users","Quantity":3}]}
        """

    @Test("A good batch is answered with the record as it was sent, its id and its status")
    func success() async throws {
        let market = try await TestMarket()
        let answer = await market.send(.batchMeterUsage, Self.body)
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/x-amz-json-1.1")
        #expect(answer.headers[.amznRequestID]?.utf8.count == 36)
        #expect(answer.headers[.date] == "Mon, 23 Nov 2026 12:34:56 GMT")
        let id = try #require(answer["Results.0.MeteringRecordId"])
        #expect(id.utf8.count == 36)
        #expect(
            answer.text == """
                {"Results":[{"UsageRecord":{"Timestamp":1795435496.789,\
                "CustomerAWSAccountId":"222233334444","Dimension":"users","Quantity":3},\
                "MeteringRecordId":"\(id)","Status":"Success"}],"UnprocessedRecords":[]}
                """)
    }

    struct ProtocolCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        let body: String
        let change: @Sendable (inout PlainRequest) -> Void
    }

    static let protocolCases: [ProtocolCase] = [
        ProtocolCase(
            testDescription: "GET", status: 403,
            body: """
                <AccessDeniedException>
                  <Message>Unable to determine service/operation name to be authorized</Message>
                </AccessDeniedException>

                """
        ) { $0.method = .get },
        ProtocolCase(
            testDescription: "no content type", status: 404,
            body: "<UnknownOperationException/>\n"
        ) { $0.headers[.contentType] = nil },
        ProtocolCase(
            testDescription: "AWS JSON 1.0", status: 404, body: "<UnknownOperationException/>\n"
        ) { $0.headers[.contentType] = "application/x-amz-json-1.0" },
        ProtocolCase(
            testDescription: "plain JSON", status: 404,
            body: """
                {"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},\
                "Version":"1.0"}
                """
        ) { $0.headers[.contentType] = "application/json" },
        ProtocolCase(
            testDescription: "no target", status: 400,
            body: #"{"__type":"UnknownOperationException"}"#
        ) { $0.headers[.amzTarget] = nil },
        ProtocolCase(
            testDescription: "an unknown target, which wins over an empty body", status: 400,
            body: #"{"__type":"UnknownOperationException"}"#
        ) {
            $0.headers[.amzTarget] = "AWSMPMeteringService.batchMeterUsage"
            $0.body = []
        },
        ProtocolCase(
            testDescription: "an empty body", status: 400,
            body: #"{"__type":"SerializationException"}"#
        ) { $0.body = [] },
        ProtocolCase(
            testDescription: "what is no JSON, which wins over a bad signature", status: 400,
            body: #"{"__type":"SerializationException"}"#
        ) { $0.body = Array("{".utf8) },
        ProtocolCase(
            testDescription: "what is no UTF-8", status: 400,
            body: #"{"__type":"SerializationException"}"#
        ) { $0.body = Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8) },
        ProtocolCase(
            testDescription: "what is nested deeper than 32", status: 400,
            body: #"{"__type":"SerializationException"}"#
        ) {
            $0.body = Array(
                (#"{"a":"# + String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
                    + "}").utf8)
        },
    ]

    @Test("Before anything else, the framework answers to", arguments: protocolCases)
    func protocolAnswers(row: ProtocolCase) async throws {
        let answer = try await TestMarket().send(.batchMeterUsage, Self.body, change: row.change)
        #expect(answer.status == row.status)
        #expect(answer.text == row.body)
        #expect(answer.headers[.amznRequestID] != nil)
    }

    @Test(
        "A content type may carry parameters and blanks",
        arguments: [
            "application/x-amz-json-1.1; charset=utf-8", "  APPLICATION/x-amz-json-1.1 ;x",
        ])
    func contentTypes(type: String) async throws {
        // An unsigned header may differ; the request is signed again with this one.
        let answer = try await TestMarket(authentication: .trusting).send(
            .batchMeterUsage, Self.body
        ) {
            $0.headers[.contentType] = type
        }
        #expect(answer.status == 200)
    }

    struct BodyCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let error: String
        let message: String?
        let body: String
    }

    static let bodies: [BodyCase] = [
        BodyCase(
            testDescription: "a list", error: "SerializationException",
            message: "Expected a structure", body: "[]"),
        BodyCase(
            testDescription: "a string for an integer", error: "SerializationException",
            message: "STRING_VALUE can not be converted to an Integer",
            body: record(#""Quantity":"3""#)),
        BodyCase(
            testDescription: "a date as text", error: "SerializationException",
            message: "STRING_VALUE can not be converted to milliseconds since epoch",
            body: record(#""Timestamp":"2026-11-23T00:00:00Z""#)),
        BodyCase(
            testDescription: "NaN", error: "SerializationException", message: nil,
            body: record(#""Quantity":NaN"#)),
        BodyCase(
            testDescription: "a leading zero", error: "SerializationException", message: nil,
            body: record(#""Quantity":03"#)),
        BodyCase(
            testDescription: "26 records", error: "ValidationException",
            message: "1 validation error detected: Value at 'usageRecords' failed to satisfy "
                + "constraint: Member must have length less than or equal to 25",
            body: #"{"ProductCode":"saas","UsageRecords":["#
                + Array(
                    repeating: #"{"Timestamp":1795435496,"Dimension":"users"}"#, count: 26
                ).joined(separator: ",") + "]}"),
        BodyCase(
            testDescription: "2^31", error: "ValidationException",
            message: "1 validation error detected: Value '2147483648' at "
                + "'usageRecords.1.member.quantity' failed to satisfy constraint: Member must "
                + "have value less than or equal to 2147483647",
            body: record(#""Quantity":2147483648"#)),
        BodyCase(
            testDescription: "a huge exponent", error: "ValidationException",
            message: "1 validation error detected: Value '9223372036854775807' at "
                + "'usageRecords.1.member.quantity' failed to satisfy constraint: Member must "
                + "have value less than or equal to 2147483647",
            body: record(#""Quantity":1e400"#)),
        BodyCase(
            testDescription: "an empty dimension", error: "ValidationException",
            message: "2 validation errors detected: Value '' at "
                + "'usageRecords.1.member.dimension' failed to satisfy constraint: Member must "
                + "have length greater than or equal to 1; Value '' at "
                + "'usageRecords.1.member.dimension' failed to satisfy constraint: Member must "
                + #"satisfy regular expression pattern: [\s\S]+"#,
            body: record(#""Dimension":"""#)),
        BodyCase(
            testDescription: "milliseconds", error: "TimestampOutOfBoundsException",
            message: MeteringException.timestampOutOfBounds.message,
            body: record(#""Timestamp":1795435496789"#)),
        BodyCase(
            testDescription: "an overflowing timestamp", error: "TimestampOutOfBoundsException",
            message: MeteringException.timestampOutOfBounds.message,
            body: record(#""Timestamp":1e400"#)),
    ]

    /// A good record with one more member; of two with one name the last counts.
    private static func record(_ member: String) -> String {
        """
        {"ProductCode":"saas","UsageRecords":[{"Timestamp":1795435496,\
        "CustomerAWSAccountId":"222233334444","Dimension":"users",\(member)}]}
        """
    }

    @Test("Types come before constraints, constraints before rules", arguments: bodies)
    func badBodies(row: BodyCase) async throws {
        let answer = try await TestMarket().send(.batchMeterUsage, row.body)
        #expect(answer.status == 400)
        #expect(answer.error == row.error)
        #expect(answer["message"] ?? answer["Message"] == row.message)
    }

    @Test("Exponents, duplicate names, nulls and unknown members are read as AWS does")
    func lenience() async throws {
        let market = try await TestMarket()
        let answer = await market.send(
            .batchMeterUsage,
            """
            {"ProductCode":"none","ProductCode":"saas","productCode":1,"UsageRecords":[\
            {"Timestamp":1.795435496E9,"CustomerAWSAccountId":"222233334444","Foo":{"a":[1]},\
            "Dimension":"users","Quantity":3.9,"UsageAllocations":null}]}
            """)
        #expect(answer["Results.0.Status"] == "Success")
        #expect(answer["Results.0.UsageRecord.Quantity"] == "3")
        #expect(answer["Results.0.UsageRecord.Timestamp"] == "1795435496")
        #expect(answer["Results.0.UsageRecord.Foo"] == nil)
        let explanation = try #require(market.explanation)
        #expect(explanation.ignoredMembers == ["productCode", "UsageRecords[0].Foo"])
        #expect(
            explanation.notes == ["UsageRecords[0].Quantity: 3.9 was rounded down to 3"])
    }

    @Test("The explanation's header is short ASCII with the path of the whole")
    func header() async throws {
        let market = try await TestMarket()
        let answer = await market.send(.batchMeterUsage, Self.record("\"Dimension\":\"\u{E9}\\n\""))
        let header = try #require(answer.headers[.turnpikeExplanation])
        let id = try #require(answer.headers[.amznRequestID])
        #expect(header.hasSuffix("/control/v1/requests/\(id)"))
        #expect(header.contains("record 1: the product has no dimension '???'"))
        #expect(header.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(market.log.request(id: id)?.error == "InvalidUsageDimensionException")
        let silent = try await TestMarket(explainsInHeader: false)
        let second = await silent.send(.batchMeterUsage, Self.body)
        #expect(second.headers[.turnpikeExplanation] == nil)
    }
}
