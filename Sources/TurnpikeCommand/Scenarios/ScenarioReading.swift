import ControlAPI
import Documents
import Marketplace
import MarketplaceHost
import MeteringAPI

// How a scenario's file becomes a scenario. Bodies for the control API are read here as the server
// will read them, so that a mistake is found before anything is played.

extension Scenario {
    /// Reads a scenario; a mistake is named by its line.
    init(yaml text: String, name: String) throws(DocumentFailure) {
        self.name = name
        let root = try StructuredValue(yaml: text, name: name)
        let objections = Objections()
        let reader = ObjectReader(root, objections: objections)
        title = reader.requiredText("title")
        start = reader.optionalText("start") ?? ClockJump.Name.nextHour.rawValue
        reader.checkJump("start", start)
        steps = (reader.list("steps") ?? []).enumerated().compactMap { index, value in
            Step(value, at: "steps[\(index)]", objections)
        }
        let expected = reader.objects("expect", required: false)
        expectations = expected.map { Expectation($0) }
        reader.finish()
        Self.checkAliases(steps, zip(expected, expectations), objections)
        try objections.report(name: name)
    }

    /// An agreement has to be made, under its name, before anything becomes of it.
    private static func checkAliases(
        _ steps: [Step], _ expected: some Sequence<(ObjectReader, Expectation)>,
        _ objections: Objections
    ) {
        var known: Set<String> = []
        for step in steps {
            switch step.action {
            case .agreement(let alias, _): known.insert(alias)
            case .change(let verb, let alias, let successor, _):
                if !known.contains(alias) {
                    objections.add(verb, missing(alias), line: step.line)
                }
                if let successor { known.insert(successor) }
            default: break
            }
        }
        for (reader, expectation) in expected where !known.contains(expectation.agreement) {
            reader.reject("agreement", missing(expectation.agreement))
        }
    }

    private static func missing(_ alias: String) -> String {
        "no agreement before this is called '\(alias)'"
    }
}

extension Scenario.Expectation {

    fileprivate init(_ reader: ObjectReader) {
        agreement = reader.requiredText("agreement")
        dimension = reader.requiredText("dimension")
        from = reader.offset("from")
        to = reader.offset("to")
        let quantity = reader.requiredText("quantity")
        self.quantity = quantity == "any" ? nil : Quantity(decimal: quantity)?.description
        if quantity != "any", self.quantity == nil {
            reader.reject("quantity", "a number as AWS takes it is expected, or any")
        }
        // A check that looks at no hour would always pass.
        if !(3600...CommandLimits.scenarioSeconds).contains(to - from) {
            reader.reject("to", "it should be an hour to ten years after from")
        }
        reader.finish()
    }
}

extension Scenario.Step {
    fileprivate init?(_ value: StructuredValue, at path: String, _ objections: Objections) {
        guard case .object(let members) = value.content, members.count == 1,
            let (verb, argument) = members.first
        else {
            objections.add(path, "a step is one member, such as `hours: 3`", line: value.line)
            return nil
        }
        // Any moment does to read what the texts stand for.
        let texts = ScenarioTexts(start: .realNow, variables: [:])
        texts.checkVariables(argument, at: path, objections)
        guard
            let action = Scenario.Action(
                verb, argument,
                ObjectReader(texts.resolving(value), path: path, objections: objections))
        else {
            objections.add(
                path,
                "there is no step '\(verb)': \(Scenario.Action.verbs.joined(separator: ", "))",
                line: value.line)
            return nil
        }
        self.init(line: value.line, action: action)
    }
}

extension Scenario.Action {
    fileprivate static let verbs = [
        "say", "account", "agreement", "cancel", "amend", "renew", "replace", "suspend", "resume",
        "hours", "advance", "jump", "faults", "wait",
    ]

