import AWSWire
package import ControlAPI
import HTTPTypes
import Marketplace
package import MarketplaceHost
import MeteringAPI
package import WebServer

/// The pages that a buyer comes to: the list of products, and one for each.
///
/// Who may use the control API may see them. What a page posts has in it a text that only the page
/// knows, so that another page cannot post in its name.
package struct BuyerPages: Sendable {
    package let state: MarketplaceState
    private let access: ControlAccess
    /// Good for as long as the server runs.
    let formToken: String

    package init(state: MarketplaceState, access: ControlAccess) {
        self.state = state
        self.access = access
        formToken = RandomTexts.agreement + RandomTexts.agreement
    }

    private static let root = "marketplace"

    /// Where the pages are.
    package static let path = "/\(root)"

    /// A product's page, for one buyer where it is known.
    package static func path(of productCode: String, buyer: String? = nil) -> String {
        path + "/" + PercentEncoding.encoded(productCode)
            + (buyer.map { "?buyer=\(PercentEncoding.encoded($0))" } ?? "")
    }

    /// Whether a request is for one of these pages.
    package static func areAskedFor(by request: PlainRequest) -> Bool {
        request.path == path || request.path.hasPrefix(path + "/")
    }

    package func respond(to request: PlainRequest) async -> PlainResponse {
        do {
            try access.check(request)
            return Self.response(try await page(for: request))
        } catch {
            return Self.response(to: error)
        }
    }

    private func page(for request: PlainRequest) async throws -> BuyerPage {
        guard let segments = PercentEncoding.segments(of: request.path),
            segments.first == Self.root,
            let query = PercentEncoding.parameters(request.query)
        else { throw Problem(400, "the address's percent-encoding is broken") }
        guard segments.count <= 2 else { throw Problem(404, "there is no such page") }
        let code = segments.dropFirst().first
        switch request.method {
        case .get, .head:
            guard let code else { return products() }
            let buyer = query.first { $0.name == "buyer" && !$0.value.isEmpty }?.value
            return try product(code, buyer: buyer)
        case .post where code != nil:
            return try await subscribe(to: code ?? "", with: try form(of: request))
        default:
            throw Problem(405, "\(request.method) is not for this page")
        }
    }

    private func form(of request: PlainRequest) throws(Problem) -> [String: String] {
        let type = request.headers[.contentType]?.lowercased() ?? ""
        guard type.prefix(while: { $0 != ";" }) == PercentEncoding.formType,
            let text = String(validating: request.body, as: UTF8.self),
            let fields = PercentEncoding.parameters(text)
        else {
            throw Problem(400, "what was sent is no form of the page's")
        }
        let form = Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
        guard
            isEqualInConstantTime(
                Array((form["form-token"] ?? "").utf8), Array(formToken.utf8))
        else {
            throw Problem(
                403,
                "the form is not of this server's page, or of one from before its last start: "
                    + "load the page again")
        }
        return form
    }

    private func subscribe(
        to code: String, with form: [String: String]
    ) async throws -> BuyerPage {
        guard state.catalog.products[code] != nil else { throw Self.noProduct(code) }
        let subscription = CatalogEdit.Subscription(
            productCode: code, buyerAccountID: form["buyer"] ?? "",
            isFreeTrial: form["free-trial"] != nil, isAnother: form["another"] != nil)
        return setUp(try await state.visit(subscription, agreementID: form["agreement"]))
    }
}

extension BuyerPages {
    static func noProduct(_ code: String) -> Problem {
        Problem(404, "there is no product '\(code.cut(toBytes: 100))'")
    }

    private static func response(
        _ page: BuyerPage, status: HTTPResponse.Status = .ok
    ) -> PlainResponse {
        let headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
            // Without form-action, because a seller's page may redirect to anywhere.
            .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; "
                + "base-uri 'none'; frame-ancestors 'none'",
            .xContentTypeOptions: "nosniff",
        ]
        return PlainResponse(
            status: status, headers: headers, body: Array(page.document.text.utf8))
    }

    private static func response(to error: any Error) -> PlainResponse {
        let problem = Problem(any: error)
        let status = problem.response.status
        var response = response(
            BuyerPage(
                title: status.reasonPhrase,
                body: """
                    <p>\(problem.detail)</p>
                    <p><a href="\(path)">All products</a></p>
                    """),
            status: status)
        if problem.status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        if problem.status == 405 { response.headers[.allow] = "GET, HEAD, POST" }
        return response
    }
}
