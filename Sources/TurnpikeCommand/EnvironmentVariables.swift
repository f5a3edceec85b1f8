#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The variables that options fall back on; every one is in the manual.
enum EnvironmentVariable: String, CaseIterable {
    case host = "TURNPIKE_HOST"
    case port = "TURNPIKE_PORT"
    case data = "TURNPIKE_DATA"
    case inMemory = "TURNPIKE_IN_MEMORY"
    case seed = "TURNPIKE_SEED"
    case demo = "TURNPIKE_DEMO"
    case contract = "TURNPIKE_CONTRACT"
    case auth = "TURNPIKE_AUTH"
    case windowAlignment = "TURNPIKE_WINDOW_ALIGNMENT"
    case explainHeader = "TURNPIKE_EXPLAIN_HEADER"
    case allowRemoteTargets = "TURNPIKE_ALLOW_REMOTE_TARGETS"
    /// A secret: it has no option, because arguments are seen by every user of a machine.
    case controlToken = "TURNPIKE_CONTROL_TOKEN"
    case endpoint = "TURNPIKE_ENDPOINT"
}

/// The environment, as a value that tests can make.
struct Environment {
    private let variables: [String: String]

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// The process's own.
    static var process: Environment {
        var variables: [String: String] = [:]
        for variable in EnvironmentVariable.allCases {
            if let value = getenv(variable.rawValue) {
                variables[variable.rawValue] = String(cString: value)
            }
        }
        return Environment(variables)
    }

    /// The variable's text; nil when it is not set or empty.
    subscript(variable: EnvironmentVariable) -> String? {
        variables[variable.rawValue].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a flag is set: `1`, `true` or `yes`, against `0`, `false` or `no`.
    func flag(_ variable: EnvironmentVariable) throws(CommandFailure) -> Bool? {
        switch self[variable]?.lowercased() {
        case nil: return nil
        case "1", "true", "yes": return true
        case "0", "false", "no": return false
        default:
            throw CommandFailure(
                "\(variable.rawValue) is '\(self[variable] ?? "")': set it to 1 or 0")
        }
    }

    /// The variable as one of a type's names.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ variable: EnvironmentVariable, _ type: Choice.Type
    ) throws(CommandFailure) -> Choice? {
        guard let text = self[variable] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure("\(variable.rawValue) is '\(text)': set it to one of \(names)")
        }
        return choice
    }
}
