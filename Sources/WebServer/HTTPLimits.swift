/// Every bound of the HTTP server, with its unit and its reason.
package enum HTTPLimits {
    /// Bytes of a request's body: AWS says that a request must be less than 1 MB.
    package static let bodyBytes = 1_048_576
    /// Bytes that are read and thrown away after the limit, so that a client that sends all before
    /// it listens gets to read the answer.
    package static let discardedBytes = 4 * 1_048_576
    /// Bytes of all header fields: AWS's SDKs send less than 4 KiB, a session token may be long.
    package static let headerBytes = 64 * 1024
    /// Header fields of a request.
    package static let headerFields = 200
    /// Seconds from the connection, or from the last answer, until a request's header is complete:
    /// longer than AWS's SDKs keep an idle connection would only hold memory.
    package static let headerSeconds: Int64 = 60
    /// Seconds from a request's header until its body is complete; bounds a body that drips.
    package static let bodySeconds: Int64 = 30
    /// Seconds in which a client must take a part of its answer, while there is more of it than the
    /// system holds; what it sent counts among the bodies until the answer is out.
    package static let unreadSeconds: Int64 = 30
    /// Bytes a second at which a client that reads steadily is never cut off: it takes several
    /// times in `unreadSeconds` what the server and the system hold of an answer.
    package static let slowestReading = 16 * 1024
    /// Bytes of an answer that the system holds and has not sent yet.
    package static let unsentBytes = 64 * 1024
    /// Bytes of all bodies that are being read or answered: whoever sends one need not have signed
    /// anything yet.
    package static let bodyBytesAtOnce = 256 * 1_048_576
    /// Seconds that a stopping server waits for requests that do not come to an end: less than
    /// the ten after which container engines kill.
    package static let shutdownSeconds: Int64 = 8
    /// Connections at once; more wait in the system's queue until one closes.
    package static let connections = 4096
    /// Connections that the system queues while they wait to be accepted.
    package static let backlog = 1024
    /// Seconds after which accepting is tried again where the system has no room for a connection.
    static let acceptPauseSeconds: Int64 = 1
    /// Bytes of a body that are written at once.
    ///
    /// The channel is full with two of them and takes more with one: a client that takes a part
    /// makes room for the next.
    static let partBytes = 32 * 1024
}
