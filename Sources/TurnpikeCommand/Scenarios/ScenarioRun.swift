import AWSWire
import Documents
import FoundationEssentials
import Marketplace
import MarketplaceHost
import MeteringAPI
import NIOHTTP1

/// Plays a scenario on a server, and prints what happens.
struct ScenarioRun {
    private let scenario: Scenario
    private let control: ControlClient
    private let pace: Duration
    private let log: (String) -> Void
    private var texts: ScenarioTexts
    private var record: ScenarioRecord
    private var eventCursor: String

    /// Moves the clock to the scenario's start and stops it there.
    init(
        _ scenario: Scenario, on control: ControlClient,
        variables: [ScenarioTexts.Variable: String], pace: Duration, log: @escaping (String) -> Void
    ) async throws {
        self.scenario = scenario
        self.control = control
        self.pace = pace
        self.log = log
        let words = scenario.start.split(separator: " ").map(String.init)
        _ = try await control.send(.PUT, "/control/v1/clock") { $0.member("mode", "frozen") }
        let clock = try await control.send(.PUT, "/control/v1/clock") { writer in
            writer.jump(words.first ?? "", words.dropFirst().first)
        }
        let start = Timestamp(iso8601: ClockReading(clock).now) ?? .realNow
        texts = ScenarioTexts(start: start, variables: variables)
        record = ScenarioRecord(
            scenario: scenario.name, agreements: [:], expected: [],
            trailCursor: try await Self.end(of: "/control/v1/trail", control))
        eventCursor = try await Self.end(of: "/control/v1/events", control)
        log("\(scenario.title)")
        log("\(start.iso8601)  the scenario begins")
    }

    /// Where an endless list ends now.
    private static func end(of path: String, _ control: ControlClient) async throws -> String {
        try await control.pages(path, [], from: "0") { _ in } ?? "0"
    }

    /// Plays it to its end; what `check` needs is returned.
    mutating func play() async throws -> ScenarioRecord {
        for step in scenario.steps {
            do {
                try await perform(step.action)
            } catch let failure as CommandFailure {
                let place = step.line.map { "\(scenario.name):\($0)" } ?? scenario.name
                throw CommandFailure("\(place): \(failure.description)")
            }
            try await tellEvents()
        }
        let clock = ClockReading(try await control.get("/control/v1/clock"))
        log("The clock stands still at \(clock.now); turnpike reset returns it to real time.")
        record.expected = scenario.expectations.map { expectation in
            ScenarioRecord.Expected(
                agreement: expectation.agreement,
                dimension: texts.resolved(expectation.dimension),
                from: texts.start.adding(seconds: expectation.from).iso8601,
                to: texts.start.adding(seconds: expectation.to).iso8601,
                quantity: expectation.quantity)
        }
        return record
    }

    private mutating func perform(_ action: Scenario.Action) async throws {
        switch action {
        case .say(let text): log("                      \(text)")
        case .account(let body): try await account(body)
        case .agreement(let alias, let body):
            let answer = try await post("agreements", body, without: ["as"])
            remember(answer, as: alias)
        case .change(let verb, let alias, let successor, let body):
            let id = try party(alias).agreementID
            let answer = try await post(
                "agreements/\(id)/\(verb)", body, without: ["agreement", "as"])
            if let successor { remember(answer, as: successor) }
        case .suspend(let account):
            _ = try await post("accounts/\(texts.resolved(account))/suspend", .emptyObject)
        case .resume(let account):
            _ = try await post("accounts/\(texts.resolved(account))/resume", .emptyObject)
        case .hours(let count): for _ in 0..<count { try await passHour() }
        case .advance(let seconds):
            try await move { $0.member("advance", seconds) }
        case .jump(let name, let subject):
            let subject = subject.map { record.agreements[$0]?.agreementID ?? texts.resolved($0) }
            try await move { $0.jump(name, subject) }
        case .faults(let plan):
            let texts = texts
            _ = try await control.send(.PUT, "/control/v1/faults") { writer in
                writer.name("rules")
                texts.write(plan, to: &writer)
            }
            log("                      another fault plan")
        case .wait(let seconds): try await Task.sleep(for: .seconds(seconds))
        }
    }

