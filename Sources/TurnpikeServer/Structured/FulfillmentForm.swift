import FoundationEssentials

/// What the buyer's browser posts to the seller's registration page.
package struct FulfillmentForm: Sendable, Hashable {
    /// The fields in their order.
    package let fields: [Field]

    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package static let contentType = "application/x-www-form-urlencoded"

    package init(token: String, isFreeTrial: Bool) {
        var fields = [Field(name: "x-amzn-marketplace-token", value: token)]
        if isFreeTrial {
            fields.append(Field(name: "x-amzn-marketplace-offer-type", value: "free-trial"))
        }
        self.fields = fields
    }

    /// The form as it is sent.
    package var body: String {
        fields.map { "\($0.name)=\(PercentEncoding.encoded($0.value))" }.joined(separator: "&")
    }
}

/// An address that a browser may be sent to: http or https, with a host.
package struct FulfillmentURL: Sendable, Hashable {
    private let url: URL

    /// Nil for what is no absolute URL of http or https, or has a user's name in it.
    ///
    /// Programs read odd characters differently, so only such a text passes as all read alike.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }),
            let url = URL(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", url.host?.isEmpty == false, url.user == nil
        else { return nil }
        self.url = url
    }

    package var text: String { url.absoluteString }

    /// Where a `Location` leads from here.
    package func following(_ location: String) -> FulfillmentURL? {
        URL(string: location, relativeTo: url).flatMap { FulfillmentURL($0.absoluteString) }
    }

    /// Whether it is written as an address of this machine.
    package var isLoopback: Bool {
        TurnpikeConfiguration.isLoopback(url.host?.lowercased() ?? "")
    }
}
