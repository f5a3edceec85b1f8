import ControlAPI
import Marketplace
import MarketplaceHost
import MeteringAPI

// What a buyer sees before there is an agreement: the products, and one with its buyers.

extension BuyerPages {

    /// The list of products.
    package func products() -> BuyerPage {
        let products = state.catalog.products.values.sorted {
            ($0.title, ExactText($0.code)) < ($1.title, ExactText($1.code))
        }
        let rows = products.prefix(BuyerPageLimits.shown).map { product -> [HTML] in
            [
                "<a href=\"\(Self.path(of: product.code))\">\(product.title)</a>",
                "\(product.type.words)", "<code>\(product.code)</code>",
            ]
        }
        let more = products.count - rows.count
        let rest: HTML =
            more > 0
            ? "<p>\(String(more)) more have a page at \(Self.path)/ and their code.</p>" : ""
        let none: HTML = """
            <p class="note">There is no product yet. PUT /control/v1/products/{productCode} makes
            one, or a seed file, or <code>turnpike serve --demo</code>.</p>
            """
        return BuyerPage(
            title: "Products",
            body: rows.isEmpty
                ? none : "\(BuyerPage.table(["Product", "Type", "Code"], rows))\(rest)")
    }

    /// A product's page, which asks who the buyer is and then what the buyer wants.
    package func product(_ code: String, buyer id: String?) throws -> BuyerPage {
        let catalog = state.catalog
        guard let product = catalog.products[code] else { throw Self.noProduct(code) }
        let seller = catalog.accounts[product.sellerAccountID]?.name ?? product.sellerAccountID
        let dimensions = product.dimensions.map { dimension -> [HTML] in
            [
                "\(dimension.name)", "\(dimension.unit ?? "")", "\(dimension.price ?? "")",
                "\(dimension.type == .entitled ? "in advance" : "as used")",
            ]
        }
        var buyer: Account?
        if let id {
            buyer = catalog.accounts[id]
            guard buyer?.role == .buyer else {
                throw Problem(404, "there is no buyer's account '\(id.cut(toBytes: 100))'")
            }
        }
        return BuyerPage(
            title: product.title,
            body: """
                <p class="muted">By \(seller) · \(product.type.words) ·
                <code>\(product.code)</code></p>
                \(BuyerPage.table(["Dimension", "Unit", "Price (USD)", "Paid"], dimensions))
                <h2>Buyer</h2>
                \(choice(of: buyer, in: catalog))
                \(buyer.map { offer(product, to: $0, in: catalog) } ?? "")
                """)
    }

    private func choice(of chosen: Account?, in catalog: Catalog) -> HTML {
        let buyers = catalog.accounts.values.filter { $0.role == .buyer }
        guard !buyers.isEmpty else {
            return """
                <p class="note">There is no buyer yet: PUT /control/v1/accounts/{accountId} makes
                one.</p>
                """
        }
        let field: HTML
        if buyers.count > BuyerPageLimits.shown {
            field = """
                <input type="text" name="buyer" value="\(chosen?.id ?? "")" required
                pattern="[0-9]{12}" placeholder="Account id" aria-label="Account id">
                """
        } else {
            let sorted = buyers.sorted {
                ($0.name, ExactText($0.id)) < ($1.name, ExactText($1.id))
            }
            let options = sorted.map { buyer -> HTML in
                let isChosen = chosen?.id.hasSameBytes(as: buyer.id) == true
                let mark: HTML = isChosen ? " selected" : ""
                return "<option value=\"\(buyer.id)\"\(mark)>\(buyer.name) (\(buyer.id))</option>\n"
            }
            field = "<select name=\"buyer\" aria-label=\"Buyer\">\n\(options)</select>"
        }
        return """
            <form method="get">
            \(field)
            <button class="quiet">Choose</button>
            </form>
            """
    }

    private func offer(_ product: Product, to buyer: Account, in catalog: Catalog) -> HTML {
        let now = catalog.now(real: state.realNow)
        let agreements = catalog.agreements(buyer: buyer.id, product: product.code)
        let current = agreements.filter { $0.state(at: now) != .ended }.suffix(
            BuyerPageLimits.shown)
        let label = product.type == .saas ? "Set up your account" : "Details"
        let rows = current.map { agreement -> [HTML] in
            [
                "<code>\(agreement.id)</code>", "\(agreement.words(at: now))",
                "\(agreement.startsAt.iso8601)", "\(agreement.endsAt?.iso8601 ?? "open-ended")",
                form(product, buyer, named: ("agreement", agreement.id), label),
            ]
        }
        let suspension: HTML =
            buyer.isSuspended
            ? """
            <p class="note">The buyer's account is suspended: tokens still resolve, and its usage
            is refused.</p>
            """ : ""
        return """
            <h2>\(buyer.name)</h2>
            \(suspension)
            \(BuyerPage.table(["Agreement", "State", "From", "Until", ""], rows))
            \(subscription(product, buyer, agreements, at: now))
            """
    }

    private func subscription(
        _ product: Product, _ buyer: Account, _ agreements: [Agreement], at now: Timestamp
    ) -> HTML {
        let goesOn = agreements.contains { [.active, .pending].contains($0.state(at: now)) }
        if goesOn, product.integration == .customerIdentifier {
            return """
                <p class="muted">A buyer has one agreement at a time for a product of the
                integration customerIdentifier.</p>
                """
        }
        let hadTrial = agreements.contains(where: \.isFreeTrial)
        let trial: HTML =
            hadTrial
            ? "<p class=\"muted\">This buyer had its free trial of this product.</p>"
            : """
            <p><label><input type="checkbox" name="free-trial" value="on"> As a free
            trial</label></p>
            """
        return """
            <p>\(goesOn ? "Another agreement can be made beside these." : "Not subscribed.")</p>
            \(form(
                product, buyer, named: goesOn ? ("another", "on") : nil,
                goesOn ? "Subscribe once more" : "Subscribe", with: trial))
            """
    }

    private func form(
        _ product: Product, _ buyer: Account, named field: (name: String, value: String)?,
        _ label: String, with inputs: HTML = ""
    ) -> HTML {
        let fields =
            [("form-token", formToken), ("buyer", buyer.id)] + (field.map { [$0] } ?? [])
        return """
            <form method="post" action="\(Self.path(of: product.code))">
            \(fields.map { name, value in Self.hidden(name, value) })
            \(inputs)<button>\(label)</button>
            </form>
            """
    }

    static func hidden(_ name: String, _ value: String) -> HTML {
        "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">\n"
    }
}

extension ProductType {
    /// What a buyer calls it.
    var words: String {
        switch self {
        case .saas: "SaaS"
        case .ami: "AMI"
        case .container: "Container"
        case .agentCore: "AgentCore"
        }
    }
}

extension Agreement {
    /// Its state in words.
    func words(at now: Timestamp) -> String {
        let state = state(at: now).rawValue
        return state != AgreementState.ended.rawValue && isInFreeTrial(at: now)
            ? "\(state), free trial" : state
    }
}
