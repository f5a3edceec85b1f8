import AWSWire
import Testing

@testable import TurnpikeCommand

@Suite("How commands ask a server", .timeLimit(.minutes(20)))
struct ControlClientTests {
    @Test("An answer's body has its time, too")
    func silentBody() async throws {
        let stub = try await ControlStub { _, _ in .silentBody }
        let client = ControlClient(
            endpoint: stub.url, token: nil, timeout: .milliseconds(50))
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await client.get("/control/v1/clock")
        }
        #expect(failure?.description.contains("did not answer within") == true)
        try await stub.stop()
    }

    @Test(
        "A list whose cursor comes again is not read for ever",
        arguments: [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
    func cursorAgain(cursors: [String]) async throws {
        let stub = try await ControlStub { _, number in
            .json(#"{"items":[{}],"nextCursor":"\#(cursors[number % cursors.count])"}"#)
        }
        let client = ControlClient(endpoint: stub.url, token: nil)
        // Of a list without an end, the same cursor twice is where it stands now.
        if cursors.count == 2 {
            #expect(try await client.pages("/l", [], from: "a") { _ in } == "a")
        } else {
            let failure = await #expect(throws: CommandFailure.self) {
                _ = try await client.items("/control/v1/usage", [])
            }
            #expect(failure?.description.contains("leads back to the cursor") == true)
        }
        #expect(stub.requests.count <= cursors.count)
        try await stub.stop()
    }

    @Test("A stream that breaks off is gone on with behind the last event that came")
    func reconnects() async throws {
        let stub = try await ControlStub { _, number in
            switch number {
            case 0: .stream(":\n\nid: 1\ndata: {\"number\":1}\n\nid: 2\ndata: {\"number\":2}\n\n")
            case 1: .stream("id: 3\r\ndata: {\"number\":3}\r\n\r\nid: 4\ndata: {\"num")
            default: .json(#"{"detail":"enough"}"#, status: 400)
            }
        }
        var stream = EventStream(
            ControlClient(endpoint: stub.url, token: nil), path: "/control/v1/events?",
            pause: .zero)
        var texts: [String] = []
        let failure = await #expect(throws: CommandFailure.self) {
            try await stream.follow { texts.append(String(decoding: $0.text, as: UTF8.self)) }
        }
        #expect(failure?.description.hasSuffix("refuses: enough") == true)
        #expect(texts == (1...3).map { #"{"number":\#($0)}"# })
        // Asked once more for the reason, which a stream does not carry.
        #expect(stub.requests.map(\.lastEventID) == [nil, "2", "3", nil])
        try await stub.stop()
    }

    @Test("Where nobody listens, the stream says so at once")
    func nobody() async throws {
        let stub = try await ControlStub { _, _ in .silentBody }
        let url = stub.url
        try await stub.stop()
        var stream = EventStream(
            ControlClient(endpoint: url, token: nil), path: "/control/v1/events?")
        let failure = await #expect(throws: CommandFailure.self) {
            try await stream.follow { _ in }
        }
        #expect(failure?.description.hasPrefix("no Turnpike answers at \(url)") == true)
    }

    @Test("An event is the same, however the bytes of the stream are cut")
    func reader() throws {
        let text = ": hello\n\nid: 7\ndata: {\"a\":\ndata: 1}\n\ndata:x\r\n\r\nid: 8\n\n"
        for size in 1...text.utf8.count {
            var reader = EventReader()
            var events: [EventReader.Event] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += try reader.take(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(
                events == [
                    EventReader.Event(id: "7", data: Array("{\"a\":\n1}".utf8)),
                    EventReader.Event(id: nil, data: Array("x".utf8)),
                ])
        }
    }

    @Test(
        "What acts on a terminal is printed as an escape",
        arguments: [
            ("a\u{9B}31mb", "a\\u{009b}31mb", "a\\u009b31mb"),
            ("\u{202E}abc", "\\u{202e}abc", "\\u202eabc"),
            ("\u{1B}[2J", "\\u{001b}[2J", "\\u001b[2J"),
            ("\u{7F}\r", "\\u{007f}\\u{000d}", "\\u007f\\u000d"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}", "\\u2066x\\u2069"),
            ("é\nü\t€", "é\nü\t€", "é\nü\t€"),
        ])
    func terminal(text: String, people: String, json: String) {
        #expect(text.escapedForPeople == people)
        #expect(text.escapedJSON == json)
    }
}
