package import HTTPTypes
package import Waiting

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
    /// Why the body was not read; nil where `body` is all of it.
    package var bodyRefusal: BodyRefusal?
    /// Rings once the client sends nothing more, which is how one that has gone is noticed; nil
    /// for requests that came over no connection.
    package var departure: Bell?

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
    /// What follows the body, part by part; nil is the end, and where it throws the connection is
    /// cut, so that nobody takes what came for all.
    package var nextPart: NextPart?

    package typealias NextPart = @Sendable () async throws -> [UInt8]?

    package init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
