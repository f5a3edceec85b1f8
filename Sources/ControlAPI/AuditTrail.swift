import AWSWire
import Marketplace
import MarketplaceHost
import MeteringAPI

// Calls as CloudTrail records them: parameters begin with a small letter, times are texts for
// people, and a refused call has no response elements.

extension Answers {
    /// A request with what the trail says of it besides.
    struct ShownCall: Sendable {
        let request: LoggedRequest
        let call: TrailedCall
    }

    static let trailRecord = Shape<ShownCall>(
        "TrailRecord",
        [
            .member("eventVersion") { _ in "1.05" },
            .raw("userIdentity", .map) { writer, shown in
                writer.object {
                    $0.identity(shown.call.principal, accessKeyID: shown.request.accessKeyID)
                }
            },
            .member("eventTime") { Timestamp(seconds: $0.request.at.seconds) },
            .member("eventSource") { _ in "metering-marketplace.amazonaws.com" },
            .member("eventName") { $0.request.operation?.rawValue ?? "" },
            .member("awsRegion", \.call.region), .member("sourceIPAddress") { _ in "127.0.0.1" },
            .member("userAgent", \.call.userAgent), .member("errorCode", \.request.error),
            .member("errorMessage") { $0.request.error == nil ? nil : $0.call.errorMessage },
            .raw("requestParameters", .nullable(.map), about: "Null where they are no object.") {
                $0.parameters($1.call.request)
            },
            .raw("responseElements", .nullable(.map), about: "Null where there is an error.") {
                writer, shown in
                if shown.request.error == nil {
                    writer.parameters(shown.call.answer)
                } else {
                    writer.literal("null")
                }
            },
            .member("requestID", \.request.requestID), .member("eventID", \.request.requestID),
            .member("readOnly") { _ in false }, .member("eventType") { _ in "AwsApiCall" },
            .member("recipientAccountId", \.call.principal.accountID),
        ])
}

extension TrailedCall {
    fileprivate var errorMessage: String? {
        let root = (try? JSONDocument(parsing: answer))?.root
        return root?["message"]?.text ?? root?["Message"]?.text
    }
}

extension JSONWriter {
    fileprivate mutating func identity(_ principal: Principal, accessKeyID: String?) {
        let isRole = principal.kind != .account
        member("type", isRole ? "AssumedRole" : "IAMUser")
        member("principalId", accessKeyID)
        member("arn", principal.arn)
        member("accountId", principal.accountID)
        member("accessKeyId", accessKeyID)
        if isRole {
            name("sessionContext")
            object { writer in
                if principal.kind == .ec2Instance { writer.member("ec2RoleDelivery", "1.0") }
                writer.name("sessionIssuer")
                writer.object { writer in
                    writer.member("type", "Role")
                    writer.member("accountId", principal.accountID)
                    writer.member("userName", "turnpike-\(principal.kind.rawValue)")
                }
            }
        } else {
            member("userName", "turnpike")
        }
    }

    fileprivate mutating func parameters(_ text: [UInt8]) {
        guard let document = try? JSONDocument(parsing: text), document.root.kind == .object
        else { return literal("null") }
        parameter(document.root, named: "")
    }

    private mutating func parameter(_ value: JSONValue, named name: String) {
        switch value.kind {
        case .object:
            object { writer in
                for member in value.members {
                    writer.anyName(member.name.inTrail)
                    writer.parameter(member.value, named: member.name)
                }
            }
        case .list:
            list(value.elements) { writer, element in writer.parameter(element, named: name) }
        case .number where name.hasSuffix("Timestamp"):
            let seconds = JSONNumber(value.rawBytes, scale: 0).scaled
            string(Timestamp(seconds: seconds).inTrail)
        // As it was sent, escapes included.
        case .string: literal("\"" + String(decoding: value.rawBytes, as: UTF8.self) + "\"")
        default: literal(String(decoding: value.rawBytes, as: UTF8.self))
        }
    }
}

extension String {
    /// The name of a member as the trail has it.
    fileprivate var inTrail: String {
        self == "CustomerAWSAccountId"
            ? "customerAWSAccountID" : prefix(1).lowercased() + dropFirst()
    }
}

extension Timestamp {
    /// As in "Apr 19, 2018 4:32:50 PM".
    fileprivate var inTrail: String {
        let ofDay = seconds - seconds.flooredQuotient(86_400) * 86_400
        let (hour, minute, second) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60)
        let clock = [(hour + 11) % 12 + 1, minute, second].enumerated().map { index, number in
            index > 0 && number < 10 ? "0\(number)" : "\(number)"
        }
        return "\(CalendarDate.monthNames[date.month - 1]) \(date.day), \(date.year) "
            + clock.joined(separator: ":") + (hour < 12 ? " AM" : " PM")
    }
}
