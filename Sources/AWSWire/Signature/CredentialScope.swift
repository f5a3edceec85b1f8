/// Where and when a signature is good for: `20150830/us-east-1/aws-marketplace/aws4_request`.
package struct CredentialScope: Sendable, Hashable {
    /// Eight digits.
    package var date: String
    package var region: String
    package var service: String

    package init(date: String, region: String, service: String) {
        self.date = date
        self.region = region
        self.service = service
    }

    static let terminator = "aws4_request"

    package var description: String { "\(date)/\(region)/\(service)/\(Self.terminator)" }
}
