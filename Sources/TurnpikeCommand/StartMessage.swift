import Marketplace
import MarketplaceHost
import MeteringAPI
import MeteringEndpoint
import TurnpikeServer
import WebServer

/// What `turnpike serve` says once it listens.
struct StartMessage {
    let application: TurnpikeApplication
    let port: Int
    /// How many files the process may have open.
    var files = FileLimit.current

    var text: String {
        let configuration = application.configuration
        let storage = configuration.storage
        let end = storage == .memory ? ", gone when the server stops" : ""
        var text = """
            Turnpike \(Version.current) serves contract \(configuration.contract.name) on \
            \(endpoint)
            The marketplace is kept \(storage.place)\(end). Stop with Ctrl-C.

            """
        if configuration.authentication == .trusting {
            text += "Signatures are NOT checked (--auth trusting).\n"
        }
        let connections = FileLimit.connections(files: files)
        if connections < HTTPLimits.connections {
            text += """
                Only \(connections) connections are served at once, not \(HTTPLimits.connections): \
                this process may have \(files) files open. Start it with a limit of \
                \(FileLimit.enough) (ulimit -n).

                """
        }
        if configuration.isDemo {
            text += "\n" + demo
        } else if application.state.catalog.products.isEmpty {
            text += """
                There is no product yet: start it with --demo or --seed FILE, or make one with the \
                control API.

                """
        }
        return text
    }

    private var endpoint: String {
        let host = application.configuration.host
        return "http://\(host.contains(":") && host.first != "[" ? "[\(host)]" : host):\(port)"
    }

    /// What curl says to a server that asks for a token; the token itself is not printed.
    private var authorization: String {
        application.configuration.controlToken == nil
            ? "" : #"-H "Authorization: Bearer $TURNPIKE_CONTROL_TOKEN" "#
    }

    /// Commands to copy into a second terminal.
    private var demo: String {
        let seller = Demo.seller
        let now = application.state.catalog.now(real: application.state.realNow)
        return """
            Try it in a second terminal, with the AWS CLI:

            \(seller.exports(endpoint: endpoint).joined(separator: "\n"))

            aws meteringmarketplace resolve-customer \\
              --registration-token '\(Demo.registrationToken)'

            aws meteringmarketplace batch-meter-usage --product-code \(Demo.productCode) \\
              --usage-records Timestamp=\(now.seconds),CustomerAWSAccountId=\
            \(Demo.buyerAccountID),Dimension=\(Demo.dimension),Quantity=3

            curl \(authorization)\(endpoint)/control/v1/requests    # what was asked, and why it \
            was answered so

            Be a buyer, in a browser: \(endpoint)/marketplace

            """
    }
}

extension Demo.NamedCredential {
    /// What makes AWS clients use this credential here, GetEntitlements' included.
    func variables(endpoint: String) -> [(name: String, value: String)] {
        let token = sessionToken.map { [("AWS_SESSION_TOKEN", $0)] } ?? []
        return [
            ("AWS_ENDPOINT_URL_MARKETPLACE_METERING", endpoint),
            ("AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE", endpoint),
            ("AWS_ACCESS_KEY_ID", accessKeyID),
            ("AWS_SECRET_ACCESS_KEY", secretAccessKey),
        ] + token + [("AWS_REGION", region), ("AWS_DEFAULT_REGION", region)]
    }

    /// The same as lines for a shell.
    func exports(endpoint: String) -> [String] {
        // Quotation marks in an endpoint must not end the text, because a shell evaluates it.
        variables(endpoint: endpoint).map { name, value in
            let quoted = value.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''")
            return "export \(name)='\(quoted)'"
        }
            + (sessionToken == nil ? ["unset AWS_SESSION_TOKEN"] : [])
    }
}
