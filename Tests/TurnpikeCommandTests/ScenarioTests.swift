import AWSWire
import Documents
import Foundation
import Marketplace
import MarketplaceHost
import MeteringAPI
import TestProcesses
import Testing
import TurnpikeServer

@testable import TurnpikeCommand

@Suite("Scenarios")
struct ScenarioTests {
    @Test("Every scenario that comes along can be read", arguments: ScenarioLibrary.all.map(\.name))
    func library(name: String) throws {
        let scenario = try ScenarioCommand.find(name)
        #expect(!scenario.title.isEmpty && !scenario.steps.isEmpty)
        #expect(!scenario.expectations.isEmpty)
        #expect(ClockJump.Name(rawValue: scenario.start) != nil)
    }

    @Test(
        "A mistake is named by its line and its reason",
        arguments: [
            ("steps: []", 1, "title"),
            ("title: t", 1, "steps"),
            ("title: t\nsteps:\n  - hours: many", 3, "whole number"),
            ("title: t\nsteps:\n  - hurry: 3", 3, "there is no step 'hurry'"),
            ("title: t\nsteps:\n  - {hours: 3, say: x}", 3, "one member"),
            ("title: t\nsteps:\n  - advance: soon", 3, "duration"),
            ("title: t\nsteps: []\nextra: 1", 3, "no such member"),
            (
                "title: t\nsteps: []\nexpect:\n  - " + expected("3h", "+4h", "any"), 4,
                "after the start"
            ),
            ("title: [", 2, "node content"),
            ("title: t\nstart: noon\nsteps: []", 2, "there is no jump 'noon'"),
            ("title: t\nsteps:\n  - jump: noon", 3, "there is no jump 'noon'"),
            ("title: t\nsteps:\n  - jump: grace-end", 3, "wants an agreement after it"),
            ("title: t\nsteps:\n  - jump: next-hour a", 3, "nothing follows next-hour"),
            ("title: t\nsteps:\n  - hours: -1", 3, "1 to 10000 hours"),
            ("title: t\nsteps:\n  - hours: 99999999999", 3, "1 to 10000 hours"),
            (agreement + "\nexpect:\n  - " + expected("+3h", "+1h", "any"), 5, "hour"),
            (agreement + "\nexpect:\n  - " + expected("+0h", "+30m", "any"), 5, "hour"),
            (agreement + "\nexpect:\n  - " + expected("+0h", "+9999999h", "any"), 5, "years"),
            (agreement + "\nexpect:\n  - " + expected("+0h", "+1h", "many"), 5, "number"),
            ("title: t\nsteps:\n  - suspend: $byer", 3, "there is no variable $byer"),
            ("title: t\nsteps:\n  - cancel: a", 3, "no agreement before this is called 'a'"),
            (
                "title: t\nsteps: []\nexpect:\n  - " + expected("+1h", "+4h", "any"), 4,
                "no agreement before this is called 'a'"
            ),
            (
                "title: t\nsteps:\n  - agreement:\n      as: a\n      productCode: p\n"
                    + "      buyerAccountId: $buyer\n      endsAt: soon", 7, "a time such as"
            ),
            (
                agreement + "\n  - cancel: {agreement: a, as: b}", 4,
                "there is no such member here"
            ),
            (agreement + "\n  - amend: {agreement: a, endAt: +3h}", 4, "endAt"),
            (agreement + "\n  - renew: {agreement: a, as: b}\n  - cancel: c", 5, "called 'c'"),
            ("title: t\nsteps:\n  - account: {accountId: 1, role: byer, name: n}", 3, "role"),
            (
                "title: t\nsteps:\n  - faults:\n      - {stall: true}\n"
                    + "      - {cut: afterCommit, next: 0}", 5, "steps[0].faults[1].next"
            ),
        ])
    func mistake(text: String, line: Int, reason: String) throws {
        let failure = try #require(throws: DocumentFailure.self) {
            _ = try Scenario(yaml: text, name: "s.yaml")
        }
        #expect(failure.description.hasPrefix("s.yaml:\(line)"), "\(failure)")
        #expect(failure.description.contains(reason), "\(failure)")
    }

    @Test("Quantities compare by value", arguments: ["5", "5.0", "5.000000"])
    func quantity(text: String) throws {
        let yaml = Self.agreement + "\nexpect:\n  - " + Self.expected("+0h", "+1h", text)
        let scenario = try Scenario(yaml: yaml, name: "s.yaml")
        #expect(scenario.expectations.map(\.quantity) == ["5"])
    }

    @Test("A plain word is sent as a number where JSON has it as one")
    func numbers() throws {
        let texts = ScenarioTexts(start: .realNow, variables: [.buyer: "222233334444"])
        var writer = JSONWriter()
        texts.write(
            try StructuredValue(yaml: "[5, -0.5, 010, 0x10, true, $buyer, 'x']", name: "y"),
            to: &writer)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"[5,-0.5,"010","0x10",true,"222233334444","x"]"#)
    }

    @Test("A pace is seconds", arguments: ["nan", "1e300", "-1"])
    func pace(text: String) async throws {
        let run = try await TurnpikeProcess.run(
            ["scenario", "run", "cancellation", "--pace=\(text)"])
        #expect(run.status == 64)
        #expect(run.errors.contains("--pace is 0 to 3600 seconds"))
    }

    private static func expected(_ from: String, _ to: String, _ quantity: String) -> String {
        "{agreement: a, dimension: d, from: \(from), to: \(to), quantity: \(quantity)}"
    }

    private static let agreement =
        "title: t\nsteps:\n  - agreement: {as: a, productCode: p, buyerAccountId: b, endsAt: +9h}"

    private static let hour = "2026-12-01T12:00:00Z"
    private static let license = "arn:aws:license-manager::111122223333:license:l-1"

    private static func usage(
        _ quantity: String = "5", license: String? = nil, hour: String = hour
    ) -> ScenarioCheck.Usage {
        ScenarioCheck.Usage(
            buyer: "222233334444", product: "p", license: license, dimension: "requests",
            hour: hour, quantity: quantity, id: "id-\(license == nil ? 1 : 2)")
    }

    private static func refused(
        _ error: String, name: String = "222233334444"
    ) -> ScenarioCheck.Refusal {
        ScenarioCheck.Refusal(
            id: "call", error: error,
            records: [.init(names: [ExactText(name)], dimension: "requests", hour: hour)])
    }

    /// An item of the audit trail: a call that succeeded, which is not to say that its record did.
    private static func refused(by status: String) throws -> [ScenarioCheck.Refusal] {
        let record = """
            {"timestamp":"Dec 1, 2026 12:20:00 PM","customerAWSAccountID":"222233334444",\
            "dimension":"requests","quantity":5}
            """
        let answer =
            status == "UnprocessedRecords"
            ? #"{"results":[],"unprocessedRecords":[\#(record)]}"#
            : #"{"results":[{"usageRecord":\#(record),"status":"\#(status)"}]}"#
        let text = #"{"requestID":"call","responseElements":\#(answer)}"#
        return ScenarioCheck.Refusal.all(in: try JSONDocument(parsing: Array(text.utf8)).root)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var usage: [ScenarioCheck.Usage] = []
        var refused: [ScenarioCheck.Refusal] = []
        var quantity: String?
        let verdict: String?
    }

    private static let cases = [
        Case(testDescription: "one record", usage: [usage()], verdict: nil),
        Case(testDescription: "by licence", usage: [usage(license: license)], verdict: nil),
        Case(testDescription: "right", usage: [usage()], quantity: "5", verdict: nil),
        Case(testDescription: "wrong", usage: [usage()], quantity: "6", verdict: "wrong"),
        Case(testDescription: "nothing", verdict: "lost"),
        Case(
            testDescription: "another hour", usage: [usage(hour: "2026-12-01T13:00:00Z")],
            verdict: "lost"),
        Case(
            testDescription: "another's licence", usage: [usage(license: "arn:other")],
            verdict: "lost"),
        Case(
            testDescription: "both key spaces", usage: [usage(), usage(license: license)],
            verdict: "double"),
        Case(
            testDescription: "too late", refused: [refused("TimestampOutOfBoundsException")],
            verdict: "late"),
        Case(
            testDescription: "by licence, too late",
            refused: [refused("TimestampOutOfBoundsException", name: license)], verdict: "late"),
        Case(
            testDescription: "throttled", refused: [refused("ThrottlingException")],
            verdict: "refused"),
        Case(
            testDescription: "throttled, then taken", usage: [usage()],
            refused: [refused("ThrottlingException")], verdict: nil),
        Case(
            testDescription: "by CustomerIdentifier, throttled",
            refused: [refused("ThrottlingException", name: "Jzxfk0Z7y0M")], verdict: "refused"),
        Case(
            testDescription: "somebody else's",
            refused: [refused("ThrottlingException", name: "x")],
            verdict: "lost"),
    ]

    @Test("An hour is lost, double, late, refused, wrong or as expected", arguments: cases)
    func verdict(example: Case) {
        let check = ScenarioCheck(
            Self.record(example.quantity), usage: example.usage, refused: example.refused)
        #expect(check.hours == 1)
        if let verdict = example.verdict {
            #expect(check.findings.map { $0.verdict.hasPrefix(verdict) } == [true])
        } else {
            #expect(check.findings.isEmpty, "\(check.findings)")
        }
    }

    @Test(
        "An hour that a call which succeeded did not take is refused",
        arguments: ["CustomerNotSubscribed", "UnprocessedRecords"])
    func status(name: String) throws {
        let check = ScenarioCheck(
            Self.record(nil), usage: [], refused: try Self.refused(by: name))
        #expect(
            check.findings.map { $0.verdict.hasPrefix("refused: request call got \(name)") }
                == [true])
        #expect(check.text.hasSuffix("Refused with \(name): 1 (call)\n"))
        #expect(try Self.refused(by: "Success").isEmpty)
    }

    private static func record(_ quantity: String?) -> ScenarioRecord {
        ScenarioRecord(
            scenario: "s",
            agreements: [
                "a": .init(
                    agreementID: "agmt-1", licenseARN: license, productCode: "p",
                    buyerAccountID: "222233334444", customerIdentifier: "Jzxfk0Z7y0M")
            ],
            expected: [
                .init(
                    agreement: "a", dimension: "requests", from: hour,
                    to: "2026-12-01T13:00:00Z", quantity: quantity)
            ], trailCursor: "0")
    }

    @Test(
        "A time of the audit trail is read back",
        arguments: [
            ("Apr 19, 2018 4:32:50 PM", "2018-04-19T16:32:50Z"),
            ("Dec 1, 2026 12:00:00 AM", "2026-12-01T00:00:00Z"),
            ("Dec 31, 2026 12:59:59 PM", "2026-12-31T12:59:59Z"),
        ])
    func trailTime(text: String, iso: String) {
        #expect(Timestamp(trailText: text)?.iso8601 == iso)
        #expect(Timestamp(trailText: "yesterday") == nil)
    }

    @Test("A scenario is played, and without a service every hour of it is lost")
    func play() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let variables = ["TURNPIKE_ENDPOINT": "http://127.0.0.1:\(server.port)"]
        let run = try await TurnpikeProcess.run(
            ["scenario", "run", "cancellation", "--pace", "0"], environment: variables,
            in: folder.url)
        #expect(run.status == 0, "\(run.errors)")
        for line in ["event License Deprovisioned - Manufacturer", "That was the last second"] {
            #expect(run.output.contains(line))
        }
        let check = try await TurnpikeProcess.run(
            ["scenario", "check", "cancellation"], environment: variables, in: folder.url)
        #expect(check.status == 1)
        #expect(check.output.hasPrefix("0 of 3 hours are as expected.\n"))
        #expect(check.output.split(separator: "\n").count { $0.contains("lost: ") } == 3)
        let none = try await TurnpikeProcess.run(
            ["scenario", "check", "upgrade"], environment: variables, in: folder.url)
        #expect(none.status == 1)
        #expect(none.errors.contains("run it first"))
        #expect(try await server.terminate() == 0)
    }

    @Test("A file of one's own is played and checked by its path")
    func ownFile() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        _ = try folder.write("title: t\nsteps:\n  - hours: 1\n", to: "mine.yaml")
        let variables = ["TURNPIKE_ENDPOINT": "http://127.0.0.1:\(server.port)"]
        for command in [["run", "./mine.yaml", "--pace", "0"], ["check", "./mine.yaml"]] {
            let outcome = try await TurnpikeProcess.run(
                ["scenario"] + command, environment: variables, in: folder.url)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(try await server.terminate() == 0)
    }

    @Test("A step that the server refuses ends the run with its line")
    func refusedStep() async throws {
        let server = try await TurnpikeProcess(["--in-memory", "--demo"])
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = try folder.write(
            "title: t\nsteps:\n  - hours: 1\n  - suspend: '999999999999'\n", to: "mine.yaml")
        let run = try await TurnpikeProcess.run(
            ["scenario", "run", path, "--pace", "0"],
            environment: ["TURNPIKE_ENDPOINT": "http://127.0.0.1:\(server.port)"],
            in: folder.url)
        #expect(run.status == 1)
        #expect(run.errors.contains("mine.yaml:4: "), "\(run.errors)")
        #expect(run.errors.contains("'999999999999'"), "\(run.errors)")
        #expect(try await server.terminate() == 0)
    }
}
