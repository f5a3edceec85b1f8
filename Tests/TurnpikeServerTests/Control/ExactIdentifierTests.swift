import HTTPTypes
import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer
import WebServer

@Suite("Identifiers are compared byte by byte in the control API")
struct ExactIdentifierTests {
    /// "é" in one scalar, and in two, as a body or a path has them.
    private static let forms = ["caf\u{E9}", "cafe\u{301}"]

    private static func product(_ dimensions: [String]) -> String {
        let list = dimensions.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
        return #"{"type":"saas","title":"A","sellerAccountId":"\#(ControlMarket.seller)","#
            + #""dimensions":[\#(list)]}"#
    }

    @Test("A dimension that has usage cannot be replaced by its other form, in either direction")
    func usedDimension() async throws {
        for (used, other) in [(Self.forms[0], Self.forms[1]), (Self.forms[1], Self.forms[0])] {
            let market = try await ControlMarket.metering()
            _ = await market.send(.put, "products/saas", Self.product([used]))
            let record = ControlMarket.record(1).replacing("users", with: used)
            #expect(await market.meter(record)["Results.0.Status"] == "Success")
            let refused = await market.send(.put, "products/saas", Self.product([other]))
            #expect(refused.status == 409)
            let both = await market.send(.put, "products/saas", Self.product([other, used]))
            #expect(both.status == 200)
        }
    }

    @Test("Event targets of both forms are two, and a list shows both, page by page")
    func targets() async throws {
        let market = try await ControlMarket.furnished()
        for form in Self.forms {
            let answer = await market.send(
                .put, "event-targets/\(PercentEncoding.encoded(form))",
                #"{"kind":"webhook","url":"http://127.0.0.1:1/"}"#)
            #expect(answer.status == 201)
        }
        let items = try await market.items("event-targets", limit: 1)
        #expect(items.count == 2)
        _ = await market.send(
            .post, "events",
            """
            {"type":"Purchase Agreement Advisory Issued - Manufacturer",\
            "agreementId":"agmt-saas"}
            """)
        for form in Self.forms {
            let query = "deliveries?target=\(PercentEncoding.encoded(form))"
            #expect(try await market.items(query, limit: 10).count == 1)
        }
    }

    @Test("A letter that Unicode holds for equal does not find a credential")
    func credential() async throws {
        let market = try await ControlMarket.furnished()
        let answer = await market.send(
            .post, "credentials",
            """
            {"principal":{"kind":"account","accountId":"\(ControlMarket.seller)"},\
            "accessKeyId":"AKIATESTTESTTEST"}
            """)
        #expect(answer.status == 201)
        #expect(await market.send(.get, "credentials/AKIATESTTESTTEST").status == 200)
        // U+212A, the sign for kelvin.
        let path = "credentials/A\(PercentEncoding.encoded("\u{212A}"))IATESTTESTTEST"
        #expect(await market.send(.get, path).status == 404)
        #expect(await market.send(.delete, path).status == 404)
    }
}
