import HTTPTypes
import InMemoryStore
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

@Suite("The clock and resets in the control API")
struct ClockRouteTests {
    private static let real = "2026-11-23T12:34:56.789Z"

    private static func clock(_ mode: String, _ now: String, _ speed: String = "1") -> String {
        #"{"mode":"\#(mode)","now":"\#(now)","realNow":"\#(real)","speed":\#(speed)}"#
    }

    @Test(
        "The clock is set and read",
        arguments: [
            (#"{"mode":"real"}"#, clock("real", real)),
            (#"{"mode":"frozen"}"#, clock("frozen", real)),
            (
                #"{"mode":"frozen","now":"2026-12-01T05:59:00Z"}"#,
                clock("frozen", "2026-12-01T05:59:00Z")
            ),
            (
                #"{"mode":"running","now":"2026-12-01T06:59:00+01:00"}"#,
                clock("running", "2026-12-01T05:59:00Z")
            ),
            (#"{"mode":"running","speed":60}"#, clock("running", real, "60")),
            (#"{"mode":"running","speed":0.5}"#, clock("running", real, "0.5")),
            (#"{"mode":"running","speed":1.250}"#, clock("running", real, "1.25")),
            (#"{"mode":"running","speed":8.64e4}"#, clock("running", real, "86400")),
            (#"{"advance":3600}"#, clock("running", "2026-11-23T13:34:56.789Z")),
            (#"{"advance":0.211}"#, clock("running", "2026-11-23T12:34:57Z")),
            (#"{"advance":60,"mode":null}"#, clock("running", "2026-11-23T12:35:56.789Z")),
            (#"{"advance":0}"#, clock("running", real)),
        ])
    func setClock(body: String, clock: String) async throws {
        let market = try await ControlMarket()
        #expect(await market.send(.get, "clock").text == Self.clock("real", Self.real))
        let answer = await market.send(.put, "clock", body)
        #expect(answer.status == 200)
        #expect(answer.text == clock)
        #expect(await market.send(.get, "clock").text == clock)
    }

    @Test("A frozen clock that is advanced stays frozen")
    func advanceFrozen() async throws {
        let market = try await ControlMarket()
        _ = await market.send(.put, "clock", #"{"mode":"frozen","now":"2026-12-01T00:00:00Z"}"#)
        let answer = await market.send(.put, "clock", #"{"advance":90}"#)
        #expect(answer.text == Self.clock("frozen", "2026-12-01T00:01:30Z"))
    }

    @Test(
        "A change that would move the marketplace's time back names reset as the way out",
        arguments: [
            (#"{"mode":"real"}"#, "mode"),
            (#"{"mode":"frozen","now":"2026-11-30T23:59:59.999Z"}"#, "now"),
            (#"{"mode":"running","now":"2026-11-23T12:34:56Z","speed":2}"#, "now"),
            (#"{"advance":-0.001}"#, "advance"),
        ])
    func neverBack(body: String, field: String) async throws {
        let market = try await ControlMarket()
        let ahead = await market.send(
            .put, "clock", #"{"mode":"frozen","now":"2026-12-01T00:00:00Z"}"#)
        let answer = await market.send(.put, "clock", body)
        #expect(answer.status == 409)
        #expect(answer["errors.0.field"] == field)
        #expect(answer["detail"]?.contains("POST /control/v1/reset") == true)
        #expect(await market.send(.get, "clock").text == ahead.text)
    }

    @Test("The clock survives a restart")
    func restart() async throws {
        let store = InMemoryStore()
        let market = try await ControlMarket(store: store)
        let set = await market.send(
            .put, "clock", #"{"mode":"running","now":"2026-12-01T00:00:00Z","speed":60}"#)
        let again = try await ControlMarket(store: store)
        #expect(await again.send(.get, "clock").text == set.text)
    }

    @Test("Reset forgets usage, requests and clock, and keeps the marketplace")
    func reset() async throws {
        let market = try await ControlMarket.metering()
        let before = market.snapshot
        await market.meter(ControlMarket.record(1))
        _ = await market.send(.put, "clock", #"{"advance":60}"#)
        let answer = await market.send(.post, "reset")
        #expect(answer.status == 200)
        #expect(answer.text == "{}")
        #expect(market.snapshot == before)
        for path in ["usage", "requests"] {
            #expect(await market.send(.get, path).text == #"{"items":[],"nextCursor":null}"#)
        }
        #expect(await market.meter(ControlMarket.record(2))["Results.0.Status"] == "Success")
        #expect(await market.send(.get, "usage")["items.0.quantity"] == "2")
    }

    @Test("Reset of everything leaves an empty marketplace on the real clock")
    func resetEverything() async throws {
        let market = try await ControlMarket.metering()
        await market.meter(ControlMarket.record(1))
        _ = await market.send(.put, "clock", #"{"advance":60}"#)
        #expect(await market.send(.post, "reset", #"{"everything":true}"#).status == 200)
        for path in [
            "accounts", "products", "agreements", "credentials", "registration-tokens", "usage",
            "requests",
        ] {
            #expect(await market.send(.get, path).text == #"{"items":[],"nextCursor":null}"#)
        }
        #expect(await market.send(.get, "clock").text == Self.clock("real", Self.real))
        let restarted = try await ControlMarket(store: market.store)
        #expect(restarted.snapshot == market.snapshot)
    }
}
