import Marketplace
import MarketplaceHost
import MeteringAPI
import WebServer

// What a buyer sees who has an agreement: the button that sends the browser to the seller.

extension BuyerPages {
    func setUp(_ visit: Visit) -> BuyerPage {
        let catalog = state.catalog
        let now = catalog.now(real: state.realNow)
        let agreement = visit.agreement
        let buyer = catalog.accounts[agreement.buyerAccountID]
        let title = visit.isNew ? "You have subscribed" : "Your agreement"
        return BuyerPage(
            title: title,
            body: """
                <p class="muted">\(visit.product.title), for
                \(buyer?.name ?? agreement.buyerAccountID) (\(agreement.buyerAccountID))</p>
                <p>Agreement <code>\(agreement.id)</code>, \(agreement.words(at: now)), licence
                <code>\(agreement.licenseARN)</code>.</p>
                \(step(visit))
                <p><a href="\(Self.path(
                    of: visit.product.code, buyer: agreement.buyerAccountID))">Back to the
                product</a></p>
                """)
    }

    private func step(_ visit: Visit) -> HTML {
        guard let registration = visit.registration else { return elsewhere(visit.product) }
        let fields = registration.form.fields
        let text = fields.map { "\($0.name)=\($0.value)" }.joined(separator: "\n")
        let details: HTML = """
            <p class="muted">The token is good until \(registration.token.expiresAt.iso8601) of the
            marketplace's clock, and each visit makes another. The fields:</p>
            <pre>\(text)</pre>
            """
        guard let address = visit.product.fulfillmentURL else {
            return """
                <p class="note">The product has no fulfilment URL, so there is nowhere to go from
                here. Give it one: PUT /control/v1/products/{productCode} with
                <code>"fulfillmentURL": "http://localhost:3000/register"</code>.</p>
                \(details)
                """
        }
        guard let url = WebAddress(address) else {
            return """
                <p class="note">The product's fulfilment URL <code>\(address)</code> is no address
                of http or https that a browser can be sent to. Correct it: PUT
                /control/v1/products/{productCode}.</p>
                \(details)
                """
        }
        return """
            <h2>Set up your account</h2>
            <p>To complete your registration, set up your account on the seller's web site.</p>
            <form method="post" action="\(url.text)">
            \(fields.map { Self.hidden($0.name, $0.value) })
            <button>Set up your account</button>
            </form>
            <p class="muted">Your browser posts the fields below to <code>\(url.text)</code>.</p>
            \(details)
            """
    }

    /// What to do for a product that no browser is sent to.
    private func elsewhere(_ product: Product) -> HTML {
        """
        <p class="note">\(product.type.words) products are not set up on a web site. Their software
        runs in the buyer's account, and is known by its credentials: POST
        /control/v1/credentials makes some for a workload.</p>
        """
    }
}
