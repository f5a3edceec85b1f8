import AWSWire
import AsyncHTTPClient
import FoundationEssentials
import Hummingbird
import MeteringAPI
import NIOHTTP1

/// The two calls of a seller's site, as signed JSON.
///
/// Your own site takes them from an AWS SDK; they are written out here to show what they are.
struct MeteringService: Sendable {
    private let endpoint: String
    private let region: String
    private let signer: RequestSigner

    /// Reads the variables that AWS's SDKs read.
    init(_ environment: Environment) throws {
        func value(_ name: String) throws -> String {
            guard let value = environment.get(name) else { throw MissingVariable(name: name) }
            return value
        }
        endpoint = try value("AWS_ENDPOINT_URL_MARKETPLACE_METERING")
        region = try value("AWS_REGION")
        signer = RequestSigner(
            accessKeyID: try value("AWS_ACCESS_KEY_ID"),
            secretAccessKey: try value("AWS_SECRET_ACCESS_KEY"), region: region,
            service: "aws-marketplace")
    }

    struct MissingVariable: Error {
        let name: String
    }

    /// What AWS answers to a request that it does not accept.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    func resolveCustomer(_ token: String) async throws -> Customer {
        try await call("ResolveCustomer", ["RegistrationToken": token])
    }

    func batchMeterUsage(_ records: [UsageRecord]) async throws -> BatchMeterUsageResult {
        try await call("BatchMeterUsage", ["UsageRecords": records])
    }

    private func call<Result: Decodable>(
        _ operation: String, _ input: some Encodable
    ) async throws -> Result {
        let body = Array(try JSONEncoder().encode(input))
        var request = HTTPClientRequest(url: endpoint + "/")
        request.method = .POST
        request.body = .bytes(body)
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        let headers = [
            (name: "host", value: endpoint.drop { $0 != "/" }.drop { $0 == "/" }.description),
            (name: "content-type", value: "application/x-amz-json-1.1"),
            (name: "x-amz-target", value: "AWSMPMeteringService.\(operation)"),
            (name: "x-amz-date", value: AmzDate.text(now)),
        ]
        let signed = signer.sign(
            SignableRequest(method: "POST", path: "/", headers: headers), payload: body, at: now)
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        request.headers.add(name: "authorization", value: signed.authorization)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let answer = try await response.body.collect(upTo: 1_048_576)
        let data = Data(answer.readableBytesView)
        guard response.status == .ok else {
            throw Refusal(description: String(decoding: data, as: UTF8.self))
        }
        return try JSONDecoder().decode(Result.self, from: data)
    }
}

/// Whom a token stands for.
struct Customer: Decodable, Sendable {
    let accountID: String
    let licence: String

    private enum CodingKeys: String, CodingKey {
        case accountID = "CustomerAWSAccountId"
        case licence = "LicenseArn"
    }
}

/// What a licence used in the hour of its timestamp.
struct UsageRecord: Codable, Sendable {
    let timestamp: Double
    let accountID: String
    let licence: String
    let dimension: String
    let quantity: Int

    init(of buyer: Customer, quantity: Int) {
        timestamp = Date().timeIntervalSince1970.rounded(.down)
        accountID = buyer.accountID
        licence = buyer.licence
        dimension = "requests"
        self.quantity = quantity
    }

    private enum CodingKeys: String, CodingKey {
        case timestamp = "Timestamp"
        case accountID = "CustomerAWSAccountId"
        case licence = "LicenseArn"
        case dimension = "Dimension"
        case quantity = "Quantity"
    }
}

/// What became of each record; the rest, if any, is in UnprocessedRecords.
struct BatchMeterUsageResult: Decodable, Sendable {
    let results: [Item]

    struct Item: Decodable, Sendable {
        let record: UsageRecord
        let status: String

        private enum CodingKeys: String, CodingKey {
            case record = "UsageRecord"
            case status = "Status"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case results = "Results"
    }
}
