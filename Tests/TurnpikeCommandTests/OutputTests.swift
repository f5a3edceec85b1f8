import AWSWire
import ArgumentParser
import Testing

@testable import TurnpikeCommand

@Suite("What env and usage print")
struct OutputTests {
    @Test("env prints lines that a shell evaluates, endpoint included")
    func exports() throws {
        let text = try Env.parse([]).text(in: Environment([:]))
        #expect(
            text == """
                export AWS_ENDPOINT_URL_MARKETPLACE_METERING='http://127.0.0.1:8655'
                export AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE='http://127.0.0.1:8655'
                export AWS_ACCESS_KEY_ID='AKIADEMOSELLER000000'
                export AWS_SECRET_ACCESS_KEY='demo-secret-of-the-seller'
                export AWS_REGION='us-east-1'
                export AWS_DEFAULT_REGION='us-east-1'
                unset AWS_SESSION_TOKEN
                """)
    }

    @Test("env of a workload has its session token")
    func workload() throws {
        let text = try Env.parse(["ecs-task"]).text(in: Environment([:]))
        #expect(text.contains("export AWS_SESSION_TOKEN='demo-session-token-of-the-ecs-task'\n"))
        #expect(!text.contains("unset"))
    }

    @Test("An endpoint with quotation marks stays one word for a shell, and JSON")
    func quoting() throws {
        let environment = Environment(["TURNPIKE_ENDPOINT": "http://a';touch b;'\""])
        let lines = try Env.parse([]).text(in: environment).split(separator: "\n")
        let expected =
            "export AWS_ENDPOINT_URL_MARKETPLACE_METERING='http://a'\\'';touch b;'\\''\"'"
        #expect(lines.first.map(String.init) == expected)
        let json = try Env.parse(["--json"]).text(in: environment)
        let root = try JSONDocument(parsing: Array(json.utf8)).root
        #expect(
            root["AWS_ENDPOINT_URL_MARKETPLACE_METERING"]?.text == "http://a';touch b;'\"")
    }

    @Test("env --json is an object with the same names")
    func json() throws {
        let command = try Env.parse(["eks-pod", "--json", "--endpoint", "http://[::1]:1/"])
        let text = try command.text(in: Environment([:]))
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        #expect(root["AWS_ENDPOINT_URL_MARKETPLACE_METERING"]?.text == "http://[::1]:1")
        #expect(root["AWS_ACCESS_KEY_ID"]?.text == "ASIADEMOEKSPOD000000")
        #expect(root["AWS_DEFAULT_REGION"]?.text == "us-east-1")
        #expect(root["AWS_SESSION_TOKEN"]?.text == "demo-session-token-of-the-eks-pod")
    }

    @Test("A credential that the demo does not have is answered with those that it has")
    func unknownCredential() throws {
        let command = try Env.parse(["root"])
        #expect(
            throws: CommandFailure(
                "the demo has no credential 'root': choose one of seller, ec2-instance, "
                    + "ecs-task, eks-pod, agentcore-runtime")
        ) {
            try command.text(in: Environment([:]))
        }
    }

    @Test("The endpoint is the option's, else the variable's, else this machine's")
    func endpoint() throws {
        let environment = Environment(["TURNPIKE_ENDPOINT": "http://b:2"])
        let asked = try ServerOptions.parse(["--endpoint", "http://a:1"])
        #expect(try asked.endpoint(in: environment) == "http://a:1")
        let silent = try ServerOptions.parse([])
        #expect(try silent.endpoint(in: environment) == "http://b:2")
        #expect(try silent.endpoint(in: Environment([:])) == "http://127.0.0.1:8655")
    }

    @Test(
        "An endpoint without a scheme is no address, and is told apart from a server that is away",
        arguments: ["127.0.0.1:8655", "localhost", "ftp://localhost", ""])
    func badEndpoint(text: String) throws {
        let expected = CommandFailure(
            "the endpoint '\(text)' is no address: write it as in http://127.0.0.1:8655")
        let options = try ServerOptions.parse(["--endpoint", text])
        #expect(throws: expected) { try options.endpoint(in: Environment([:])) }
        let command = try Env.parse(["--endpoint", text])
        #expect(throws: expected) { try command.text(in: Environment([:])) }
    }

    @Test("A table's columns are as wide as what is in them, and empty ones are left out")
    func table() throws {
        let table = UsageTable([
            try record(dimension: "requests", quantity: "3", region: "us-east-1"),
            try record(dimension: "d", quantity: "1000000.5", region: "eu-west-1"),
        ])
        #expect(
            table.text == """
                TIMESTAMP             PRODUCT  BUYER         DIMENSION  QUANTITY   REGION
                2026-12-01T05:00:00Z  p        222233334444  requests   3          us-east-1
                2026-12-01T05:00:00Z  p        222233334444  d          1000000.5  eu-west-1

                """)
    }

    @Test("What was reported by licence, and billed twice by it, can be told from the rest")
    func billedTwice() throws {
        let texts = [
            #"{"dimension":"d","quantity":"3"}"#,
            #"{"dimension":"d","quantity":"3","licenseArn":"arn:a:b::1:license:l-1","#
                + #""billedTwice":true}"#,
        ]
        let table = UsageTable(try texts.map { try JSONDocument(parsing: Array($0.utf8)) })
        #expect(
            table.text == """
                LICENCE  DIMENSION  QUANTITY  BILLED TWICE
                -        d          3         -
                l-1      d          3         yes

                """)
    }

    @Test("Comma-separated values have all columns, and quote what needs it")
    func separated() throws {
        let sum = try JSONDocument(
            parsing: Array(#"{"dimension":"a,\"b\"","quantity":"3","records":2}"#.utf8))
        let columns = [UsageTable.Column(title: "DIMENSION", member: "dimension")]
        let table = UsageTable([sum], columns: columns + UsageTable.ofSums)
        #expect(
            table.csv == "dimension,quantity,records,billedTwice\n\"a,\"\"b\"\"\",3,2,\n")
    }

    @Test("Where nothing is recorded, that is said")
    func emptyTable() {
        #expect(UsageTable([]).text == "Nothing is recorded.\n")
        #expect(UsageTable.json([]) == "[]\n")
    }

    @Test("Records as JSON are the control API's own")
    func jsonTable() throws {
        let records = [
            try record(dimension: "d", quantity: "1", region: "r"),
            try record(dimension: "e", quantity: "2", region: "r"),
        ]
        let document = try JSONDocument(parsing: Array(UsageTable.json(records).utf8))
        #expect(document.root.elements.map { $0["dimension"]?.text } == ["d", "e"])
    }

    private func record(
        dimension: String, quantity: String, region: String
    ) throws -> JSONDocument {
        let text = """
            {"timestamp":"2026-12-01T05:00:00Z","productCode":"p","buyerAccountId":"222233334444",\
            "dimension":"\(dimension)","quantity":"\(quantity)","region":"\(region)"}
            """
        return try JSONDocument(parsing: Array(text.utf8))
    }
}
