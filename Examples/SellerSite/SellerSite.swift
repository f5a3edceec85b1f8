import Hummingbird

/// A seller's site: it takes the buyer from the marketplace and meters the use.
///
/// It keeps everything in memory and asks nobody to log in, to stay short. Endpoint, region and
/// keys are in the environment: `eval "$(turnpike env)"`.
@main
struct SellerSite {
    static func main() async throws {
        let environment = Environment()
        let port = environment.get("PORT", as: Int.self) ?? 3000
        let site = Site(metering: try MeteringService(environment))
        let application = Application(
            router: site.router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)))
        print("The seller's site is on http://localhost:\(port)/register")
        try await application.runService()
    }
}

/// `POST /register` comes from the marketplace; `POST /use` and `POST /report` are our own.
struct Site: Sendable {
    let metering: MeteringService
    let buyers = Buyers()

    var router: Router<BasicRequestContext> {
        let router = Router()
        router.post("register") { request, context in
            try await answer { try await register(try await form(request, context)) }
        }
        router.post("use") { request, context in
            try await answer {
                let form: Use = try await form(request, context)
                guard await buyers.use(form.licence) else { throw HTTPError(.notFound) }
                return "<p>Used once.</p>"
            }
        }
        router.post("report") { _, _ in
            try await answer {
                try await report().map { "<p>\(escaped($0))</p>" }.joined()
            }
        }
        return router
    }

    /// Asks AWS who the buyer is, and keeps the answer; the token itself is worthless later.
    private func register(_ form: Registration) async throws -> String {
        let buyer = try await metering.resolveCustomer(form.token)
        await buyers.keep(buyer)
        let licence = escaped(buyer.licence)
        return """
            <h1>Welcome, \(escaped(buyer.accountID))</h1>
            <p>\(form.offerType == "free-trial" ? "Your free trial" : licence)</p>
            <form method="post" action="/use">
            <input type="hidden" name="licence" value="\(licence)">
            <button>Use it once</button></form>
            <form method="post" action="/report"><button>Report the hour</button></form>
            """
    }

    /// Meters what was used; call it once an hour, because an hour has one record a licence.
    private func report() async throws -> [String] {
        var lines: [String] = []
        for records in await buyers.pending() {
            for result in try await metering.batchMeterUsage(records).results {
                let record = result.record
                lines.append("\(record.licence) \(result.status)")
                // What is in UnprocessedRecords, or no Success, stays and is reported next time.
                if result.status == "Success" { await buyers.forget(record) }
            }
        }
        return lines
    }

    private func form<Form: Decodable>(
        _ request: Request, _ context: BasicRequestContext
    ) async throws -> Form {
        do {
            return try await URLEncodedFormDecoder().decode(
                Form.self, from: request, context: context)
        } catch {
            throw HTTPError(.badRequest, message: "The form lacks a field.")
        }
    }

    /// A page; what AWS refuses shows in it, as when a token is older than four hours.
    private func answer(_ page: () async throws -> String) async throws -> Response {
        do {
            return response(.ok, try await page())
        } catch let refusal as MeteringService.Refusal {
            return response(.badRequest, "<p>\(escaped(refusal.description))</p>")
        }
    }

    private func response(_ status: HTTPResponse.Status, _ page: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(
                byteBuffer: ByteBuffer(string: "<!doctype html><title>Acme</title>\(page)")))
    }
}

/// What the buyer's browser posts.
struct Registration: Decodable {
    let token: String
    let offerType: String?

    private enum CodingKeys: String, CodingKey {
        case token = "x-amzn-marketplace-token"
        case offerType = "x-amzn-marketplace-offer-type"
    }
}

struct Use: Decodable {
    let licence: String
}

/// Who has come, and what was used and is not reported, by licence: a buyer may have several.
actor Buyers {
    private var buyers: [String: Customer] = [:]
    private var used: [String: Int] = [:]

    /// AWS takes as many records in a request.
    private static let batch = 25

    func keep(_ buyer: Customer) { buyers[buyer.licence] = buyer }

    /// Counts a use; false for a licence that nobody came with.
    func use(_ licence: String) -> Bool {
        guard buyers[licence] != nil else { return false }
        used[licence, default: 0] += 1
        return true
    }

    /// What is to be reported, request by request.
    func pending() -> [[UsageRecord]] {
        let records = used.filter { $0.value > 0 }.compactMap { licence, count in
            buyers[licence].map { UsageRecord(of: $0, quantity: count) }
        }
        return stride(from: 0, to: records.count, by: Self.batch).map {
            Array(records[$0..<min($0 + Self.batch, records.count)])
        }
    }

    func forget(_ record: UsageRecord) { used[record.licence, default: 0] -= record.quantity }
}

private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
}
