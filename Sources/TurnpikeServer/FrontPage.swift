import HTTPTypes
import WebServer

/// What a person sees who opens the endpoint in a browser.
enum FrontPage {
    static func isAskedFor(by request: PlainRequest) -> Bool {
        request.method == .get && request.headers[.accept]?.contains("text/html") == true
    }

    static let response = PlainResponse(
        status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
        body: Array(
            """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Turnpike</title></head>
            <body>
            <h1>Turnpike</h1>
            <p>This is an AWS Marketplace Metering Service that runs on its own.
            AWS SDKs and the AWS CLI talk to it: set
            <code>AWS_ENDPOINT_URL_MARKETPLACE_METERING</code> to this address.</p>
            <ul>
            <li><a href="/marketplace">The marketplace, as buyers see it</a></li>
            <li><a href="/control/v1/requests">What was asked, and why it was answered so</a></li>
            <li><a href="/control/v1/usage">What is recorded</a></li>
            <li><a href="/control/v1/openapi.json">The control API</a></li>
            <li><a href="/health">Health</a></li>
            </ul>
            </body>
            </html>

            """.utf8))
}
