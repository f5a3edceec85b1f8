import Marketplace
import MarketplaceHost

extension EndpointAnswer {
    /// What is answered instead of doing anything.
    init(_ instead: FaultInjector.Instead) {
        switch instead {
        case .refusal(let refusal): self.init(refusal)
        case .silence(let note):
            self.init(
                status: 0, body: [], error: "(no answer)", contentType: nil,
                Explanation(rule: .fault, reason: note))
        case .noJSON(let note):
            self.init(
                status: 500, body: Array("Internal Server Error\n".utf8), error: "(no JSON)",
                contentType: "text/plain", Explanation(rule: .fault, reason: note))
        case .proxyPage(let note):
            self.init(
                status: 503, body: Array(Self.proxyPage.utf8), error: "(a proxy)",
                contentType: "text/html", Explanation(rule: .fault, reason: note))
        }
    }

    private static let proxyPage = """
        <html><head><title>503 Service Temporarily Unavailable</title></head>
        <body><center><h1>503 Service Temporarily Unavailable</h1></center></body></html>

        """
}
