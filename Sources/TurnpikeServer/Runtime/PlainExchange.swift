package import HTTPTypes

/// A request whose body has been read, apart from any server.
package struct PlainRequest: Sendable {
    package var method: HTTPRequest.Method
    /// The path as sent, percent-encoded, without the query.
    package var path: String
    /// The query as sent, without its question mark.
    package var query: String
    package var headers: HTTPFields
    /// The `Host` header, which HTTP libraries keep apart.
    package var authority: String?
    package var body: [UInt8]

    package init(
        method: HTTPRequest.Method, path: String, query: String = "", headers: HTTPFields = [:],
        authority: String? = nil, body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.authority = authority
        self.body = body
    }
}

/// An answer, apart from any server.
package struct PlainResponse: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HTTPFields
    package var body: [UInt8]
    /// Whether the connection is cut instead of answering.
    package var isCut = false

    package init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