    /// Nil for a verb that is unknown; what is wrong otherwise is among the reader's faults.
    fileprivate init?(_ verb: String, _ argument: StructuredValue, _ step: ObjectReader) {
        switch verb {
        case "say": self = .say(step.requiredText(verb))
        case "account":
            let body = step.object(verb)
            _ = body?.account(id: body?.requiredText("accountId") ?? "")
            self = .account(argument)
        case "agreement":
            let body = step.object(verb)
            self = .agreement(alias: body?.requiredText("as") ?? "", argument)
            _ = body?.agreement()
        case "cancel", "amend", "renew", "replace":
            self = .change(verb, argument, step)
        case "suspend": self = .suspend(account: step.requiredText(verb))
        case "resume": self = .resume(account: step.requiredText(verb))
        case "hours":
            self = .hours(step.number(.hours) ?? 1)
        case "advance": self = .advance(step.duration(verb))
        case "wait":
            let seconds = step.duration(verb)
            if seconds > 86_400 { step.reject(verb, "at most a day is expected: 86400s") }
            self = .wait(seconds)
        case "faults":
            for rule in step.objects(verb) { _ = rule.faultRule() }
            self = .faults(argument)
        case "jump":
            let text = step.requiredText(verb)
            step.checkJump(verb, text)
            let words = text.split(separator: " ").map(String.init)
            self = .jump(name: words.first ?? "", subject: words.dropFirst().first)
        default: return nil
        }
    }

    /// What an agreement undergoes: only its name, or an object with the terms.
    private static func change(
        _ verb: String, _ argument: StructuredValue, _ step: ObjectReader
    ) -> Self {
        if case .plain(let alias) = argument.content {
            return .change(verb: verb, alias: alias, successor: nil, .emptyObject)
        }
        let body = step.object(verb)
        let alias = body?.requiredText("agreement") ?? ""
        var successor: String?
        switch verb {
        case "cancel": _ = body?.cancellation()
        case "amend": _ = body?.amendment()
        default:
            successor = body?.optionalText("as")
            _ = body?.succession()
        }
        return .change(verb: verb, alias: alias, successor: successor, argument)
    }
}

extension NumberField {
    static let hours = NumberField("hours", in: 1...10_000, "1 to 10000 hours are expected")
}

extension ObjectReader {
    /// A duration such as 1h30m, in seconds.
    fileprivate func duration(_ name: String) -> Int64 {
        let text = requiredText(name)
        if let duration = ClockDuration(argument: text) { return duration.seconds }
        reject(name, "a duration such as 90s, 15m or 1h30m is expected")
        return 0
    }

    /// A moment after the scenario's start, as in +3h, in seconds.
    fileprivate func offset(_ name: String) -> Int64 {
        let text = requiredText(name)
        if text.first == "+", let duration = ClockDuration(argument: String(text.dropFirst())) {
            return duration.seconds
        }
        reject(name, "a moment after the start is expected, such as +3h")
        return 0
    }

    /// A jump's name, with what it is about where it is about something.
    fileprivate func checkJump(_ name: String, _ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard let jump = ClockJump.Name(rawValue: words.first ?? "") else {
            let names = ClockJump.Name.allCases.map(\.rawValue).joined(separator: ", ")
            return reject(name, "there is no jump '\(text)': \(names)")
        }
        let subject: String? =
            switch jump {
            case .windowEdge: "a product"
            case .graceEnd: "an agreement"
            case .monthEnd, .monthClose, .nextHour: nil
            }
        if let subject, words.count != 2 {
            reject(name, "\(jump.rawValue) wants \(subject) after it")
        } else if subject == nil, words.count != 1 {
            reject(name, "nothing follows \(jump.rawValue)")
        }
    }
}

extension ScenarioTexts {
    /// A variable that no run sets is a typing mistake.
    fileprivate func checkVariables(
        _ value: StructuredValue, at path: String, _ objections: Objections
    ) {
        switch value.content {
        case .object(let members):
            for (name, value) in members {
                checkVariables(value, at: "\(path).\(name)", objections)
            }
        case .list(let elements):
            for (index, value) in elements.enumerated() {
                checkVariables(value, at: "\(path)[\(index)]", objections)
            }
        case .plain(let text) where text.first == "$":
            if Variable(rawValue: String(text.dropFirst())) == nil {
                let names = Variable.allCases.map { "$\($0.rawValue)" }.joined(separator: ", ")
                objections.add(path, "there is no variable \(text): \(names)", line: value.line)
            }
        default: break
        }
    }

    /// The same tree with every text replaced by what it stands for.
    fileprivate func resolving(_ value: StructuredValue) -> StructuredValue {
        var resolved = value
        switch value.content {
        case .object(let members):
            resolved.content = .object(members.map { ($0.name, resolving($0.value)) })
        case .list(let elements): resolved.content = .list(elements.map(resolving))
        case .plain(let text): resolved.content = .plain(self.resolved(text))
        default: break
        }
        return resolved
    }
}
