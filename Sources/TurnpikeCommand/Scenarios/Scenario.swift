import Marketplace
import MeteringAPI
import TurnpikeServer

/// A story that a marketplace lives through while a seller's service runs, and what usage it should
/// leave behind.
struct Scenario {
    let name: String
    let title: String
    /// The jump to where it begins.
    let start: String
    let steps: [Step]
    let expectations: [Expectation]

    /// Something that happens; `line` is where the file says so.
    struct Step {
        let line: Int?
        let action: Action
    }

    enum Action {
        case say(String)
        /// An account that is made, or changed.
        case account(StructuredValue)
        /// An agreement that is made, and what the scenario calls it.
        case agreement(alias: String, StructuredValue)
        /// Something that an agreement undergoes: cancel, amend, renew or replace. What it is
        /// followed by may get a name of its own.
        case change(verb: String, alias: String, successor: String?, StructuredValue)
        case suspend(account: String)
        case resume(account: String)
        /// So many hours pass, one by one, with time for the service after each.
        case hours(Int64)
        case advance(Int64)
        case jump(name: String, subject: String?)
        /// A fault plan from now on; nothing fails any more with an empty list.
        case faults(StructuredValue)
        /// Real seconds for the service.
        case wait(Int64)
    }

    /// Usage that should be there afterwards: one record an hour.
    struct Expectation {
        let agreement: String
        let dimension: String
        /// Seconds since the scenario's start.
        let from: Int64
        let to: Int64
        /// Any, when nil.
        let quantity: String?
    }
}

extension Scenario {
    /// Reads a scenario; a mistake is named by its line.
    init(yaml text: String, name: String) throws(StartFailure) {
        self.name = name
        let root = try StructuredValue(yaml: text, name: name)
        let faults = FaultList()
        let reader = ObjectReader(root, faults: faults)
        title = reader.requiredText("title")
        start = reader.optionalText("start") ?? "next-hour"
        steps = (reader.list("steps") ?? []).enumerated().compactMap { index, value in
            Step(value, at: "steps[\(index)]", faults)
        }
        expectations = reader.objects("expect", required: false).map { Expectation($0) }
        reader.finish()
        try faults.report(name: name)
    }
}

extension Scenario.Expectation {
    fileprivate init(_ reader: ObjectReader) {
        agreement = reader.requiredText("agreement")
        dimension = reader.requiredText("dimension")
        from = reader.offset("from")
        to = reader.offset("to")
        let quantity = reader.requiredText("quantity")
        self.quantity = quantity == "any" ? nil : quantity
        reader.finish()
    }
}

extension Scenario.Step {
    fileprivate init?(_ value: StructuredValue, at path: String, _ faults: FaultList) {
        guard case .object(let members) = value.content, members.count == 1,
            let (verb, argument) = members.first
        else {
            faults.add(path, "a step is one member, such as `hours: 3`", line: value.line)
            return nil
        }
        guard
            let action = Scenario.Action(
                verb, argument, ObjectReader(value, path: path, faults: faults))
        else {
            faults.add(
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
        case "account": self = .account(argument)
        case "agreement":
            self = .agreement(alias: step.object(verb)?.requiredText("as") ?? "", argument)
        case "cancel", "amend", "renew", "replace":
            if case .plain(let alias) = argument.content {
                self = .change(
                    verb: verb, alias: alias, successor: nil, .emptyObject)
            } else {
                let reader = step.object(verb)
                self = .change(
                    verb: verb, alias: reader?.requiredText("agreement") ?? "",
                    successor: reader?.optionalText("as"), argument)
            }
        case "suspend": self = .suspend(account: step.requiredText(verb))
        case "resume": self = .resume(account: step.requiredText(verb))
        case "hours": self = .hours(step.integer(verb) ?? 0)
        case "advance": self = .advance(step.duration(verb))
        case "wait": self = .wait(step.duration(verb))
        case "faults": self = .faults(argument)
        case "jump":
            let words = step.requiredText(verb).split(separator: " ").map(String.init)
            self = .jump(name: words.first ?? "", subject: words.dropFirst().first)
        default: return nil
        }
    }
}

extension ObjectReader {
    /// A duration such as 1h30m, in seconds.
    fileprivate func duration(_ name: String) -> Int64 {
        let text = requiredText(name)
        if let duration = ClockDuration(argument: text) { return duration.seconds }
        fault(name, "a duration such as 90s, 15m or 1h30m is expected")
        return 0
    }

    /// A moment after the scenario's start, as in +3h, in seconds.
    fileprivate func offset(_ name: String) -> Int64 {
        let text = requiredText(name)
        if text.first == "+", let duration = ClockDuration(argument: String(text.dropFirst())) {
            return duration.seconds
        }
        fault(name, "a moment after the start is expected, such as +3h")
        return 0
    }
}
