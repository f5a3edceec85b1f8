import AWSWire
import FoundationEssentials
import Marketplace
import MeteringAPI

/// What is posted to a target for an event.
struct TargetMessage: Sendable {
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    /// As EventBridge's API destinations, SNS's HTTP subscriptions or clients of SQS post it.
    init(_ event: MarketplaceEvent, to target: EventTarget, at url: TargetURL, time: Timestamp) {
        let text = event.kind.channel == .sns ? event.notification : event.body
        switch target.kind {
        case .sqs:
            var writer = JSONWriter(capacity: text.count + 256)
            writer.object { writer in
                writer.member("QueueUrl", target.url)
                writer.member("MessageBody", String(decoding: text, as: UTF8.self))
            }
            body = writer.bytes
            headers = Self.signed(body, by: target, for: url, at: time)
        case .webhook:
            body = text
            headers = [("host", url.authority)]
            switch event.kind.channel {
            case .eventBridge: headers.append(("content-type", "application/json; charset=utf-8"))
            case .sns:
                headers += [
                    ("content-type", "text/plain; charset=UTF-8"),
                    ("x-amz-sns-message-type", "Notification"),
                    ("x-amz-sns-message-id", event.id), ("x-amz-sns-topic-arn", event.topicARN),
                    ("x-amz-sns-subscription-arn", event.subscriptionARN(of: target)),
                ]
            }
            headers += target.ownHeaders
        }
    }

    /// What queues take that check no signatures.
    private static let madeUpKey = "turnpike"

    private static func signed(
        _ body: [UInt8], by target: EventTarget, for url: TargetURL, at time: Timestamp
    ) -> [(name: String, value: String)] {
        let headers = [
            ("host", url.authority), ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "AmazonSQS.SendMessage"), ("x-amz-date", AmzDate.text(time)),
        ]
        let signer = RequestSigner(
            accessKeyID: target.accessKeyID ?? madeUpKey,
            secretAccessKey: target.secretAccessKey ?? madeUpKey,
            region: url.region, service: "sqs")
        let request = SignableRequest(
            method: "POST", path: url.path, query: url.query,
            headers: headers.map { (name: $0.0, value: $0.1) })
        let steps = signer.sign(request, payload: body, at: time)
        return request.headers + [("authorization", steps.authorization)]
    }
}

extension TargetURL {
    /// The region in the name of a queue of AWS's, else that of all events.
    fileprivate var region: String {
        let parts = host.split(separator: ".")
        return parts.count > 3 && parts[0] == "sqs" ? String(parts[1]) : "us-east-1"
    }
}

extension EventTarget {
    /// What the target asks for, beside what every request says.
    fileprivate var ownHeaders: [(name: String, value: String)] {
        var own = (headers ?? []).map { (name: $0.name, value: $0.value) }
        if let username, let password {
            let credentials = Data("\(username):\(password)".utf8).base64EncodedString()
            own.append(("authorization", "Basic \(credentials)"))
        }
        return own
    }
}

extension MarketplaceEvent {
    /// The subscription of a target to the topic; a UUID, the same for each of its messages.
    fileprivate func subscriptionARN(of target: EventTarget) -> String {
        "\(topicARN):\(MadeUpID.subscription(ofTarget: target.id))"
    }

    /// The topic of its product; the account is the one that AWS's examples show.
    fileprivate var topicARN: String {
        let topic = kind == .entitlementUpdated ? "entitlement" : "subscription"
        let partition = product.partition
        return "arn:\(partition.name):sns:\(partition.homeRegion):287250355862:"
            + "aws-mp-\(topic)-notification-\(product.code)"
    }

    /// The message in the envelope of SNS's notifications, without a signature.
    fileprivate var notification: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.object { writer in
            writer.member("Type", "Notification")
            writer.member("MessageId", id)
            writer.member("TopicArn", topicARN)
            writer.member("Message", String(decoding: body, as: UTF8.self))
            writer.member("Timestamp", time.withMilliseconds)
            writer.member("SignatureVersion", "1")
        }
        return writer.bytes
    }
}

extension Timestamp {
    /// As SNS writes times: always with milliseconds.
    fileprivate var withMilliseconds: String {
        let text = iso8601
        return text.contains(".") ? text : text.dropLast() + ".000Z"
    }
}
