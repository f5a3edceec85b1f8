import DurableFile
import Foundation
import HTTPTypes
import Marketplace
import MeteringAPI
import PrometheusText
import SQLiteStore
import StoreContract
import Testing
import TurnpikeServer
import WebServer

@Suite("The metrics of a server", .timeLimit(.minutes(20)))
struct MetricsTests {
    /// The page that explains every metric.
    private static let page = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Documentation/metrics.md")

    @Test("are those that the manual explains, with their types and labels")
    func manual() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let explained = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            row.split(separator: "|").prefix(3).map { cell in
                cell.replacing("`", with: "").replacing("–", with: "")
                    .trimmingCharacters(in: .whitespaces)
            }
        }
        let defined = ServerMetrics.definitions.map {
            [$0.name, $0.kind.word, $0.labels.joined(separator: ", ")]
        }
        #expect(Set(explained) == Set(defined))
        #expect(Set(defined.map(\.[0])).count == defined.count)
        #expect(ServerMetrics.definitions.allSatisfy { $0.help.hasSuffix(".") })
    }

    /// A market whose store has room for three entries, on which something of everything happened.
    private static func busyMarket(_ path: String) async throws -> ControlMarket {
        var options = SQLiteStore.Options()
        options.file.limits.waiting = 3
        let market = try await ControlMarket.metering(
            store: SQLiteStore(path: path, options: options))
        await market.meter(ControlMarket.record(1))
        await market.meter(ControlMarket.record(1))
        await market.meter(ControlMarket.record(1), product: "nothing")
        // More than the store has room for.
        await market.meter((1...4).map { ControlMarket.record($0) }.joined(separator: ","))
        await market.meter(#"{"Quantity":"x"}"#)
        _ = await market.send(
            .put, "event-targets/hook", #"{"kind":"webhook","url":"http://127.0.0.1:1/"}"#)
        _ = await market.send(
            .post, "events",
            #"{"type":"License Updated - Manufacturer","agreementId":"agmt-saas"}"#)
        _ = await market.send(.put, "clock", #"{"advance":3600}"#)
        return market
    }

    private static func lines(_ market: ControlMarket) async -> [String] {
        await market.send(.get, "/metrics").text.split(separator: "\n").map(String.init)
    }

    @Test("count requests, records, the store, the outbox and the clock")
    func values() async throws {
        let file = try DataFile()
        defer { file.remove() }
        let market = try await Self.busyMarket(file.path)
        let lines = await Self.lines(market)
        let batch = #"operation="BatchMeterUsage""#
        for line in [
            #"turnpike_requests_total{\#(batch),status="200",exception=""} 2"#,
            #"turnpike_requests_total{\#(batch),status="400",exception="#
                + #""InvalidProductCodeException"} 1"#,
            #"turnpike_request_duration_seconds_count{\#(batch)} 5"#,
            #"turnpike_records_total{outcome="recorded"} 1"#,
            #"turnpike_records_total{outcome="alreadyRecorded"} 1"#,
            #"turnpike_records_total{outcome="conflict"} 0"#,
            #"turnpike_store_errors_total{kind="overloaded"} 1"#,
            #"turnpike_store_errors_total{kind="damaged"} 0"#,
            "turnpike_store_entries_total 2", "turnpike_store_queue_entries 0",
            #"turnpike_outbox_deliveries{target="hook"} 1"#,
            #"turnpike_outbox_age_seconds{target="hook"} 3600"#,
            "turnpike_accounts 2", "turnpike_products 4", "turnpike_agreements 4",
            "turnpike_event_targets 1", "turnpike_damage 0", "turnpike_faults_active 0",
            #"turnpike_clock_mode{mode="running"} 1"#, "turnpike_clock_offset_seconds 3600",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        let commits = lines.first { $0.hasPrefix("turnpike_store_commit_calls_count") }
        #expect(commits?.hasSuffix(" 0") == false)
        #if os(Linux)
            for name in ProcessInfo.figures {
                #expect(lines.contains { $0.hasPrefix(name + " ") }, "\(name)")
            }
        #endif
        await market.store.close()
    }

    @Test("have names, units and a form that Prometheus's own checker finds nothing wrong with")
    func checked() async throws {
        let file = try DataFile()
        defer { file.remove() }
        let market = try await Self.busyMarket(file.path)
        let text = await market.send(.get, "/metrics").text
        await market.store.close()
        let findings = try await Self.check(text)
        #expect(findings.status == 0, "\(findings.text)")
        #expect(findings.text == "", "\(findings.text)")
        // The checker is there, and finds something.
        let wrong = try await Self.check("# TYPE a counter\na 1\n")
        #expect(wrong.text.contains("counter metrics should have \"_total\" suffix"))
    }

    @Test("have no more series, whatever clients send")
    func bounded() async throws {
        let market = try await ControlMarket.metering()
        func series() async -> Int { await Self.lines(market).count }
        await market.meter(ControlMarket.record(1), product: "nothing")
        await send(market, "AWSMPMeteringService.Nothing", "{}")
        let before = await series()
        for number in 0..<300 {
            await market.meter(ControlMarket.record(1), product: "nothing-\(number)")
            await send(market, "AWSMPMeteringService.Nothing\(number)", "{}")
            _ = await market.send(.get, "nothing/\(number)")
        }
        #expect(await series() == before)
    }

    private func send(_ market: ControlMarket, _ target: String, _ body: String) async {
        var request = PlainRequest(
            method: .post, path: "/", authority: "127.0.0.1:8655", body: Array(body.utf8))
        request.headers[.contentType] = "application/x-amz-json-1.1"
        if let name = HTTPField.Name("x-amz-target") { request.headers[name] = target }
        _ = await market.application.respond(to: request)
    }

    /// What `promtool check metrics` says of a text.
    private static func check(_ text: String) async throws -> (status: Int32, text: String) {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "metrics-\(UUID().uuidString).txt")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "exec promtool check metrics < \"$0\" 2>&1", file.path]
        let output = Pipe()
        process.standardOutput = output
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        let said = output.fileHandleForReading.readDataToEndOfFile()
        return (status, String(decoding: said, as: UTF8.self))
    }
}

extension ProcessInfo {
    /// The figures of a process that Linux tells.
    fileprivate static let figures = [
        "process_cpu_seconds_total", "process_resident_memory_bytes",
        "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
        "process_start_time_seconds",
    ]
}
