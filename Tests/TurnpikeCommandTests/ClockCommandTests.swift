import TestProcesses
import Testing

@testable import TurnpikeCommand

@Suite("turnpike clock")
struct ClockCommandTests {
    @Test(
        "A duration is read as people write it",
        arguments: [
            ("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800),
            ("1d1h1m1s", 90_061), ("0", 0), ("", nil), ("x", nil), ("1h30", nil), ("h", nil),
            ("-5", nil), ("1w", nil), ("99999999999999999999", nil),
            ("9999999999999999d", nil),
        ] as [(String, Int64?)])
    func duration(text: String, seconds: Int64?) {
        #expect(ClockDuration(argument: text)?.seconds == seconds)
    }

    /// Runs `turnpike clock` against a server.
    private static func clock(
        _ arguments: [String], _ server: TurnpikeProcess
    ) async throws -> TurnpikeProcess.Outcome {
        try await TurnpikeProcess.run(
            ["clock"] + arguments,
            environment: ["TURNPIKE_ENDPOINT": "http://127.0.0.1:\(server.port)"])
    }

    @Test(
        "A jump that cannot be is said in the command's words, before a server is asked",
        arguments: [
            (["tomorrow"], "there is no jump 'tomorrow': choose one of month-end-5m"),
            (["window-edge"], "say whose window: turnpike clock jump window-edge PRODUCT"),
            (["grace-end"], "say of which: turnpike clock jump grace-end AGREEMENT"),
            (["next-hour", "saas"], "next-hour takes no product or agreement, not 'saas'"),
        ])
    func badJump(_ arguments: [String], message: String) async throws {
        let outcome = try await TurnpikeProcess.run(["clock", "jump"] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test("The clock is frozen, advanced, made to jump and read")
    func commands() async throws {
        let server = try await TurnpikeProcess(["--in-memory"])
        for (arguments, output) in [
            (["freeze", "2199-12-01T05:59:00Z"], "2199-12-01T05:59:00Z frozen\n"),
            (["advance", "1m30s"], "2199-12-01T06:00:30Z frozen\n"),
            (["jump", "next-hour"], "2199-12-01T07:00:00Z frozen\n"),
            (["jump", "month-end-5m"], "2199-12-31T23:55:00Z frozen\n"),
            ([], "2199-12-31T23:55:00Z frozen\n"),
        ] {
            #expect(try await Self.clock(arguments, server).output == output)
        }
        let started = try await Self.clock(["start", "--speed", "60"], server)
        #expect(started.output.hasSuffix("running at 60 ×\n"))
        for (arguments, reason) in [
            (["real"], "reset"), (["freeze", "soon"], "now"),
        ] {
            let refused = try await Self.clock(arguments, server)
            #expect(refused.status == 1)
            #expect(refused.errors.contains(reason), "\(refused.errors)")
        }
        #expect(try await server.terminate() == 0)
    }

    #if os(Linux)
        @Test("A program under clock run lives in marketplace time, and its status is its own")
        func run() async throws {
            let server = try await TurnpikeProcess(["--in-memory"])
            _ = try await Self.clock(["freeze", "2199-12-01T05:59:00Z"], server)
            let date = try await Self.clock(
                ["run", "--", "date", "-u", "+%F %T"], server)
            #expect(date.output == "2199-12-01 05:59:00\n")
            #expect(date.status == 0)
            let status = try await Self.clock(["run", "--", "sh", "-c", "exit 7"], server)
            #expect(status.status == 7)
            let signal = try await Self.clock(
                ["run", "--", "sh", "-c", "kill -TERM $$"], server)
            #expect(signal.status == 128 + 15)
            let missing = try await Self.clock(["run", "--", "/no/such"], server)
            #expect(missing.status == 1)
            #expect(missing.errors.contains("/no/such cannot be started"))
            #expect(try await server.terminate() == 0)
        }

        @Test("A program under clock run sees the clock move, and sleeps in real time")
        func follow() async throws {
            let server = try await TurnpikeProcess(["--in-memory"])
            _ = try await Self.clock(["freeze", "2199-12-01T05:59:00Z"], server)
            let turnpike = TurnpikeProcess.binaryPath
            let script = """
                TURNPIKE_ENDPOINT=http://127.0.0.1:\(server.port) '\(turnpike)' clock advance 10d
                until [ "$(date -u +%F)" = 2199-12-11 ]; do sleep 0.02; done
                date -u '+%F %T'
                """
            let moved = try await Self.clock(["run", "--", "sh", "-c", script], server)
            #expect(
                moved.output == "2199-12-11T05:59:00Z frozen\n2199-12-11 05:59:00\n",
                "\(moved.errors)")
            #expect(try await server.terminate() == 0)
        }
    #endif
}
