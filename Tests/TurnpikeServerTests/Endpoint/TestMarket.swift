import AWSWire
import HTTPTypes
import InMemoryStore
import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import Synchronization
import TurnpikeServer
import WebServer

/// A running marketplace without a network: a product of each type, a seller, a buyer, and a
/// credential for each kind of caller, at a fixed moment.
struct TestMarket {
    static let seller = "111122223333"
    static let buyer = "222233334444"
    static let now = Timestamp(milliseconds: 1_795_437_296_789)

    let state: MarketplaceState
    let endpoint: AWSEndpoint
    let log = RequestLog()

    /// A market on a store, with what `setUp` adds.
    init(
        store: any MarketplaceStore = InMemoryStore(),
        authentication: AuthenticationMode = .verified, contract: Contract = .newest,
        explainsInHeader: Bool = true, realNow: Timestamp = Self.now,
        faults: FaultInjector = FaultInjector()
    ) async throws {
        state = try await MarketplaceState(
            store: store, contract: contract, faults: faults, realClock: { realNow })
        endpoint = AWSEndpoint(
            state: state, log: log, forge: RegistrationKeyForge(state: state),
            authentication: authentication, explainsInHeader: explainsInHeader)
        try await state.edit { edit in
            edit.put(.account(Account(id: Self.seller, role: .seller, name: "Acme")))
            edit.put(
                .account(
                    Account(
                        id: Self.buyer, role: .buyer, name: "Buyer",
                        customerIdentifier: "ifAPi5AcF3")))
            for type in ProductType.allCases {
                let code = type.rawValue
                edit.put(
                    .product(
                        Product(
                            code: code, type: type, title: code, sellerAccountID: Self.seller,
                            dimensions: [Dimension(name: "users"), Dimension(name: "hours")])))
                edit.put(
                    .agreement(
                        Agreement(
                            id: "agmt-\(code)", licenseARN: Self.license(code),
                            productCode: code, buyerAccountID: Self.buyer,
                            startsAt: Self.now.adding(seconds: -86_400 * 30))))
            }
            edit.put(.signingKey(RegistrationKey(productCode: "container", version: 1)))
            for kind in PrincipalKind.allCases {
                edit.put(.credential(Self.credential(kind)))
            }
        }
    }

    static func license(_ code: String) -> String {
        "arn:aws:license-manager::\(seller):license:l-\(code)"
    }

    static func credential(_ kind: PrincipalKind) -> Credential {
        let principal =
            kind == .account
            ? Principal(kind: .account, accountID: seller)
            : Principal(
                kind: kind, accountID: buyer, region: "us-east-1",
                resourceID: "resource-\(kind.rawValue)")
        return Credential(
            accessKeyID: "AKIA\(kind.rawValue.uppercased())",
            secretAccessKey: "secret of \(kind.rawValue)",
            sessionToken: kind == .account ? nil : "session of \(kind.rawValue)",
            principal: principal)
    }

    /// Sends a signed request and gives the answer.
    func send(
        _ operation: OperationName, _ body: String, as kind: PrincipalKind = .account,
        change: (inout PlainRequest) -> Void = { _ in }
    ) async -> Answer {
        var request = Self.request(operation, body, as: kind)
        change(&request)
        return Answer(await endpoint.respond(to: request))
    }

    /// A signed request, as an SDK sends it.
    static func request(
        _ operation: OperationName, _ body: String, as kind: PrincipalKind = .account,
        region: String = "us-east-1", signedAt: Timestamp = Self.now
    ) -> PlainRequest {
        let credential = credential(kind)
        var headers: [(name: String, value: String)] = [
            ("host", "127.0.0.1:8655"), ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", operation.target),
            ("x-amz-date", AmzDate.text(signedAt)),
        ]
        if let token = credential.sessionToken { headers.append(("x-amz-security-token", token)) }
        let signer = RequestSigner(
            accessKeyID: credential.accessKeyID, secretAccessKey: credential.secretAccessKey,
            region: region, service: "aws-marketplace")
        let steps = signer.sign(
            SignableRequest(method: "POST", path: "/", headers: headers),
            payload: Array(body.utf8), at: signedAt)
        var fields = HTTPFields()
        for header in headers.dropFirst() + [("authorization", steps.authorization)] {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        return PlainRequest(
            method: .post, path: "/", headers: fields, authority: "127.0.0.1:8655",
            body: Array(body.utf8))
    }

    /// The explanation of the newest request.
    var explanation: Explanation? {
        log.requests(limit: 1) { _ in true }.first?.request.explanation
    }
}

/// What the endpoint answered.
struct Answer {
    let status: Int
    let headers: HTTPFields
    let text: String

    init(_ response: PlainResponse) {
        status = response.status.code
        headers = response.headers
        text = String(decoding: response.body, as: UTF8.self)
    }

    /// The member that a path of names and indices leads to, as text.
    subscript(path: String) -> String? {
        guard let document = try? JSONDocument(parsing: Array(text.utf8)) else { return nil }
        var value: JSONValue? = document.root
        for step in path.split(separator: ".") {
            if let index = Int(step) {
                value = value.flatMap { value in
                    value.kind == .list ? value.elements.dropFirst(index).first { _ in true } : nil
                }
            } else {
                value = value?[String(step)]
            }
        }
        guard let value else { return nil }
        return value.kind == .string ? value.text : String(decoding: value.rawBytes, as: UTF8.self)
    }

    /// The exception's name, without a namespace.
    var error: String? {
        self["__type"]?.split(separator: "#").last.map(String.init)
    }
}
