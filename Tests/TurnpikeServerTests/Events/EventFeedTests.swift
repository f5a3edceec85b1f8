import HTTPTypes
import Logging
import Marketplace
import MeteringAPI
import ServiceLifecycle
import Testing

@testable import ControlAPI
@testable import MarketplaceHost
@testable import TurnpikeServer
@testable import WebServer

@Suite("Events as a stream")
struct EventFeedTests {
    private static func market() async throws -> ControlMarket {
        let market = try await ControlMarket()
        try await SeedFile.read(DeliveryTests.seed, name: "seed.yaml")
            .apply(to: market.application.state)
        return market
    }

    private static func feed(
        _ market: ControlMarket, query: String = "", headers: HTTPFields = [:]
    ) async throws -> PlainResponse {
        var headers = headers
        headers[.accept] = "text/event-stream"
        return await market.application.respond(
            to: PlainRequest(
                method: .get, path: "/control/v1/events", query: query, headers: headers,
                authority: "127.0.0.1:8655"))
    }

    private static func next(_ response: PlainResponse) async throws -> String {
        let part = try #require(try await response.nextPart?())
        return String(decoding: part, as: UTF8.self)
    }

    private static func publish(_ market: ControlMarket) async {
        _ = await market.send(
            .post, "events", #"{"type":"subscribe-fail","agreementId":"agmt-1"}"#)
    }

    @Test("What happened comes first, then what happens")
    func past() async throws {
        let market = try await Self.market()
        await Self.publish(market)
        let response = try await Self.feed(market, query: "channel=sns")
        #expect(response.headers[.contentType] == "text/event-stream")
        let first = try await Self.next(response)
        let list = await market.send(.get, "events?channel=sns")
        let number = try #require(list["items.0.number"])
        #expect(first.hasPrefix("id: \(number)\ndata: {\"number\":\(number),"))
        #expect(first.hasSuffix("}\n\n"))
        async let later = Self.next(response)
        await Self.publish(market)
        let second = try await later
        #expect(second.contains("subscribe-fail"))
        #expect(!second.hasPrefix("id: \(number)\n"))
    }

    @Test("It goes on after the last event that the client has", arguments: [true, false])
    func resumed(byHeader: Bool) async throws {
        let market = try await Self.market()
        await Self.publish(market)
        let list = await market.send(.get, "events")
        let cursor = try #require(list["nextCursor"])
        await Self.publish(market)
        let name = try #require(HTTPField.Name("last-event-id"))
        let response = try await Self.feed(
            market, query: byHeader ? "cursor=0" : "cursor=\(cursor)",
            headers: byHeader ? [name: cursor] : [:])
        let part = try await Self.next(response)
        #expect(part.split(separator: "id: ").count == 1)
        #expect(!part.hasPrefix("id: \(cursor)\n"))
    }

    @Test("Without events a comment says that it lives")
    func heartBeat() async throws {
        let market = try await Self.market()
        let feed = EventFeed(
            state: market.application.state,
            filter: EventFilter(agreementID: "other", channel: nil),
            after: 0, heartBeatMilliseconds: 5)
        #expect(await feed.nextPart().map { String(decoding: $0, as: UTF8.self) } == ":\n\n")
    }

    @Test("It ends when the server stops")
    func stop() async throws {
        let market = try await Self.market()
        let feed = EventFeed(
            state: market.application.state, filter: EventFilter(agreementID: nil, channel: nil),
            after: 0)
        let (starts, continuation) = AsyncStream.makeStream(of: Void.self)
        let reader = Reader(feed: feed) { continuation.yield() }
        let group = ServiceGroup(
            services: [reader],
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in starts { break }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Reads what there is, and then waits for what never comes.
    private struct Reader: Service {
        let feed: EventFeed
        let onStart: @Sendable () -> Void

        func run() async {
            #expect(await feed.nextPart() != nil)
            onStart()
            #expect(await feed.nextPart() == nil)
        }
    }

    @Test("Over a connection it comes in chunks")
    func live() async throws {
        var configuration = TurnpikeConfiguration()
        configuration.seed = TurnpikeConfiguration.Seed(
            name: "seed.yaml", text: DeliveryTests.seed)
        try await withServer(configuration) { port, _ in
            let connection = try await RawConnection.open(port: port)
            let answer = try await connection.exchange(
                [
                    """
                    GET /control/v1/events HTTP/1.1\r\nHost: localhost\r
                    Accept: text/event-stream\r\n\r\n
                    """
                ], until: "Purchase Agreement Created")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
            #expect(answer.contains("\r\ntransfer-encoding: chunked\r\n"), "\(answer)")
            #expect(answer.contains("\r\nid: 1\ndata: {"), "\(answer)")
        }
    }

    @Test("A mistake in the query is a problem document, not a stream")
    func mistakes() async throws {
        let market = try await Self.market()
        let response = try await Self.feed(market, query: "channel=mail")
        #expect(response.status == .badRequest)
        #expect(response.nextPart == nil)
    }
}
