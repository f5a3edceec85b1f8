/// Every bound of the HTTP server, with its unit and its reason.
package enum Limits {
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
    /// Seconds after which a stream without events says that it lives: proxies close what is idle
    /// for a minute, and a client that has left is noticed by it.
    package static let heartBeatSeconds: Int64 = 15
    /// Seconds for an attempt to deliver an event, all in all: as long as API destinations have.
    package static let targetSeconds: Int64 = 10
    /// Seconds that a connection to an event target is kept for the next event: a target that was
    /// changed or deleted is let go of soon.
    package static let targetIdleSeconds: Int64 = 5
    /// Seconds of them until the connection is there.
    package static let targetConnectSeconds: Int64 = 5
    /// Bytes of an event target's answer that are read; a longer one loses its connection.
    package static let targetAnswerBytes = 65_536
    /// Bytes of a part of a list, with which it ends although more items were asked for; the item
    /// that goes beyond is the last.
    package static let pageBytes = 4 * 1_048_576
    /// Bytes of a piece in which a longer answer is sent: a client holds no more than one.
    package static let pieceBytes = 65_536
    /// Bytes of the explanation in a response header.
    package static let explanationHeaderBytes = 256
}
