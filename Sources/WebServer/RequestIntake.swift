import NIOCore
import Waiting

/// A request while it is read: its head, and as much of its body as the bounds allow.
struct RequestIntake {
    let head: RequestHead
    /// What the request holds of the budget of bodies.
    let share: BodyBudget.Share
    private var body: [UInt8] = []
    private var refusal: BodyRefusal?
    /// Bytes that were thrown away.
    private var discarded = 0

    init(_ head: RequestHead, budget: BodyBudget) {
        self.head = head
        share = BodyBudget.Share(of: budget)
        if let length = head.declaredLength, length > HTTPLimits.bodyBytes { refusal = .tooLarge }
    }

    /// Whether the client is to be asked for its body.
    var asksForBody: Bool { head.expectsContinue && refusal == nil }

    /// Whether the answer need not wait for the rest of the body.
    ///
    /// Who waits to be asked sends none; of others so much is thrown away that one who sends all
    /// before it listens gets to read the answer.
    var isDecided: Bool {
        refusal != nil && (head.expectsContinue || discarded > HTTPLimits.discardedBytes)
    }

    mutating func take(_ buffer: ByteBuffer) {
        if refusal == nil {
            if body.count + buffer.readableBytes > HTTPLimits.bodyBytes {
                refuse(.tooLarge)
            } else if share.take(buffer.readableBytes) {
                body.append(contentsOf: buffer.readableBytesView)
                return
            } else {
                refuse(.noRoom)
            }
        }
        discarded += buffer.readableBytes
    }

    private mutating func refuse(_ refusal: BodyRefusal) {
        self.refusal = refusal
        body = []
        share.giveBack()
    }

    /// The request, to be answered.
    consuming func finish(departure: Bell) -> IncomingRequest {
        var request = head.request
        request.body = body
        request.bodyRefusal = refusal
        request.departure = departure
        return IncomingRequest(
            request: request, isModern: head.isModern,
            isLast: !head.keepsAlive || refusal != nil, share: share)
    }
}

/// A request that is to be answered, and how.
struct IncomingRequest: Sendable {
    let request: PlainRequest
    /// Whether the client knows HTTP/1.1.
    let isModern: Bool
    /// Whether the connection closes after the answer.
    var isLast: Bool
    let share: BodyBudget.Share
}
