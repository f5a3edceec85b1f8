import Marketplace
import MeteringAPI
import Testing
import TurnpikeServer

/// A request that the control API refuses, and what it says is wrong.
struct BadRequest: Sendable, CustomTestStringConvertible {
    let method: String
    let path: String
    let body: String
    let status: Int
    let field: String
    /// A part of the reason.
    let reason: String

    init(
        _ method: String, _ path: String, _ body: String, _ status: Int, _ field: String,
        _ reason: String
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.status = status
        self.field = field
        self.reason = reason
    }

    var testDescription: String { "\(method) \(path) \(body)" }
}

extension BadRequest {
    private static func account(_ body: String, _ field: String, _ reason: String) -> BadRequest {
        BadRequest("PUT", "accounts/999900001111", body, 400, field, reason)
    }

    static let accounts: [BadRequest] = [
        account(#"{"name":"A"}"#, "role", "missing"),
        account(#"{"role":"reseller","name":"A"}"#, "role", "'reseller' is none of seller, buyer"),
        account(#"{"role":1,"name":"A"}"#, "role", "a text is expected"),
        account(#"{"role":"seller"}"#, "name", "missing"),
        account(#"{"role":"seller","name":null}"#, "name", "missing"),
        account(#"{"role":"seller","name":""}"#, "name", "empty"),
        account(#"{"role":"seller","name":"A","nmae":"B"}"#, "nmae", "no such member"),
        account(#"{"role":"seller","name":"A","suspended":"no"}"#, "suspended", "true or false"),
        account(#"{"role":"seller","name":"A","suspended":true}"#, "suspended", "only a buyer"),
        account(
            #"{"role":"seller","name":"A","customerIdentifier":"c"}"#, "customerIdentifier",
            "only a buyer"),
        account(
            #"{"role":"buyer","name":"A","customerIdentifier":""}"#, "customerIdentifier",
            "1 to 255"),
        account("[]", "(body)", "an object is expected"),
        BadRequest(
            "PUT", "accounts/12345678901", #"{"role":"seller","name":"A"}"#, 400, "accountId",
            "twelve digits"),
        BadRequest(
            "PUT", "accounts/12345678901x", #"{"role":"seller","name":"A"}"#, 400, "accountId",
            "twelve digits"),
        BadRequest(
            "PUT", "accounts/999900001111",
            #"{"role":"buyer","name":"A","customerIdentifier":"ifAPi5AcF3"}"#, 409,
            "customerIdentifier", "account 222233334444 already has 'ifAPi5AcF3'"),
        BadRequest(
            "PUT", "accounts/111122223333", #"{"role":"buyer","name":"A"}"#, 409, "role",
            "the account is a seller with products or agreements"),
        BadRequest(
            "PUT", "accounts/222233334444", #"{"role":"seller","name":"A"}"#, 409, "role",
            "the account is a buyer with products or agreements"),
    ]

    private static func product(_ member: String, _ field: String, _ reason: String) -> BadRequest {
        BadRequest(
            "PUT", "products/new",
            """
            {"type":"saas","title":"A","sellerAccountId":"111122223333","dimensions":[],\(member)}
            """, 400, field, reason)
    }

    private static func dimension(
        _ text: String, _ field: String, _ reason: String
    ) -> BadRequest {
        BadRequest(
            "PUT", "products/new",
            """
            {"type":"saas","title":"A","sellerAccountId":"111122223333","dimensions":[\(text)]}
            """, 400, field, reason)
    }

    static let products: [BadRequest] = [
        BadRequest("PUT", "products/new", "", 400, "type", "missing"),
        BadRequest(
            "PUT", "products/a%20b", ControlMarket.product("saas"), 400, "productCode",
            "a-z A-Z 0-9"),
        BadRequest(
            "PUT", "products/\(String(repeating: "a", count: 256))", ControlMarket.product("saas"),
            400, "productCode", "1 to 255"),
        BadRequest(
            "PUT", "products/new",
            #"{"type":"saas","title":"A","sellerAccountId":"222233334444","dimensions":[]}"#,
            400, "sellerAccountId", "there is no seller's account '222233334444'"),
        product(#""integration":"legacy""#, "integration", "none of concurrentAgreements"),
        product(#""contract":"2024-01""#, "contract", "there is no contract '2024-01'"),
        product(#""productCode":"new""#, "productCode", "no such member"),
        product(#""fulfillmentURL":7"#, "fulfillmentURL", "a text is expected"),
        dimension(#"{"name":""}"#, "dimensions[0].name", "1 to 255"),
        dimension("{}", "dimensions[0].name", "missing"),
        dimension(#""users""#, "dimensions[0]", "an object is expected"),
        dimension(#"{"name":"a"},{"name":"a"}"#, "dimensions[1].name", "already"),
        dimension(#"{"name":"a","type":"free"}"#, "dimensions[0].type", "metered, entitled"),
        dimension(#"{"name":"a","price":0.5}"#, "dimensions[0].price", "a text is expected"),
        dimension(#"{"name":"a","price":"1e3"}"#, "dimensions[0].price", "no decimal"),
        dimension(#"{"name":"a","price":"-1"}"#, "dimensions[0].price", "no decimal"),
        dimension(#"{"name":"a","pirce":"1"}"#, "dimensions[0].pirce", "no such member"),
        BadRequest(
            "PUT", "products/new",
            ControlMarket.product("ami", #""integration":"customerIdentifier","#), 400,
            "integration", "only saas"),
        BadRequest("GET", "products/new", "", 404, "productCode", "there is no product 'new'"),
        BadRequest("GET", "products/new/public-keys", "", 404, "productCode", "no product"),
        BadRequest("POST", "products/new/public-keys", "", 404, "productCode", "no product"),
        BadRequest(
            "POST", "products/container/public-keys", #"{"version":2}"#, 400, "version",
            "no such member"),
    ]

    private static func credential(
        _ principal: String, _ members: String, _ field: String, _ reason: String
    ) -> BadRequest {
        BadRequest(
            "POST", "credentials", #"{"principal":{\#(principal)}\#(members)}"#, 400, field,
            reason)
    }

    private static let account = #""kind":"account","accountId":"111122223333""#

    static let credentials: [BadRequest] = [
        BadRequest("POST", "credentials", "{}", 400, "principal", "missing"),
        credential("", "", "principal.kind", "missing"),
        credential(#""kind":"user","accountId":"1""#, "", "principal.kind", "'user' is none of"),
        credential(#""kind":"account""#, "", "principal.accountId", "missing"),
        credential(
            #""kind":"account","accountId":"999900001111""#, "", "principal.accountId",
            "there is no account '999900001111'"),
        credential(account + #","region":"us-east-1""#, "", "principal.region", "no region"),
        credential(account + #","resourceId":"i-1""#, "", "principal.resourceId", "no resource"),
        credential(
            #""kind":"ecsTask","accountId":"222233334444""#, "", "principal.region",
            "a workload runs in a region"),
        credential(
            #""kind":"ecsTask","accountId":"222233334444","region":"US East""#, "",
            "principal.region", "no region such as us-east-1"),
        credential(
            #""kind":"ecsTask","accountId":"222233334444","region":"us-east-1","resourceId":"""#,
            "", "principal.resourceId", "1 to 255"),
        credential(account + #","name":"x""#, "", "principal.name", "no such member"),
        credential(account, #","allow":["GetUsage"]"#, "allow[0]", "'GetUsage' is none of"),
        credential(account, #","allow":[1]"#, "allow[0]", "a text is expected"),
        credential(account, #","allow":"MeterUsage""#, "allow", "a list is expected"),
        credential(account, #","expiresIn":-1"#, "expiresIn", "0 (for ever) or more"),
        credential(account, #","expiresIn":1.5"#, "expiresIn", "a whole number is expected"),
        credential(account, #","expiresIn":"60""#, "expiresIn", "a whole number is expected"),
        credential(
            account, #","expiresIn":9223372036854775807"#, "expiresIn", "a hundred years"),
        credential(account, #","accessKeyId":"AKIA""#, "accessKeyId", "16 to 128"),
        credential(account, #","accessKeyId":"AKIA/AKIA/AKIA/AKIA""#, "accessKeyId", "letters"),
        credential(account, #","secretAccessKey":"""#, "secretAccessKey", "empty"),
        credential(account, #","sessionToken":"""#, "sessionToken", "empty"),
        BadRequest("GET", "credentials/AKIA", "", 404, "accessKeyId", "no credential 'AKIA'"),
        BadRequest("DELETE", "credentials/AKIA", "", 404, "accessKeyId", "no credential 'AKIA'"),
    ]

    private static func agreement(
        _ members: String, _ field: String, _ reason: String, status: Int = 400
    ) -> BadRequest {
        BadRequest(
            "POST", "agreements",
            #"{"productCode":"saas","buyerAccountId":"222233334444"\#(members)}"#, status, field,
            reason)
    }

    static let agreements: [BadRequest] = [
        BadRequest("POST", "agreements", "", 400, "productCode", "missing"),
        BadRequest(
            "POST", "agreements", #"{"productCode":"saas"}"#, 400, "buyerAccountId", "missing"),
        BadRequest(
            "POST", "agreements", #"{"productCode":"x","buyerAccountId":"222233334444"}"#, 400,
            "productCode", "there is no product 'x'"),
        BadRequest(
            "POST", "agreements", #"{"productCode":"saas","buyerAccountId":"111122223333"}"#, 400,
            "buyerAccountId", "there is no buyer's account '111122223333'"),
        agreement(#","startsAt":"yesterday""#, "startsAt", "a time such as"),
        agreement(#","startsAt":1795437296"#, "startsAt", "a text is expected"),
        agreement(#","endsAt":"2026-02-30T00:00:00Z""#, "endsAt", "a time such as"),
        agreement(#","endsAt":"2026-01-01T00:00:00Z""#, "endsAt", "not after the start"),
        agreement(#","agreementId":"""#, "agreementId", "empty"),
        agreement(#","licenseArn":"l-1""#, "licenseArn", "no ARN such as"),
        agreement(#","freeTrial":1"#, "freeTrial", "true or false"),
        agreement(#","state":"active""#, "state", "no such member"),
        agreement(
            #","agreementId":"agmt-saas""#, "agreementId", "'agmt-saas' exists", status: 409),
        agreement(
            #","licenseArn":"\#(ControlMarket.license("ami"))""#, "licenseArn",
            "belongs to another agreement", status: 409),
        BadRequest("GET", "agreements/x", "", 404, "agreementId", "there is no agreement 'x'"),
        BadRequest(
            "POST", "agreements/x/cancel", "", 404, "agreementId", "there is no agreement 'x'"),
        BadRequest(
            "POST", "agreements/agmt-saas/cancel", #"{"at":"soon"}"#, 400, "at", "a time such as"),
        BadRequest(
            "POST", "agreements/agmt-saas/cancel", #"{"when":"x"}"#, 400, "when",
            "no such member"),
    ]

    static let tokens: [BadRequest] = [
        BadRequest("POST", "registration-tokens", "", 400, "productCode", "missing"),
        BadRequest(
            "POST", "registration-tokens", #"{"productCode":"saas"}"#, 400, "buyerAccountId",
            "missing"),
        BadRequest(
            "POST", "registration-tokens", #"{"agreementId":"x"}"#, 400, "agreementId",
            "there is no agreement 'x'"),
        BadRequest(
            "POST", "registration-tokens", #"{"agreementId":"agmt-saas","productCode":"saas"}"#,
            400, "agreementId", "excludes productCode"),
        BadRequest(
            "POST", "registration-tokens", #"{"agreementId":"agmt-saas","expiresIn":0}"#, 400,
            "expiresIn", "a second or more"),
        BadRequest(
            "POST", "registration-tokens",
            #"{"agreementId":"agmt-saas","expiresIn":9223372036854775807}"#, 400, "expiresIn",
            "a hundred years"),
        BadRequest(
            "POST", "registration-tokens", #"{"agreementId":"agmt-ami"}"#, 409, "productCode",
            "only saas products"),
        BadRequest(
            "POST", "registration-tokens",
            #"{"productCode":"x","buyerAccountId":"222233334444"}"#, 400, "productCode",
            "there is no product 'x'"),
        BadRequest(
            "POST", "registration-tokens",
            #"{"productCode":"saas","buyerAccountId":"x"}"#, 400, "buyerAccountId",
            "there is no buyer's account 'x'"),
        BadRequest("GET", "registration-tokens/x", "", 404, "tokenId", "no registration token"),
    ]

    static let server: [BadRequest] = [
        BadRequest("PUT", "clock", "", 400, "mode", "missing"),
        BadRequest("PUT", "clock", #"{"mode":"fast"}"#, 400, "mode", "real, running, frozen"),
        BadRequest("PUT", "clock", #"{"mode":"frozen","speed":2}"#, 400, "speed", "running clock"),
        BadRequest(
            "PUT", "clock", #"{"mode":"real","now":"2027-01-01T00:00:00Z"}"#, 400, "now",
            "cannot be set"),
        BadRequest("PUT", "clock", #"{"mode":"running","speed":0}"#, 400, "speed", "from 0.001"),
        BadRequest("PUT", "clock", #"{"mode":"running","speed":-1}"#, 400, "speed", "from 0.001"),
        BadRequest(
            "PUT", "clock", #"{"mode":"running","speed":86400.001}"#, 400, "speed", "86400"),
        BadRequest(
            "PUT", "clock", #"{"mode":"running","speed":0.0001}"#, 400, "speed",
            "three decimals"),
        BadRequest("PUT", "clock", #"{"advance":"1h"}"#, 400, "advance", "a number"),
        BadRequest("PUT", "clock", #"{"advance":1e400}"#, 400, "advance", "a number"),
        BadRequest(
            "PUT", "clock", #"{"advance":9000000000000000}"#, 400, "advance", "the year 9999"),
        BadRequest(
            "PUT", "clock", #"{"advance":60,"mode":"real"}"#, 400, "advance", "excludes mode"),
        BadRequest("PUT", "clock", #"{"advance":-1}"#, 409, "advance", "/control/v1/reset"),
        BadRequest(
            "PUT", "clock", #"{"mode":"frozen","now":"2020-01-01T00:00:00Z"}"#, 409, "now",
            "/control/v1/reset"),
        BadRequest("POST", "reset", #"{"everything":"yes"}"#, 400, "everything", "true or false"),
        BadRequest("POST", "reset", #"{"all":true}"#, 400, "all", "no such member"),
        BadRequest("GET", "requests/x", "", 404, "requestId", "no request"),
        BadRequest("GET", "accounts/x", "", 404, "accountId", "there is no account 'x'"),
    ]
}
