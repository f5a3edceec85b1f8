import HTTPTypes
import NIOHTTP1

/// How an answer is put on the wire for the client that asked.
struct AnswerFraming {
    /// The header fields, those of the framing included.
    let headers: HTTPHeaders
    /// Whether the connection closes after it.
    let isLast: Bool

    init(_ response: PlainResponse, to request: IncomingRequest, isQuiescing: Bool) {
        let isStream = response.nextPart != nil
        let isHead = request.request.method == .head
        // Only the end of the connection ends a stream for a client that knows no chunks.
        let isEndedByClosing = isStream && !request.isModern && !isHead
        isLast = request.isLast || isQuiescing || isEndedByClosing
        var headers = HTTPHeaders()
        headers.reserveCapacity(response.headers.count + 2)
        for field in response.headers where field.name != .contentLength {
            headers.add(name: field.name.rawName, value: field.value)
        }
        if !isStream {
            if Self.mayHaveBody(response.status.code) {
                headers.add(name: "Content-Length", value: String(response.body.count))
            }
        } else if request.isModern, !isHead {
            headers.add(name: "transfer-encoding", value: "chunked")
        }
        if isLast {
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if !request.isModern {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        self.headers = headers
    }

    private static func mayHaveBody(_ status: Int) -> Bool {
        status >= 200 && status != 204 && status != 304
    }
}

extension HTTPResponseStatus {
    init(_ status: HTTPResponse.Status) {
        self.init(statusCode: status.code, reasonPhrase: status.reasonPhrase)
    }
}
