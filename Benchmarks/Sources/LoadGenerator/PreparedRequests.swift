import Crypto
import FoundationEssentials

/// Whole HTTP requests, one behind the other in memory.
struct PreparedRequests {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    var count: Int { ends.count }

    init(_ bodies: Bodies, numbers: Range<Int>, port: UInt16, now: Int) {
        ends.reserveCapacity(numbers.count)
        let signer = Signer(host: "127.0.0.1:\(port)", now: now)
        for number in numbers {
            let body = Array(bodies.body(of: number).utf8)
            bytes += signer.head(
                operation: bodies.operation, body: body, accessKey: bodies.accessKey(of: number),
                sessionToken: bodies.sessionToken)
            bytes += body
            ends.append(bytes.count)
            if number == numbers.lowerBound {
                bytes.reserveCapacity((bytes.count + 64) * numbers.count)
            }
        }
    }

    func range(of index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }
}

/// The JSON of each request.
///
/// Names are those of the marketplace that `marketplace.py` describes.
struct Bodies {
    let workload: Workload
    let buyers: Int
    let tokens: [String]
    /// The product of batches.
    let product: String
    /// Seconds since 1970 that usage is counted back from.
    let now: Int

    private static let hours = 23

    var operation: String {
        switch workload {
        case .fresh, .resend, .hot, .spread: "BatchMeterUsage"
        case .meter: "MeterUsage"
        case .resolve: "ResolveCustomer"
        case .register: "RegisterUsage"
        }
    }

    func accessKey(of number: Int) -> String {
        switch workload {
        case .fresh, .resend, .hot, .spread, .resolve: "AKIABENCHMARKSELLER1"
        case .meter: "AKIAMETER" + padded(number % buyers, 11)
        case .register: "AKIATASK" + padded(number % buyers, 12)
        }
    }

    /// Workloads have temporary credentials.
    var sessionToken: String? {
        workload == .meter || workload == .register ? "benchmark-session" : nil
    }

    func body(of number: Int) -> String {
        switch workload {
        case .fresh: batch(buyer: number % buyers, hour: number / buyers, dimensions: 25)
        case .resend: batch(buyer: number / 2 % buyers, hour: number / 2 / buyers, dimensions: 25)
        case .hot: batch(buyer: 0, hour: number, dimensions: 25)
        case .spread: spread(number)
        case .meter: meter(number)
        case .resolve: "{\"RegistrationToken\":\"\(tokens[number % tokens.count])\"}"
        case .register: "{\"ProductCode\":\"benchmarkcontainer0000001\",\"PublicKeyVersion\":1}"
        }
    }

    /// Hours go back from now; a run that is longer than all of them meets its own records.
    private func timestamp(_ hour: Int) -> Int { now - hour % Self.hours * 3600 - 60 }

    private func batch(buyer: Int, hour: Int, dimensions: Int) -> String {
        let time = timestamp(hour)
        // moto's server fails on a record without CustomerIdentifier, so it is there and null.
        let records = (0..<dimensions).map { dimension in
            "{\"Timestamp\":\(time),\"CustomerAWSAccountId\":\"\(account(buyer))\","
                + "\"CustomerIdentifier\":null,\"Dimension\":\"d\(dimension)\","
                + "\"Quantity\":\((buyer + dimension) % 100)}"
        }
        return "{\"ProductCode\":\"\(product)\",\"UsageRecords\":["
            + records.joined(separator: ",") + "]}"
    }

    /// Every pair of buyer and hour once, in an order that jumps about.
    private func spread(_ number: Int) -> String {
        let pairs = buyers * Self.hours
        let scattered = number % pairs * 7_368_787 % pairs
        return batch(buyer: scattered % buyers, hour: scattered / buyers, dimensions: 10)
    }

    private func meter(_ number: Int) -> String {
        let hours = 5
        let time = now - number / buyers % hours * 3600 - 60
        return "{\"ProductCode\":\"benchmarkmachine000000001\",\"Timestamp\":\(time),"
            + "\"UsageDimension\":\"d\(number / buyers / hours % 25)\",\"UsageQuantity\":7}"
    }

    private func account(_ number: Int) -> String { String(700_000_000_000 + number) }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}

/// Signature Version 4 for one kind of request.
struct Signer {
    private let host: String
    private let date: String
    private let time: String
    private let key: SymmetricKey

    private static let secret = "benchmark-secret"
    private static let scope = "us-east-1/aws-marketplace/aws4_request"

    init(host: String, now: Int) {
        self.host = host
        let text = Date(timeIntervalSince1970: Double(now)).formatted(
            .iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        time = text
        date = String(text.prefix(8))
        var key = SymmetricKey(data: Array("AWS4\(Self.secret)".utf8))
        for part in [date, "us-east-1", "aws-marketplace", "aws4_request"] {
            let code = HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)
            key = SymmetricKey(data: Array(code))
        }
        self.key = key
    }

    /// The request up to the empty line, signature included.
    func head(
        operation: String, body: [UInt8], accessKey: String, sessionToken: String?
    ) -> [UInt8] {
        let target = "AWSMPMeteringService.\(operation)"
        let token = sessionToken.map { "x-amz-security-token:\($0)\n" } ?? ""
        let names =
            "content-type;host;x-amz-date;"
            + (sessionToken == nil ? "" : "x-amz-security-token;") + "x-amz-target"
        let canonical = """
            POST
            /

            content-type:application/x-amz-json-1.1
            host:\(host)
            x-amz-date:\(time)
            \(token)x-amz-target:\(target)

            \(names)
            \(hexadecimal(SHA256.hash(data: body)))
            """
        let text = """
            AWS4-HMAC-SHA256
            \(time)
            \(date)/\(Self.scope)
            \(hexadecimal(SHA256.hash(data: Array(canonical.utf8))))
            """
        let signature = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
        let lines =
            [
                "POST / HTTP/1.1", "Host: \(host)", "Content-Type: application/x-amz-json-1.1",
                "X-Amz-Target: \(target)", "X-Amz-Date: \(time)",
                "Authorization: AWS4-HMAC-SHA256 Credential=\(accessKey)/\(date)/\(Self.scope), "
                    + "SignedHeaders=\(names), Signature=\(hexadecimal(signature))",
                "Content-Length: \(body.count)",
            ] + (sessionToken.map { ["X-Amz-Security-Token: \($0)"] } ?? []) + ["", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
