import HTTPTypes
import Testing
import TurnpikeServer

@Suite("The members of EventBridge's events")
struct EventBridgeBodyTests {
    /// What follows `"catalog":"AWSMarketplace",` in the detail, as the seller's guide prints it.
    static let details: [(type: String, detail: String)] = [
        (
            "Purchase Agreement Amended - Proposer",
            #"""
            "agreement":{"id":"agmt-1","intent":"NEW","status":"ACTIVE",\#
            "acceptanceTime":"2026-12-01T00:00:00.789Z",\#(term),\#
            "autoRenewalEnabled":true},\#(summary),\#
            "product":{"id":"prod-newer","title":"A product"},"resaleAuthorization":{"id":null},\#
            \#(parties),\#(offer)
            """#
        ),
        (
            "Purchase Agreement Ending - Proposer",
            #"""
            "agreement":{"id":"agmt-1",\#(term),"status":"ACTIVE","daysBeforeEndTime":365,\#
            "autoRenewalEnabled":true},\#(summary),"product":{"id":"prod-newer",\#
            "title":"A product"},\#(namedParties),\#(offer)
            """#
        ),
        (
            "Purchase Agreement Renewal Terms Finalized - Proposer",
            #"""
            "agreement":{"id":"agmt-1",\#(term)},"renewalSummary":{"lockoutReached":false,\#
            "tcv":"105000.00","currency":"USD","termsFinalizedTime":"2026-12-01T00:00:00.789Z",\#
            "lockoutStartTime":"2027-11-01T00:00:01Z"},"product":{"id":"prod-newer",\#
            "title":"A product"},\#(namedParties)
            """#
        ),
        (
            "Purchase Agreement Renewal Upcoming - Proposer",
            #"""
            "agreement":{"id":"agmt-1",\#(term)},"renewalSummary":{"lockoutReached":true,\#
            "tcv":"105000.00","currency":"USD"},"product":{"id":"prod-newer",\#
            "title":"A product"},\#(namedParties)
            """#
        ),
        (
            "Purchase Agreement Advisory Resolved - Manufacturer",
            #"""
            "agreement":{"id":"agmt-1"},"product":{"id":"prod-newer"},\#(parties),\#(offer),\#
            "advisory":{"resolvedAt":"2026-12-01T00:00:00.789Z"}
            """#
        ),
        (
            "Agreement Cancellation Request Pending Approval - Proposer",
            cancellation("PENDING_APPROVAL")
        ),
        ("Agreement Cancellation Request Approved - Proposer", cancellation("APPROVED")),
        ("Agreement Cancellation Request Rejected - Proposer", cancellation("REJECTED")),
        ("Agreement Cancellation Request Cancelled - Proposer", cancellation("CANCELLED")),
        (
            "Agreement Cancellation Request Validation Failed - Proposer",
            cancellation("VALIDATION_FAILED")
        ),
        ("Purchase Agreement Billing Adjustment Completed - Proposer", adjustment),
        ("Purchase Agreement Billing Adjustment Failed - Proposer", adjustment),
    ]

    @Test("An event has the members that AWS prints for it", arguments: details)
    func members(_ event: (type: String, detail: String)) async throws {
        let market = try await ControlMarket()
        for (path, body) in [
            ("accounts/111122223333", #"{"role":"seller","name":"Acme"}"#),
            ("accounts/222233334444", #"{"role":"buyer","name":"Globex"}"#),
            ("products/newer", ControlMarket.product("saas", #""productId":"prod-newer","#)),
            // An event has whole seconds, and its detail milliseconds.
            ("clock", #"{"mode":"frozen","now":"2026-12-01T00:00:00.789Z"}"#),
        ] {
            _ = await market.send(.put, path, body)
        }
        let made = await market.send(
            .post, "agreements",
            """
            {"productCode":"newer","buyerAccountId":"222233334444","agreementId":"agmt-1",\
            "offerId":"offer-1","endsAt":"2027-12-01T00:00:01Z","autoRenew":true}
            """)
        #expect(made.status == 201, "\(made.text)")
        let published = await market.send(
            .post, "events", #"{"type":"\#(event.type)","agreementId":"agmt-1"}"#)
        #expect(published.status == 201, "\(published.text)")
        let events = await market.send(.get, "events")
        #expect(events.text.contains(#""time":"2026-12-01T00:00:00Z","region":"us-east-1""#))
        #expect(
            events.text.contains("\"catalog\":\"AWSMarketplace\",\(event.detail)}}"),
            "\(events.text)")
    }

    private static let term =
        #""startTime":"2026-12-01T00:00:00.789Z","endTime":"2027-12-01T00:00:01Z""#
    private static let summary =
        #""renewalSummary":{"lockoutStartTime":"2027-11-01T00:00:01Z","disabledBy":null}"#
    private static let parties =
        #""acceptor":{"accountId":"222233334444"},"proposer":{"accountId":"111122223333"}"#
    private static let namedParties = #"""
        "acceptor":{"accountId":"222233334444"},\#
        "proposer":{"name":"Acme","accountId":"111122223333"}
        """#
    private static let offer = #""offer":{"id":"offer-1"}"#
    private static let adjustment = #"""
        "agreement":{"id":"agmt-1"},"billingAdjustmentRequest":{"id":"ba-1",\#
        "adjustmentAmount":"-100.00","currencyCode":"USD","adjustmentReasonCode":"OTHER"},\#
        "invoice":{"originalInvoiceId":"2028746221"}
        """#

    private static func cancellation(_ status: String) -> String {
        #"""
        "agreement":{"id":"agmt-1","acceptorId":"222233334444","productId":"prod-newer",\#
        "offerId":"offer-1"},"agreementCancellationRequest":{"id":"acr-1","reasonCode":"OTHER",\#
        "reasonMessage":"","statusCode":"\#(status)","statusMessage":"",\#
        "createdAt":"2026-12-01T00:00:00.789Z","updatedAt":"2026-12-01T00:00:00.789Z"}
        """#
    }
}