    private func party(_ alias: String) throws(CommandFailure) -> ScenarioRecord.Party {
        guard let party = record.agreements[alias] else {
            throw CommandFailure("no agreement before this is called '\(alias)'")
        }
        return party
    }

    private func account(_ body: StructuredValue) async throws {
        let objections = Objections()
        let id = texts.resolved(
            ObjectReader(body, objections: objections).requiredText("accountId"))
        let texts = texts
        _ = try await control.sendValue(.PUT, "/control/v1/accounts/\(id)") { writer in
            texts.write(body, to: &writer, without: ["accountId"])
        }
    }

    private func post(
        _ path: String, _ body: StructuredValue, without: Set<String> = []
    ) async throws -> JSONDocument {
        let texts = texts
        return try await control.sendValue(.POST, "/control/v1/\(path)") { writer in
            texts.write(body, to: &writer, without: without)
        }
    }

    private mutating func remember(_ answer: JSONDocument, as alias: String) {
        let party = ScenarioRecord.Party(
            agreementID: answer.root["agreementId"]?.text ?? "",
            licenseARN: answer.root["licenseArn"]?.text ?? "",
            productCode: answer.root["productCode"]?.text ?? "",
            buyerAccountID: answer.root["buyerAccountId"]?.text ?? "",
            customerIdentifier: answer.root["customerIdentifier"]?.text)
        record.agreements[alias] = party
        log(
            "                      agreement \(alias) is \(party.agreementID), of "
                + "\(party.buyerAccountID) for \(party.productCode)")
    }

    private func move(_ body: (inout JSONWriter) -> Void) async throws {
        let clock = try await control.send(.PUT, "/control/v1/clock", body)
        log("\(ClockReading(clock).now)")
        try await Task.sleep(for: pace)
    }

    /// Lets an hour end, gives the service time to report it, and prints what came.
    private mutating func passHour() async throws {
        let clock = try await control.send(.PUT, "/control/v1/clock") { $0.jump("next-hour", nil) }
        let now = Timestamp(iso8601: ClockReading(clock).now) ?? texts.start
        log("\(now.iso8601)")
        try await tellEvents()
        try await Task.sleep(for: pace)
        try await tellUsage(from: now.adding(seconds: -3600), to: now)
    }

    private func tellUsage(from: Timestamp, to: Timestamp) async throws {
        let parties = Set(record.agreements.values.map { [$0.productCode, $0.buyerAccountID] })
        for party in parties.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let items = try await control.items(
                "/control/v1/usage",
                [
                    ("productCode", party[0]), ("buyerAccountId", party[1]),
                    ("from", from.iso8601), ("to", to.iso8601),
                ])
            for item in items {
                log(
                    "                      usage of \(from.iso8601): "
                        + "\(item.root["quantity"]?.text ?? "") "
                        + "\(item.root["dimension"]?.text ?? "") of \(party[1])")
            }
        }
    }

    private mutating func tellEvents() async throws {
        let log = log
        let end = try await control.pages("/control/v1/events", [], from: eventCursor) { items in
            for item in items {
                log(
                    "                      event \(item.root["type"]?.text ?? ""), "
                        + (item.root["agreementId"]?.text ?? ""))
            }
        }
        eventCursor = end ?? eventCursor
    }
}

extension JSONWriter {
    /// The members that ask for a jump of the clock.
    mutating func jump(_ name: String, _ subject: String?) {
        member("jump", name)
        switch ClockJump.Name(rawValue: name) {
        case .windowEdge: member("productCode", subject)
        case .graceEnd: member("agreementId", subject)
        default: break
        }
    }
}
