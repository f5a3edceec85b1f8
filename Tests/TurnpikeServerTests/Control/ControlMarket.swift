import AWSWire
import HTTPTypes
import InMemoryStore
import Logging
import Marketplace
import MeteringAPI
import MeteringEndpoint
import Testing
import TurnpikeServer
import WebServer

@testable import ControlAPI

/// A server without a network whose control API is used, with its clocks fixed.
struct ControlMarket {
    static let seller = "111122223333"
    static let buyer = "222233334444"
    static let now = Timestamp(milliseconds: 1_795_437_296_789)
    static let api = "/control/v1"

    let application: TurnpikeApplication
    let store: any MarketplaceStore

    /// An empty marketplace.
    init(
        store: any MarketplaceStore = InMemoryStore(),
        _ configure: (inout TurnpikeConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = TurnpikeConfiguration()
        configure(&configuration)
        self.store = store
        application = try await TurnpikeApplication(
            configuration, store: store, logger: Logger(label: "test"),
            realClock: { Self.now })
    }

    /// A marketplace with a seller, a buyer, and a product and an agreement of each type.
    static func furnished(
        store: any MarketplaceStore = InMemoryStore()
    ) async throws -> ControlMarket {
        let market = try await ControlMarket(store: store)
        try await market.furnish()
        return market
    }

    private func furnish() async throws {
        var requests = [
            ("accounts/\(Self.seller)", #"{"role":"seller","name":"Acme"}"#),
            (
                "accounts/\(Self.buyer)",
                #"{"role":"buyer","name":"Globex","customerIdentifier":"ifAPi5AcF3"}"#
            ),
        ]
        for type in ProductType.allCases {
            requests.append(("products/\(type.rawValue)", Self.product(type.rawValue)))
        }
        for (path, body) in requests {
            let answer = await send(.put, path, body)
            guard answer.status == 201 else { throw SetUpFailure(text: answer.text) }
        }
        for type in ProductType.allCases {
            let answer = await send(.post, "agreements", Self.agreement(type.rawValue))
            guard answer.status == 201 else { throw SetUpFailure(text: answer.text) }
        }
    }

    private struct SetUpFailure: Error { let text: String }

    /// The body of a product with two dimensions.
    static func product(_ type: String, _ members: String = "") -> String {
        """
        {"type":"\(type)","title":"A product","sellerAccountId":"\(seller)",\(members)\
        "dimensions":[{"name":"users"},{"name":"seats","type":"entitled"}]}
        """
    }

    /// The body of an agreement that began a month ago, with an id and a licence by its product.
    static func agreement(_ product: String) -> String {
        """
        {"productCode":"\(product)","buyerAccountId":"\(buyer)","agreementId":"agmt-\(product)",\
        "licenseArn":"\(license(product))","startsAt":"2026-10-23T00:00:00Z"}
        """
    }

    static func license(_ product: String) -> String {
        "arn:aws:license-manager::\(seller):license:l-\(product)"
    }

    /// Asks for a path below the control API's, or from the root where it begins with a slash.
    ///
    /// Every answer must be as the route's description says.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "",
        headers: HTTPFields = [:], authority: String? = "127.0.0.1:8655"
    ) async -> Answer {
        var response = await respond(method, path, body, headers: headers, authority: authority)
        // A stream of events has no end.
        let type = response.headers[.contentType] ?? ""
        guard type == "application/json" || type == "application/problem+json" else {
            return Answer(response)
        }
        do {
            while let part = try await response.nextPart?() { response.body += part }
        } catch {
            Issue.record("the answer broke off: \(error)")
        }
        let answer = Answer(response)
        let whole = path.hasPrefix("/") ? path : "\(Self.api)/\(path)"
        let place = String(whole.prefix { $0 != "?" })
        let faults = ControlAPI.faults(in: answer, to: method, place)
        #expect(faults == [], "\(method) \(place)")
        return answer
    }

    /// The answer as the server has it, in parts where it is long.
    func respond(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "",
        headers: HTTPFields = [:], authority: String? = "127.0.0.1:8655"
    ) async -> PlainResponse {
        let whole = path.hasPrefix("/") ? path : "\(Self.api)/\(path)"
        let parts = whole.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return await application.respond(
            to: PlainRequest(
                method: method, path: String(parts[0]),
                query: parts.count > 1 ? String(parts[1]) : "", headers: headers,
                authority: authority, body: Array(body.utf8)))
    }

    /// All items of a list, page by page.
    func items(_ path: String, limit: Int) async throws -> [String] {
        var items: [String] = []
        var cursor: String?
        repeat {
            let separator = path.contains("?") ? "&" : "?"
            let after = cursor.map { "&cursor=\(PercentEncoding.encoded($0))" } ?? ""
            let page = await send(.get, "\(path)\(separator)limit=\(limit)\(after)")
            let document = try JSONDocument(parsing: Array(page.text.utf8))
            let new = document.root["items"].map { Array($0.elements) } ?? []
            guard page.status == 200, new.count <= limit else {
                throw SetUpFailure(text: page.text)
            }
            items += new.map { String(decoding: $0.rawBytes, as: UTF8.self) }
            cursor = page["nextCursor"].flatMap { $0 == "null" ? nil : $0 }
        } while cursor != nil
        return items
    }

    /// Meters usage through the AWS endpoint, with signatures left unchecked.
    @discardableResult
    func meter(_ records: String, product: String? = "saas") async -> Answer {
        let code = product.map { #""ProductCode":"\#($0)","# } ?? ""
        let body = #"{\#(code)"UsageRecords":[\#(records)]}"#
        var fields: HTTPFields = [
            .contentType: "application/x-amz-json-1.1",
            .authorization: "AWS4-HMAC-SHA256 Credential=\(Self.accessKey)/20261123/us-east-1/"
                + "aws-marketplace/aws4_request, SignedHeaders=host;x-amz-date, "
                + "Signature=\(String(repeating: "0", count: 64))",
        ]
        let own = [
            ("x-amz-target", "AWSMPMeteringService.BatchMeterUsage"),
            ("x-amz-date", AmzDate.text(Self.now)),
        ]
        for (name, value) in own {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return await send(.post, "/", body, headers: fields)
    }

    static let accessKey = "AKIATESTTESTTEST"

    /// A marketplace that meters without checking signatures.
    static func metering(
        store: any MarketplaceStore = InMemoryStore()
    ) async throws -> ControlMarket {
        let market = try await ControlMarket(store: store) { $0.authentication = .trusting }
        try await market.furnishForMetering()
        return market
    }

    /// Makes what a furnished marketplace has, and the credential that usage is sent with.
    func furnishForMetering() async throws {
        try await furnish()
        let answer = await send(
            .post, "credentials",
            """
            {"principal":{"kind":"account","accountId":"\(Self.seller)"},\
            "accessKeyId":"\(Self.accessKey)"}
            """)
        guard answer.status == 201 else { throw SetUpFailure(text: answer.text) }
    }

    /// A record of so many users an hour and a half ago, so many hours earlier.
    static func record(_ quantity: Int, hoursAgo: Int64 = 0, _ members: String = "") -> String {
        let time = now.adding(seconds: -5400 - hoursAgo * 3600).seconds
        return """
            {"Timestamp":\(time),"CustomerAWSAccountId":"\(buyer)","Dimension":"users",\
            "Quantity":\(quantity)\(members)}
            """
    }
}
