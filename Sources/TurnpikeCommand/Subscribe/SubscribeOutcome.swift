import AWSWire
import NIOHTTP1
import WebServer

/// What the control API says to a subscription: an agreement, and a token for SaaS products.
struct SubscribeOutcome {
    let agreementID: String
    let state: String
    let isFreeTrial: Bool
    let isNew: Bool
    let productCode: String
    let buyer: String
    let registration: Registration?

    struct Registration {
        let tokenID: String
        let expiresAt: String
        /// Where the form goes; nil where the product does not say.
        let url: String?
        let body: String
    }

    init(
        of buyer: String, to productCode: String, isFreeTrial: Bool, _ control: ControlClient
    ) async throws {
        let path = "/control/v1/products/\(PercentEncoding.encoded(productCode))/subscribe"
        let answer = try await control.send(.POST, path) { writer in
            writer.member("buyerAccountId", buyer)
            writer.name("freeTrial")
            writer.literal(isFreeTrial ? "true" : "false")
        }
        self.init(answer.root, buyer: buyer, productCode: productCode)
    }

    init(_ answer: JSONValue, buyer: String, productCode: String) {
        let agreement = answer["agreement"]
        agreementID = agreement?["agreementId"]?.text ?? ""
        state = agreement?["state"]?.text ?? ""
        isFreeTrial = agreement?["freeTrial"]?.isTrue ?? false
        isNew = answer["new"]?.isTrue ?? false
        self.productCode = productCode
        self.buyer = buyer
        registration = answer["registration"].map { registration in
            let form = registration["fulfillment"]
            return Registration(
                tokenID: registration["tokenId"]?.text ?? "",
                expiresAt: registration["expiresAt"]?.text ?? "", url: form?["url"]?.text,
                body: form?["body"]?.text ?? "")
        }
    }

    /// What became of it.
    var sentence: String {
        let trial = isFreeTrial ? " (a free trial)" : ""
        return isNew
            ? "\(buyer) subscribed to \(productCode) with agreement \(agreementID)\(trial)."
            : "\(buyer) has the agreement \(agreementID)\(trial) for \(productCode): "
                + "it is \(state)."
    }

    /// The form for people to read and copy.
    var form: String {
        guard let registration else { return Self.notSetUp }
        let target = registration.url ?? "(the product has no fulfillmentURL)"
        return """
            Its browser would post this form; the token is good until \(registration.expiresAt):

            POST \(target)
            Content-Type: \(PercentEncoding.formType)

            \(registration.body)
            """
    }

    static let notSetUp = """
        Only SaaS products are set up on a web site: the software of others runs in the buyer's \
        account, with credentials that POST /control/v1/credentials makes.
        """
}

extension JSONValue {
    fileprivate var isTrue: Bool { String(decoding: rawBytes, as: UTF8.self) == "true" }
}
