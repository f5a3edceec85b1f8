import AWSWire
import ArgumentParser
import Marketplace
import NIOHTTP1

struct Clock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Read and move the marketplace's clock.",
        discussion: """
            Time never goes back: only a reset returns to the real clock, and forgets usage. \
            TURNPIKE_CONTROL_TOKEN is sent where it is set.
            """,
        subcommands: [
            Show.self, Freeze.self, Start.self, Advance.self, Jump.self, Real.self, Run.self,
            Follow.self,
        ],
        defaultSubcommand: Show.self)
}

extension ServerOptions {
    /// The control API of the server that is named.
    func control() throws(CommandFailure) -> ControlClient {
        ControlClient(
            endpoint: try endpoint(in: .process), token: Environment.process[.controlToken])
    }

    /// Changes the clock, and prints what it is then.
    fileprivate func setClock(_ body: (inout JSONWriter) -> Void) async throws {
        let answer = try await control().send(.PUT, "/control/v1/clock", body)
        Terminal.print(ClockReading(answer).text)
    }
}

extension Clock {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Print what time it is.")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            Terminal.print(ClockReading(try await server.control().get("/control/v1/clock")).text)
        }
    }

    struct Freeze: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "freeze",
            abstract: "Stop the clock, now or at a later time.")

        @Argument(help: "When, as in 2026-12-01T05:59:00Z; now when absent.")
        var time: String?

        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await server.setClock { writer in
                writer.member("mode", "frozen")
                writer.member("now", time)
            }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "start",
            abstract: "Let the clock run, at a pace of its own.")

        @Option(help: "From when, as in 2026-12-01T05:59:00Z; from now when absent.")
        var from: String?

        @Option(help: "Marketplace seconds in a real second, 0.001 to 86400.")
        var speed = 1.0

        @OptionGroup var server: ServerOptions

        func validate() throws {
            guard (0.001...86_400).contains(speed) else {
                throw ValidationError("--speed takes 0.001 to 86400, not \(speed)")
            }
        }

        func run() async throws {
            try await server.setClock { writer in
                writer.member("mode", "running")
                writer.member("now", from)
                writer.name("speed")
                writer.literal("\(speed)")
            }
        }
    }

    struct Advance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "advance",
            abstract: "Move the clock on; what becomes due happens in its order.")

        @Argument(help: "How far, as in 90s, 15m, 1h30m or 2d.")
        var duration: ClockDuration

        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await server.setClock { $0.member("advance", duration.seconds) }
        }
    }

    struct Jump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "jump",
            abstract: "Move the clock on to a moment that has a name.",
            discussion: """
                month-end-5m           five minutes before the month ends
                month-close-5m         five minutes before a month's reports close, 05:55 on the 1st
                next-hour              the next full hour
                window-edge PRODUCT    the last second in which usage of now is still accepted
                grace-end AGREEMENT    the last second in which final records are accepted
                """)

        @Argument(
            help: """
                \(ClockJump.Name.allCases.map(\.rawValue).joined(separator: ", ")).
                """)
        var name: String

        @Argument(help: "The product's code or the agreement's id, for the jumps that want one.")
        var subject: String?

        @OptionGroup var server: ServerOptions

        func validate() throws {
            switch (ClockJump.Name(rawValue: name), subject) {
            case (nil, _):
                let names = ClockJump.Name.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no jump '\(name)': choose one of \(names)")
            case (.windowEdge, nil):
                throw ValidationError("say whose window: turnpike clock jump \(name) PRODUCT")
            case (.graceEnd, nil):
                throw ValidationError("say of which: turnpike clock jump \(name) AGREEMENT")
            case (.windowEdge, _?), (.graceEnd, _?), (_, nil): break
            case (_, let subject?):
                throw ValidationError("\(name) takes no product or agreement, not '\(subject)'")
            }
        }

        func run() async throws {
            try await server.setClock { writer in
                writer.member("jump", name)
                switch ClockJump.Name(rawValue: name) {
                case .windowEdge: writer.member("productCode", subject)
                case .graceEnd: writer.member("agreementId", subject)
                default: break
                }
            }
        }
    }

    struct Real: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "real",
            abstract: "Return to the real clock, where it is later than the marketplace's.")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await server.setClock { $0.member("mode", "real") }
        }
    }
}

/// What the control API says of the clock.
struct ClockReading {
    let mode: String
    let now: String
    let realNow: String
    let speed: String

    init(_ answer: JSONDocument) {
        mode = answer.root["mode"]?.text ?? ""
        now = answer.root["now"]?.text ?? ""
        realNow = answer.root["realNow"]?.text ?? ""
        speed = answer.root["speed"]?.numberText ?? "1"
    }

    var text: String {
        switch mode {
        case "running": "\(now) running at \(speed) ×"
        default: "\(now) \(mode)"
        }
    }
}

/// How long something takes, as people write it; ten thousand years at most.
struct ClockDuration: ExpressibleByArgument, Equatable {
    let seconds: Int64

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    init?(argument: String) {
        var sum: Int64 = 0
        var number: Int64?
        for character in argument {
            if let digit = character.wholeNumberValue, character.isASCII {
                let (tens, isTooLong) = (number ?? 0).multipliedReportingOverflow(by: 10)
                if isTooLong { return nil }
                number = tens &+ Int64(digit)
                if tens > .max - 10 { return nil }
                continue
            }
            guard let unit = Self.units[character], let count = number else { return nil }
            let (part, isTooMuch) = count.multipliedReportingOverflow(by: unit)
            let (more, isTooMuchInAll) = sum.addingReportingOverflow(part)
            if isTooMuch || isTooMuchInAll { return nil }
            sum = more
            number = nil
        }
        // A number alone is seconds.
        let (total, isTooMuch) = sum.addingReportingOverflow(number ?? 0)
        guard !argument.isEmpty, !isTooMuch, number == nil || sum == 0,
            total <= CommandLimits.clockSeconds
        else { return nil }
        seconds = total
    }
}
