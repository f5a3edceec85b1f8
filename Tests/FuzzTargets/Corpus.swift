import AWSWire
import MeteringAPI
import TurnpikeServer

/// The inputs that mutation begins with; what once went wrong stays here.
enum Corpus {
    /// A good body for each operation, in their order.
    static let bodiesByOperation: [[UInt8]] = OperationName.allCases.map { operation in
        switch operation {
        case .batchMeterUsage: batch
        case .meterUsage: meter
        case .registerUsage: register
        case .resolveCustomer: resolve
        case .getEntitlements: entitlements
        }
    }.map { Array($0.utf8) }

    private static let batch = """
        {"ProductCode":"\(Demo.productCode)","UsageRecords":[{"Timestamp":1795435496.789,\
        "CustomerAWSAccountId":"\(Demo.buyerAccountID)","Dimension":"requests","Quantity":3,\
        "UsageAllocations":[{"AllocatedUsageQuantity":1,"Tags":[{"Key":"team","Value":"a"}]},\
        {"AllocatedUsageQuantity":2}]}]}
        """
    private static let meter = """
        {"ProductCode":"demoami000000000000000001","Timestamp":1795435496,"UsageDimension":\
        "queries","UsageQuantity":7,"DryRun":false,"ClientToken":"t-1"}
        """
    private static let register =
        #"{"ProductCode":"democontainer000000000001","PublicKeyVersion":1,"Nonce":"n"}"#
    private static let resolve = #"{"RegistrationToken":"\#(Demo.registrationToken)"}"#

    private static let entitlements = """
        {"ProductCode":"\(Demo.productCode)","Filter":{"DIMENSION":["seats"]},"MaxResults":5}
        """

    static let bodies: [[UInt8]] =
        bodiesByOperation
        + [
            #"{"UsageRecords":null}"#, #"{"UsageRecords":[null,{}]}"#,
            #"{"UsageRecords":[{"Timestamp":-1e18,"QuantityAsDecimal":"1.000001"}]}"#,
            #"{"UsageRecords":[{"LicenseArn":"arn:aws:license-manager::1:license:l-1"}]}"#,
            #"{"UsageRecords":[{"UsageAllocations":[null,{"Tags":[null,{"Key":null}]}]}]}"#,
            #"{"UsageQuantity":1e400,"UsageQuantityAsDecimal":"-0.5","Timestamp":0.0009}"#,
        ].map { Array($0.utf8) }

    static let cbor: [[UInt8]] =
        bodies.compactMap { CBORWriter.cbor(of: $0) } + [
            [0xBF, 0x61, 0x61, 0x9F, 0x01, 0x02, 0xFF, 0xFF], [0x7F, 0x61, 0x61, 0x61, 0x62, 0xFF],
            [0xC1, 0xFB, 0x41, 0xD4, 0x52, 0xD9, 0xEC, 0x20, 0, 0], [0xF9, 0x3C, 0x00],
            [0x3B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x9B, 0xFF, 0xFF, 0xFF, 0xFF],
        ]

    static let json: [[UInt8]] =
        bodies
        + [
            "[]", " {} ", "null", "true", "-0.0e-0", "1E+2", "12345678901234567890.5",
            #""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00b""#, #""\ud800\udc00\udfff""#,
            "\"\u{E9}\u{20AC}\u{1F600}\"",
            #"{"a":{"a":[1,[2,[3]]]},"a":"","\u0061":{}}"#,
            String(repeating: "[", count: 32) + String(repeating: "]", count: 32),
        ].map { Array($0.utf8) }

    /// Bodies behind the byte that chooses operation and key.
    static let operations: [[UInt8]] =
        (UInt8(0)..<UInt8(OperationName.allCases.count * Demo.credentials.count)).map { choice in
            [choice] + bodiesByOperation[Int(choice) % OperationName.allCases.count]
        } + bodies.map { [0] + $0 }

    private static func request(_ line: String, _ body: String = "") -> [UInt8] {
        Array("\(line)\nhost: 127.0.0.1:8655\n\n\(body)".utf8)
    }

    static let requests: [[UInt8]] = [
        request("GET /"), request("OPTIONS /\norigin: http://a.example"),
        request("GET /\naccept: text/html"), request("POST /\ncontent-type: application/json"),
        request("POST /\ncontent-type: application/x-amz-json-1.1", "{}"),
        request("GET /health"), request("GET /metrics"), request("HEAD /nowhere"),
    ]

    private static let api = "/control/v1"

    static let control: [[UInt8]] =
        [
            "accounts", "accounts?limit=1&cursor=1", "accounts/\(Demo.buyerAccountID)", "products",
            "products/\(Demo.productCode)", "products/\(Demo.productCode)/public-keys",
            "credentials", "credentials/\(Demo.seller.accessKeyID)", "agreements",
            "agreements/agmt-demosaasglobex00000000001", "registration-tokens", "clock",
            "settings", "openapi.json",
            "usage?productCode=a&from=2026-12-01T05:59:00Z&to=2026-12-01T06:59:00Z&limit=5",
            "usage/totals?groupBy=productCode,dimension,hour,day,month", "requests?status=400",
            "requests/00000000-0000-0000-0000-000000000000", "a%2Fb/%zz",
        ].map { request("GET \(api)/\($0)") }
        + [
            request(
                "PUT \(api)/accounts/444455556666",
                #"{"role":"buyer","name":"Hooli","customerIdentifier":"hooli1"}"#),
            request(
                "PUT \(api)/products/p1",
                """
                {"type":"saas","title":"T","sellerAccountId":"111122223333","fulfillmentURL":\
                "http://localhost:3000/register","integration":"customerIdentifier",\
                "dimensions":[{"name":"users","unit":"Users","price":"0.002"},\
                {"name":"seats","type":"entitled"}]}
                """),
            request(
                "POST \(api)/credentials",
                """
                {"principal":{"kind":"ecsTask","accountId":"222233334444","region":"us-east-1",\
                "resourceId":"task"},"accessKeyId":"AKIATESTTESTTEST","secretAccessKey":"s",\
                "sessionToken":"t","expiresAt":"2027-01-01T00:00:00Z"}
                """),
            request("DELETE \(api)/credentials/\(Demo.seller.accessKeyID)"),
            request(
                "POST \(api)/agreements",
                """
                {"productCode":"\(Demo.productCode)","buyerAccountId":"333344445555",\
                "agreementId":"agmt-1","licenseArn":\
                "arn:aws:license-manager::111122223333:license:l-1",\
                "startsAt":"2026-10-23T00:00:00Z","endsAt":"2027-10-23T00:00:00Z"}
                """),
            request("POST \(api)/agreements/agmt-demosaasglobex00000000001/cancel", "{}"),
            request(
                "POST \(api)/registration-tokens",
                """
                {"agreementId":"agmt-demosaasglobex00000000001",\
                "expiresAt":"2027-01-01T00:00:00Z"}
                """),
            request("PUT \(api)/clock", #"{"mode":"fixed","at":"2026-12-01T05:59:00Z"}"#),
            request("PUT \(api)/clock", #"{"mode":"offset","offsetSeconds":-3600}"#),
            request("POST \(api)/reset", #"{"scope":"usage"}"#),
        ]
}
